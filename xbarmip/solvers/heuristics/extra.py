"""Libraries that only some heuristics need: the extra `heuristics`."""

from importlib.util import find_spec


def missing(module: str) -> tuple[str, ...]:
    """The reason to refuse if `module` is not installed, as `Solver.unsupported` gives it."""
    if find_spec(module) is not None:
        return ()
    return (
        f"it needs {module}, which is not installed; it comes with the extra `heuristics`: "
        "pip install 'xbarmip[heuristics]'",
    )
