from . import check as check
from .write import Certificate as Certificate
from .write import write_certificate as write_certificate
