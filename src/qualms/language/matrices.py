"""A matrix inside a text: costs from each place to each other, or of each agent for each task."""

from __future__ import annotations

import re
from fractions import Fraction

from qualms.language.inline import Grid
from qualms.language.reading import Unclear
from qualms.language.tokens import Token, tokenise
from qualms.language.words import stem
from qualms.specification.base import Quantity, plain
from qualms.specification.choice import Matching
from qualms.specification.expressions import Constant, Product, Reference, Total
from qualms.specification.general import Constraint, GeneralModel, Objective, Variable

_SUPPLY = re.compile(
    r"^(?:total |daily |weekly |monthly )?"
    r"(?:supply|supplies|capacity|available|availability|stock|output|production)\b"
)
_DEMAND = re.compile(
    r"^(?:total |daily |weekly |monthly )?(?:demand|demands|requirements?|required|needs?)\b"
)
_SHIPS = re.compile(r"\b(?:ship\w*|transport\w*|deliver\w*|send\w*|distribut\w*|haul\w*)\b")
_ASSIGNS = re.compile(r"\bassign\w*\b")
_CONDITIONS = re.compile(
    r"\b(?:cannot|can't|not|never|fixed|at least|at most|except|unless|only|prohibit\w*|penalt\w+|storage"
    r"|overtime"
    r"|same|before|after|first|capacity of|more than|less than|prefer\w*)\b"
)
_MIN = re.compile(r"\bminimi[sz]\w*\b|\b(?:minimum|minimal|lowest|least|smallest|cheapest|shortest)\b")
_MAX = re.compile(r"\bmaximi[sz]\w*\b|\b(?:maximum|maximal|highest|greatest|largest|best)\b")


def read_matrix(grid: Grid, rest: str) -> GeneralModel | Matching | None:
    """A problem of transport or of assignment, or None where the table is no such matrix.

    Parameters
    ----------
    grid : Grid
        A row for each origin and a last row of demands, a column for each destination and a last column of
        supplies; or a row for each agent and a column for each task.
    rest : str
        The text without the table.

    Raises
    ------
    Unclear
        For a cell without a number, for demands beyond all supplies, and for words or numbers of the text
        that such a problem does not have.
    """
    low = rest.lower()
    supplied = _SUPPLY.match(grid.header[-1].lower()) is not None
    demanded = _DEMAND.match(grid.rows[-1][0].lower()) is not None
    if supplied and demanded:
        if not _SHIPS.search(low) or not _MIN.search(low) or _MAX.search(low):
            raise Unclear(
                "What is to be done with the table of supplies and demands? I can plan the cheapest "
                "transport."
            )
        _nothing_else(low, (len(grid.rows) - 1, len(grid.header) - 2))
        return _transport(grid)
    if _ASSIGNS.search(low) and len(grid.rows) == len(grid.header) - 1 and not supplied and not demanded:
        if (_MIN.search(low) is None) == (_MAX.search(low) is None):
            raise Unclear("Is the total of the assignment to be as large or as small as possible?")
        _nothing_else(low, (len(grid.rows), len(grid.header) - 1))
        return Matching(
            agents=tuple(row[0] for row in grid.rows),
            tasks=tuple(grid.header[1:]),
            costs=tuple(tuple(plain(_number(c)) for c in row[1:]) for row in grid.rows),
            sense="min" if _MIN.search(low) else "max",
        )
    return None


def _nothing_else(low: str, counts: tuple[int, int]) -> None:
    """The text must state nothing beyond the matrix; its numbers only count rows and columns."""
    found = _CONDITIONS.search(low)
    if found is not None:
        raise Unclear(
            f"What does “{found.group()}” mean for the plan? Beside such a table I read no conditions."
        )
    tokens: list[Token] = tokenise(low)
    for k, token in enumerate(tokens):
        if token.kind != "number":
            continue
        after = tokens[k + 1].stem if k + 1 < len(tokens) else ""
        one = token.value == 1 and token.spelled
        if not one and (token.value not in counts or stem(after) != after or not after.isalpha()):
            raise Unclear(f"What is the number {token.text} in the text for?")


def _number(cell: str) -> Fraction:
    numbers = [t for t in tokenise(cell) if t.kind == "number"]
    if len(numbers) != 1:
        raise Unclear(f"The cell “{cell}” of the table is no single number. What is meant?")
    return numbers[0].value


def _transport(grid: Grid) -> GeneralModel:
    origins, goals = [row[0] for row in grid.rows[:-1]], list(grid.header[1:-1])
    if len(set(origins)) < len(origins) or len(set(goals)) < len(goals):
        raise Unclear("The table names the same place twice. Which of them counts?")
    costs = [[_number(c) for c in row[1:-1]] for row in grid.rows[:-1]]
    supplies, demands = (
        [_number(row[-1]) for row in grid.rows[:-1]],
        [_number(c) for c in grid.rows[-1][1:-1]],
    )
    if sum(demands) > sum(supplies):
        raise Unclear("The demands are more than all supplies together. Which of them must be met?")
    whole = all(n.denominator == 1 for n in (*supplies, *demands))
    name = {(a, b): f"{a} to {b}" for a in origins for b in goals}
    rows = [
        Constraint(name=f"supply of {a}", left=_all([name[a, b] for b in goals]), relation="<=", right=_of(s))
        for a, s in zip(origins, supplies, strict=True)
    ] + [
        Constraint(
            name=f"demand of {b}", left=_all([name[a, b] for a in origins]), relation=">=", right=_of(d)
        )
        for b, d in zip(goals, demands, strict=True)
    ]
    terms = tuple(
        Product(factors=(_of(costs[i][j]), Reference(name=name[a, b])))
        for i, a in enumerate(origins)
        for j, b in enumerate(goals)
    )
    return GeneralModel(
        variables=tuple(
            Variable(name=n, domain="integer" if whole else "real", low=0) for n in name.values()
        ),
        constraints=tuple(rows),
        objective=Objective(sense="min", expression=Total(terms=terms), name="total cost"),
        assumptions=("Each place sends at most its supply and gets at least its demand.",),
    )


def _all(names: list[str]) -> Total:
    return Total(terms=tuple(Reference(name=n) for n in names))


def _of(value: Fraction) -> Constant:
    return Constant(value=Quantity(value=plain(value)))
