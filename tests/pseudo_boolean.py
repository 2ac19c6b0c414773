"""Formulas in OPB and proofs in the format of VeriPB 1.1: read, and every step derived again."""

import re
from collections import defaultdict

HEADER = re.compile(r"\* #variable= (\d+) #constraint= (\d+)")


class Wrong(Exception):  # noqa: N818 - it tells of a proof, not of a fault in the program
    """A line that is malformed, or does not follow."""


def terms_of(words):
    """Coefficients by literal, -n for ~xn."""
    terms = defaultdict(int)
    for coefficient, literal in zip(words[::2], words[1::2], strict=True):
        match = re.fullmatch(r"(~?)x([1-9]\d*)", literal)
        if not match or not re.fullmatch(r"[+-]?\d+", coefficient):
            raise Wrong(f"no term: {coefficient} {literal}")
        terms[int(match[2]) * (-1 if match[1] else 1)] += int(coefficient)
    return terms


def constraint_of(text):
    """Terms of literals with coefficients above 0, and the degree, of "... >= d ;"."""
    *words, relation, degree, end = text.split()
    if (relation, end) != (">=", ";"):
        raise Wrong(f"no constraint: {text}")
    return normal(terms_of(words), int(degree))


def normal(terms, degree):
    made = {}
    for variable in {abs(literal) for literal in terms}:
        a, b = terms.get(variable, 0), terms.get(-variable, 0)
        both = min(a, b)
        degree -= both
        a, b = a - both, b - both
        if a or b:
            made[variable if a else -variable] = a or b
    return made, degree


def formula_of(text):
    """(objective terms or None, constraints) of a formula."""
    first, *lines = text.splitlines()
    variables, count = map(int, HEADER.fullmatch(first).groups())
    objective, constraints = None, []
    for line in lines:
        if line.startswith("min: "):
            objective = terms_of(line.removeprefix("min: ").split()[:-1])
        elif not line.startswith("*"):
            constraints.append(constraint_of(line))
    if len(constraints) != count:
        raise Wrong("the header counts wrong")
    named = {abs(n) for terms, _ in constraints for n in terms}
    if max(named, default=0) > variables:
        raise Wrong("the header knows fewer variables")
    return objective, constraints


class Checker:
    """All constraints so far, and what unit propagation makes of them."""

    def __init__(self, constraints):
        self.constraints, self.occurs = [], defaultdict(list)
        self.slack, self.true, self.trail, self.root = [], set(), [], 0
        self.contradiction = False
        for constraint in constraints:
            self.enter(constraint)

    def enter(self, constraint):
        terms, degree = constraint
        number = len(self.constraints)
        self.constraints.append(constraint)
        for literal, coefficient in terms.items():
            self.occurs[-literal].append((number, coefficient))
        self.slack.append(
            sum(c for literal, c in terms.items() if -literal not in self.true) - degree
        )
        if self.propagate([number]):
            self.contradiction = True

    def assign(self, literal):
        self.true.add(literal)
        self.trail.append(literal)
        for number, coefficient in self.occurs[literal]:
            self.slack[number] -= coefficient

    def propagate(self, numbers):
        """Whether these and all that follows of them come to a conflict."""
        numbers = list(numbers)
        while numbers:
            number = numbers.pop()
            if self.slack[number] < 0:
                return True
            for literal, coefficient in self.constraints[number][0].items():
                free = literal not in self.true and -literal not in self.true
                if free and coefficient > self.slack[number]:
                    self.assign(literal)
                    numbers += [number, *(n for n, _ in self.occurs[literal])]
        return False

    def follows(self, constraint):
        """Whether propagation refutes the negation of a constraint."""
        if self.contradiction:
            return True
        terms, degree = constraint
        before = len(self.trail)
        negated = ({-n: c for n, c in terms.items()}, sum(terms.values()) - degree + 1)
        self.enter(negated)
        found, self.contradiction = self.contradiction, False
        self.constraints.pop()
        self.slack.pop()
        for literal in negated[0]:
            self.occurs[-literal].pop()
        for literal in self.trail[before:]:
            self.true.discard(literal)
            for number, coefficient in self.occurs[literal]:
                self.slack[number] += coefficient
        del self.trail[before:]
        return found

    def polish(self, words):
        """The constraint of a line of reverse Polish notation."""
        stack = []
        for word, after in zip(words, [*words[1:], ""], strict=True):
            if word == "+":
                (a, d), (b, e) = stack.pop(), stack.pop()
                total = defaultdict(int, a)
                for literal, coefficient in b.items():
                    total[literal] += coefficient
                stack.append(normal(total, d + e))
            elif word == "*":
                factor, (a, d) = stack.pop(), stack.pop()
                if factor < 1:
                    raise Wrong(f"no factor: {factor}")
                stack.append(({n: c * factor for n, c in a.items()}, d * factor))
            elif word.startswith(("x", "~")):
                stack.append(constraint_of(f"1 {word} >= 0 ;"))
            else:
                stack.append(int(word) if after == "*" else self[int(word)])
        (constraint,) = stack
        return constraint

    def __getitem__(self, number):
        if not 1 <= number <= len(self.constraints):
            raise Wrong(f"no constraint {number}")
        return self.constraints[number - 1]


def check(formula, proof):
    """Derive every line of a proof that a formula cannot be met.

    Raises
    ------
    Wrong
        On the first line that does not follow, or without an end.
    """
    _, constraints = formula_of(formula)
    checker = Checker(constraints)
    header, load, *lines = proof.splitlines()
    if (header, load) != ("pseudo-Boolean proof version 1.1", f"f {len(constraints)} 0"):
        raise Wrong("the header is wrong")
    for line in lines:
        kind, *words = line.split()
        if kind == "u":
            constraint = constraint_of(" ".join(words))
            if not checker.follows(constraint):
                raise Wrong(f"does not follow by propagation: {line}")
            checker.enter(constraint)
        elif (kind, words[-1]) == ("p", "0"):
            checker.enter(checker.polish(words[:-1]))
        elif (kind, words[-1]) == ("c", "0"):
            terms, degree = checker[int(words[0])]
            if sum(terms.values()) >= degree or line != lines[-1]:
                raise Wrong(f"no contradiction at the end: {line}")
            return
        else:
            raise Wrong(f"no line: {line}")
    raise Wrong("the proof has no end")
