"""The published numbers, from the files that ship with the package."""

from functools import lru_cache
from typing import Any

from xbarmip.compare.instance import Instance
from xbarmip.compare.suite import read_suite
from xbarmip.reproduce.published import published

NAME = "li-han-chen-2023"


def figures() -> dict[str, Any]:
    """Tables 4 to 7 and figures 7 to 9 as printed; the file says what each is."""
    return published(NAME)


@lru_cache(maxsize=1)
def step_cases() -> tuple[Instance, ...]:
    """The cases whose steps are published, under the paper's closed form."""
    suite = read_suite("published")
    return tuple(each for each in suite.instances if each.problem.rule == "published")


def case_key(network: str, crossbars: int, size: int) -> str:
    """How a case is called: vgg-a/4096x128, crossbars before their size."""
    return f"{network}/{crossbars}x{size}"
