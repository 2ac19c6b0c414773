"""Python functions as Pyomo's external functions want them."""

from typing import Any, Self


class ModelFunction:
    """A Python function of a model: it has a name to be printed, and clones share it.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str) -> None:
        self.__qualname__ = name

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self
