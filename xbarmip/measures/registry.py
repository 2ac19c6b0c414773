"""The measures by name."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from xbarmip.errors import InputError
from xbarmip.measures.view import View
from xbarmip.network.graph import Network
from xbarmip.strict import as_text


@dataclass(frozen=True)
class Measure:
    """A count that a problem can minimise, alone or multiplied by the step time (SPEC §6, §11).

    Attributes
    ----------
    name : str
        The objective that minimises the count.
    time : str
        The objective that minimises the count times the step time.
    unit : str
        What the count is a number of.
    description : str
        What it is, in a few words.
    build : callable
        Called with a network, once for each; returns its view.
    rule : str, optional
        Where several measures share a name: which of them this is.
    over_layers : str, optional
        "sum" or "greatest" where the count is that of ceil(outputs / R) over all layers, `outputs`
        being those of the view: a bound on it is then linear in the choices. None for any other.
    """

    name: str
    time: str
    unit: str
    description: str
    build: Callable[[Network], View]
    rule: str | None = None
    over_layers: str | None = None

    def view(self, network: Network) -> View:
        """The network as the measure sees it."""
        return _view(self, network)

    @property
    def label(self) -> str:
        """Name and rule in one word."""
        return labelled(self.name, self.rule)

    @property
    def words(self) -> str:
        """The unit, for a reader who is to know which measure it is of."""
        which = self.rule or self.name
        return self.unit if which == self.unit else f"{self.unit} ({which})"


_MEASURES: dict[str, Measure] = {}  # by label


@lru_cache(maxsize=64)
def _view(measure: Measure, network: Network) -> View:
    return measure.build(network)


def labelled(objective: str, rule: str | None) -> str:
    """An objective and its rule in one word: objective/rule."""
    return objective if rule is None else f"{objective}/{rule}"


def objective_and_rule(label: str) -> tuple[str, str | None]:
    """The objective and rule of `labelled`; no rule where none is named."""
    objective, _, rule = label.partition("/")
    return objective, rule or None


def register_measure(measure: Measure) -> Measure:
    """Make a measure known by its name, for `Problem` and the command line.

    What it must keep to says docs/adding-a-measure.md; `xbarmip.contract.check_measure` tests it.

    Raises
    ------
    InputError
        When a name is empty or taken, or a rule does not go with the measure's namesakes.
    """
    for field in ("name", "time", "unit", "description"):
        if "/" in as_text(getattr(measure, field), f"measure: {field}"):
            raise InputError(f"measure {measure.name!r}: {field} must not contain '/'")
    if measure.label in _MEASURES:
        raise InputError(f"measure {measure.label!r} is already registered")
    for other in _MEASURES.values():
        shared = {measure.name, measure.time} & {other.name, other.time}
        alike = (measure.name, measure.time) == (other.name, other.time)
        if shared and not (alike and measure.rule and other.rule):
            raise InputError(
                f"measure {measure.label!r}: {min(shared)!r} belongs to measure {other.label!r}"
            )
    if measure.name == measure.time:
        raise InputError(f"measure {measure.label!r}: its time needs a name of its own")
    _MEASURES[measure.label] = measure
    return measure


def measures() -> tuple[Measure, ...]:
    """All measures, in the order of their registration."""
    return tuple(_MEASURES.values())


def counts() -> tuple[str, ...]:
    """The objectives that are counts."""
    return tuple(dict.fromkeys(each.name for each in measures()))


def times() -> tuple[str, ...]:
    """The objectives that are times: a count multiplied by the step time."""
    return tuple(dict.fromkeys(each.time for each in measures()))


def rules() -> tuple[str, ...]:
    """The rules of all measures that have one."""
    return tuple(dict.fromkeys(each.rule for each in measures() if each.rule))


def objective_labels() -> tuple[str, ...]:
    """Every objective, with its rule if it has one."""
    found = measures()
    return (*(each.label for each in found), *(labelled(each.time, each.rule) for each in found))


def measure_of(objective: str, rule: str | None = None) -> Measure:
    """The measure of an objective, a count or a time.

    Parameters
    ----------
    objective : str
    rule : str, optional
        By default the first of those that the objective has.

    Raises
    ------
    InputError
        On a name or rule that there is not; the message lists those that there are.
    """
    found = [each for each in measures() if objective in (each.name, each.time)]
    if not found:
        names = ", ".join((*counts(), *times()))
        raise InputError(f"objective must be one of {names}, got {objective!r}")
    if rule is None:
        return found[0]
    for each in found:
        if each.rule == rule:
            return each
    if found[0].rule is None:
        raise InputError(f"objective {objective!r} takes no rule, got {rule!r}")
    known = ", ".join(str(each.rule) for each in found)
    raise InputError(f"rule must be one of {known}, got {rule!r}")
