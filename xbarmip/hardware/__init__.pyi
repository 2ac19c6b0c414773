from .crossbar import Crossbar as Crossbar
from .movement import (
    Rule as Rule,
)
from .movement import (
    SeparableRule as SeparableRule,
)
from .movement import (
    Site as Site,
)
from .movement import (
    list_rules as list_rules,
)
from .movement import (
    register_rule as register_rule,
)
from .preset import (
    Hardware as Hardware,
)
from .preset import (
    MemoryLevel as MemoryLevel,
)
from .preset import (
    list_hardware as list_hardware,
)
from .preset import (
    load_hardware as load_hardware,
)
