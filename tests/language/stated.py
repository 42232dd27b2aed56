"""Whether a model that was read is the one that a text states."""

from __future__ import annotations

import itertools
from fractions import Fraction

from qualms.specification.expressions import expand
from qualms.specification.general import GeneralModel

Row = tuple[tuple[Fraction, ...], Fraction]


def _terms(formula: str) -> dict[str, Fraction]:
    """The terms of "3 a + 0.5 b - c"."""
    found: dict[str, Fraction] = {}
    for part in formula.replace(" - ", " + -").split(" + "):
        said, _, name = part.strip().rpartition(" ")
        if name.startswith("-"):
            said, name = "-1", name[1:]
        found[name] = Fraction(said or "1")
    return found


def _stated(goal: str, rows: tuple[str, ...]) -> tuple[list[str], str, list[Fraction], set[Row]]:
    sense, _, formula = goal.partition(" ")
    split = [
        (row.partition(sign)[0], sign, row.partition(sign)[2])
        for row in rows
        for sign in ("<=", ">=")
        if sign in row
    ]
    names = sorted({n for left, _, _ in split for n in _terms(left.strip())} | set(_terms(formula)))
    made = {
        _scaled([_terms(left.strip()).get(n, Fraction(0)) for n in names], Fraction(right.strip()), sign)
        for left, sign, right in split
    }
    return names, sense, [_terms(formula).get(n, Fraction(0)) for n in names], made


def _scaled(line: list[Fraction], right: Fraction, sign: str) -> Row:
    """A row as at most, with the largest coefficient 1; to seven places, as a third may be 0.333."""
    if sign == ">=":
        line, right = [-a for a in line], -right
    scale = max(abs(a) for a in line)
    return tuple(_places(a / scale) for a in line), _places(right / scale)


def _places(number: Fraction) -> Fraction:
    return Fraction(round(float(number), 7)).limit_denominator(10**7)


def _read(model: GeneralModel) -> tuple[list[Fraction], set[Row]]:
    count = len(model.variables)
    goal = expand(model.objective.expression, model.table).linear
    made: set[Row] = set()
    for _, row, low, high in model.rows():
        line = [row.get(k, Fraction(0)) for k in range(count)]
        if high != float("inf"):
            made.add(_scaled(line, Fraction(high), "<="))
        if low != float("-inf"):
            made.add(_scaled(line, Fraction(low), ">="))
    return [goal.get(k, Fraction(0)) for k in range(count)], made


def same(model: GeneralModel, goal: str, rows: tuple[str, ...]) -> bool:
    """Whether a model is the stated one, in some order of its variables."""
    names, sense, cost, stated = _stated(goal, rows)
    read_cost, read_rows = _read(model)
    if sense != model.objective.sense or len(names) != len(read_cost):
        return False
    for order in itertools.permutations(range(len(names))):
        if [_places(read_cost[k]) for k in order] != [_places(c) for c in cost]:
            continue
        if {(tuple(line[k] for k in order), right) for line, right in read_rows} == stated:
            return True
    return False
