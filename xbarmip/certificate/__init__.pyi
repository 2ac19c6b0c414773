from . import check as check
from .shared import write_shared_certificate as write_shared_certificate
from .write import Certificate as Certificate
from .write import write_certificate as write_certificate
