"""A pseudo-Boolean proof, line by line, in the format of VeriPB (proof version 1.1).

A line is one of

    p ID FACTOR * ID FACTOR * + ... 0    a sum of earlier constraints, each times a factor
    u CONSTRAINT ;                       what unit propagation refutes the negation of
    c ID 0                               that constraint cannot be met: the end
"""

from collections.abc import Iterable, Sequence

from xbarmip.export.formula import Line, added

Part = tuple[int, int]  # a factor above 0, the number of a constraint


class ProofLog:
    """The lines so far, and what the constraints that they derive say.

    Attributes
    ----------
    lines : list of str
    """

    def __init__(self, formula: Sequence[Line]) -> None:
        self._known = list(formula)
        self.lines = ["pseudo-Boolean proof version 1.1", f"f {len(formula)} 0"]

    def __getitem__(self, number: int) -> Line:
        return self._known[number - 1]

    def add(self, parts: Iterable[Part], literals: Iterable[Part] = ()) -> int:
        """Add constraints up, and "x >= 0" of 0/1 variables; the number of the sum.

        Parameters
        ----------
        parts : iterable of (factor, constraint)
        literals : iterable of (factor, variable)
        """
        terms = [(factor, str(number), self[number]) for factor, number in parts]
        terms += [(factor, f"x{number}", Line({number: 1}, 0)) for factor, number in literals]
        words = []
        for place, (factor, name, _) in enumerate(terms):
            words += [name, *([str(factor), "*"] if factor > 1 else []), *["+"] * (place > 0)]
        self.lines.append(f"p {' '.join(words)} 0")
        return self._enter(added((factor, line) for factor, _, line in terms))

    def clause(self, literals: Iterable[int]) -> int:
        """State that one of these is true, which propagation shows; -n is the negation of n."""
        chosen = sorted(set(literals), key=abs)
        words = [f"1 {'~' * (literal < 0)}x{abs(literal)}" for literal in chosen]
        self.lines.append(" ".join(["u", *words, ">= 1 ;"]))
        terms = {abs(literal): 1 if literal > 0 else -1 for literal in chosen}
        return self._enter(Line(terms, 1 - sum(literal < 0 for literal in chosen)))

    def end(self, number: int) -> None:
        """Say that a constraint cannot be met."""
        self.lines.append(f"c {number} 0")

    def text(self) -> str:
        """The proof."""
        return "\n".join(self.lines) + "\n"

    def _enter(self, line: Line) -> int:
        self._known.append(line)
        return len(self._known)
