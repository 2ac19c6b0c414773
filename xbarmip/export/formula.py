"""A linear model as pseudo-Boolean constraints, in the format OPB.

Every variable of the model that is no 0/1 variable is an integer in least..largest, written as
least + x1 + 2 x2 + 4 x3 + ... The thresholds of the timing (docs/model.md) become 0/1 variables,
which takes no value away: where the choices are fixed, the least solution is of zeros and ones.
"""

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, NamedTuple

import pyomo.environ as pyo
from pyomo.common.collections import ComponentMap

from xbarmip.errors import UnsupportedError
from xbarmip.export.linear import horizon, read_rows
from xbarmip.model.rows import Row, objective, read_objective
from xbarmip.problem import Problem


class Line(NamedTuple):
    """sum of coefficient * x[number] >= degree, over 0/1 variables; none is 0."""

    terms: Mapping[int, int]
    degree: int


class Ids(NamedTuple):
    """Numbers of the constraints that the two sides of a row became; 0 for none."""

    lower: int = 0
    upper: int = 0


def added(lines: Iterable[tuple[int, Line]]) -> Line:
    """The sum of lines, each times a factor above 0."""
    terms: dict[int, int] = {}
    degree = 0
    for factor, line in lines:
        degree += factor * line.degree
        for number, coefficient in line.terms.items():
            terms[number] = terms.get(number, 0) + factor * coefficient
    return Line({number: c for number, c in terms.items() if c}, degree)


class Formula:
    """The pseudo-Boolean form of a linear model from `linear_model`.

    Attributes
    ----------
    lines : list of Line
        Number n of a constraint is lines[n - 1].
    ids : mapping of pyomo constraint to Ids
    bits : mapping of pyomo variable to (int, tuple of int)
        Its least value, and the numbers of its 0/1 variables, which count 1, 2, 4, ...
    at_most : int
        Number of the constraint value <= its largest value.
    """

    def __init__(self, model: pyo.ConcreteModel, problem: Problem) -> None:
        self.bits: MutableMapping[Any, tuple[int, tuple[int, ...]]] = ComponentMap()
        self.ids: MutableMapping[Any, Ids] = ComponentMap()
        self.lines: list[Line] = []
        self.count = 0
        most = horizon(model, problem)
        for variable in model.component_data_objects(pyo.Var, active=True):
            self._add_variable(variable, most)
        least, largest = model.value.bounds
        self.at_most = self._add(Line(self._form(model.value), least - largest), -1)
        for row in read_rows(model):
            self._add_row(row)
        self._objective = self._terms(read_objective(objective(model)))

    def _add_variable(self, variable: Any, most: int) -> None:
        least, largest = variable.bounds
        least = int(least)
        span = (most if largest is None else int(largest)) - least
        width = max(0, span).bit_length()
        numbers = tuple(range(self.count + 1, self.count + width + 1))
        self.count += width
        self.bits[variable] = (least, numbers)

    def _form(self, variable: Any, factor: int = 1) -> dict[int, int]:
        _, numbers = self.bits[variable]
        return {number: factor << place for place, number in enumerate(numbers)}

    def _add(self, line: Line, sign: int = 1) -> int:
        """Add a line, or its negation: - terms >= degree; its number."""
        self.lines.append(Line({n: sign * c for n, c in line.terms.items()}, line.degree))
        return len(self.lines)

    def _terms(self, row: Row) -> tuple[dict[int, int], int]:
        """A row over 0/1 variables: terms and constant."""
        terms: dict[int, int] = {}
        constant = 0
        for coefficient, variable in zip(row.coefficients, row.variables, strict=True):
            if not isinstance(coefficient, int):
                raise UnsupportedError(f"{row.component.name}: {coefficient} is not an integer")
            constant += coefficient * self.bits[variable][0]
            for number, part in self._form(variable, coefficient).items():
                terms[number] = terms.get(number, 0) + part
        return {number: c for number, c in terms.items() if c}, constant

    def _add_row(self, row: Row) -> None:
        terms, constant = self._terms(row)
        lower = upper = 0
        if row.lower is not None:
            lower = self._add(Line(terms, -(-row.lower // 1) - constant))
        if row.upper is not None:
            upper = self._add(Line(terms, constant - row.upper // 1), -1)
        self.ids[row.component] = Ids(lower, upper)

    def number(self, variable: Any) -> int:
        """Number of a variable of the model that is a 0/1 variable."""
        (number,) = self.bits[variable][1]
        return number

    def text(self, minimise: bool) -> str:
        """The formula in OPB, with the objective or as a question of yes or no."""
        lines = [f"* #variable= {self.count} #constraint= {len(self.lines)}"]
        if minimise:
            terms, constant = self._objective
            lines.append(f"* the value is {constant} more than the objective")
            lines.append(f"min: {_sum(terms)} ;")
        lines += [f"{_sum(line.terms)} >= {line.degree} ;" for line in self.lines]
        return "\n".join(lines) + "\n"


def _sum(terms: Mapping[int, int]) -> str:
    return " ".join(f"{coefficient:+d} x{number}" for number, coefficient in terms.items())
