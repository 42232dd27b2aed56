"""A table inside a text: in Markdown, or in columns that tabs or several spaces part."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from qualms.language.columns import Column
from qualms.language.conditions import Bound, Limit, Relation
from qualms.language.frames import AROUND, Figure, role_of
from qualms.language.naming import name_numbers
from qualms.language.reading import Unclear
from qualms.language.things import Thing, things_named
from qualms.language.tokens import Token, tokenise
from qualms.language.words import COST, EMPTY, GAIN, MEASURES, root, stem, words

_RULE = re.compile(r"^[\s|:+=-]*$")
_MOST = re.compile(r"\b(?:max(?:imum)?|upper|at most|limit|available|availability|supply|stock|inventory)\b")
_LEAST = re.compile(r"\b(?:min(?:imum)?|lower|at least)\b")
_ENDS = re.compile(
    r"\b(?:available|availability|limits?|capacit(?:y|ies)|supply|supplies|stock|inventory|max(?:imum)?|upper|lower"
    r"|min(?:imum)?|requirements?|required|needed|needs|demands?|totals?|budget|bound|target|goal)\b"
)
_BLANK = re.compile(r"^(?:-+|–|—|n/?a|none)?$", re.IGNORECASE)
_TIMES = re.compile(
    r"\b(?:day|date|week|month|quarter|year|period|shift|hour|time|season|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|january|february|march|april|june|july|august|september|october|november|december|morning|night)\b"
    r"|\d:\d\d|\d ?(?:am|pm)\b"
)
_VAGUE = re.compile(
    r"\b(?:demand|sales|quantity|amount|target|goal|probability|priority|rating|orders?|quota|score|quality)\b"
)
_CARRIERS = words(
    "truck vehicle bus ship plane van train container tank box car boat lorry wagon trailer aircraft"
)
_MONEY = {root(w) for w in GAIN | COST} - {root("value"), root("net"), root("charge")}
_TYPES = words("type name kind model number category")
_KINDS = words(
    "profit revenue cost price time hour minute labor material weight space capacity per unit day week kg "
    "required requirement yield return calorie protein fat energy available demand maximum minimum"
)
_EMPTY = {root(w) for w in (*EMPTY, "per", "unit", "each", "required", "requirement", "needed", "amount")}


@dataclass(frozen=True)
class Grid:
    """The cells of a table.

    Attributes
    ----------
    header : tuple of str
        The names of its columns.
    rows : tuple of tuple of str
        Its other rows, each as long as the header.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def turned(self) -> Grid:
        """Rows as columns."""
        cells = [self.header, *self.rows]
        turned = [tuple(row[k] for row in cells) for k in range(len(self.header))]
        return Grid(turned[0], tuple(turned[1:]))


@dataclass(frozen=True)
class TableTold:
    """What a table tells.

    Attributes
    ----------
    head : str
        By which word the table calls all things together, or "".
    counted : tuple of str and int
        What its rows are called, and how many there are, where they are no things: three nutrients.
    chosen : bool
        Whether each thing is taken or not, and not counted.
    things : tuple of Thing
        What is to be decided.
    columns : tuple of Column
        A resource or a goal each.
    bounds : tuple of Bound
        Limits of the things themselves.
    limits : tuple of Limit
        How much there is of a resource, or is needed.
    """

    head: str
    counted: tuple[str, int]
    chosen: bool
    things: tuple[Thing, ...]
    columns: tuple[Column, ...]
    bounds: tuple[Bound, ...]
    limits: tuple[Limit, ...]


def cut_table(text: str) -> tuple[str, Grid | None]:
    """A text without its table, and the table; None where there is none.

    Raises
    ------
    Unclear
        For several tables, or a row that is shorter or longer than the header.
    """
    lines = text.split("\n")
    cells = [_cells(line) for line in lines]
    blocks: list[list[int]] = []
    for k, row in enumerate(cells):
        if not row:
            continue
        if blocks and blocks[-1][-1] == k - 1:
            blocks[-1].append(k)
        else:
            blocks.append([k])
    blocks = [b for b in blocks if len([k for k in b if not _RULE.match(lines[k])]) >= 3]
    if not blocks:
        return text, None
    if len(blocks) > 1:
        raise Unclear("The text has several tables. Which of them has the data of the problem?")
    block = blocks[0]
    rows = [cells[k] for k in block if not _RULE.match(lines[k])]
    if len({len(r) for r in rows}) > 1:
        raise Unclear("The rows of the table are not of equal length. Which cells are missing?")
    rest = "\n".join(line for k, line in enumerate(lines) if k not in block)
    rest = re.sub(r"\b([Tt]able) \d+\b", r"\1", rest)
    return rest, Grid(tuple(rows[0]), tuple(tuple(r) for r in rows[1:]))


def _cells(line: str) -> list[str]:
    """The cells of a line of a table, or nothing."""
    if _RULE.match(line) and ("-" in line or "=" in line):
        return [line]
    if line.count("|") >= 2:
        return [re.sub(r"[*_`]{1,2}", "", c).strip() for c in line.strip().strip("|").split("|")]
    found = [c.strip() for c in re.split(r"\t+| {2,}", line.strip())]
    return found if len(found) >= 3 and all(found) and len(line) < 200 else []


def read_table_in(grid: Grid, rest: str, money: str) -> TableTold:
    """What a table tells of the things that it names.

    Parameters
    ----------
    grid : Grid
        The table, with the things in its rows or in its columns.
    rest : str
        The text without it.
    money : str
        The unit of sums of money that the text uses, or "".

    Raises
    ------
    Unclear
        For a cell that is no number, or a column that may mean two things.
    """
    counted = (stem(grid.header[0].split()[-1]) if grid.header[0] else "", len(grid.rows))
    if _turned(grid):
        grid = grid.turned()
    else:
        counted = ("", 0)
    if any(_TIMES.search(name.lower()) for name in (grid.header[0], *(row[0] for row in grid.rows))):
        raise Unclear("The table has a row for each time. How do the times depend on each other?", 1)
    chosen = _chosen(rest)
    first = [row[0] for row in grid.rows]
    ends = [j for j, name in enumerate(first) if _ENDS.search(name.lower())]
    last = len(first) - len(ends)
    if ends != list(range(last, len(first))):
        raise Unclear(f"Is “{first[ends[0]]}” in the table a thing to be decided, or a limit?", 1)
    things = _things(grid, first[:last])
    columns: list[Column] = []
    bounds: list[Bound] = []
    limits: list[Limit] = []
    for k, head in enumerate(grid.header[1:], 1):
        figures = [_figure(row[k], head, (j, k), money) for j, row in enumerate(grid.rows[:last])]
        relation = _relation(head, grid.header[0])
        if relation is not None:
            if ends:
                raise Unclear(f"What is the last row of the table to the column “{head}”?", 1)
            bounds += [
                Bound((t,), False, relation, f, f"{head}: {f.token.text}") for t, f in enumerate(figures)
            ]
            continue
        columns.append(Column(dict(enumerate(figures))))
        for j in ends:
            if not _BLANK.match(cell := grid.rows[j][k]):
                one = _figure(cell, head, (j, k), money)
                limits.append(Limit(_end(first[j]), one, f"{head}, {first[j]}: {one.token.text}", of=(-1, k)))
    heads = [w for w in re.findall(r"[A-Za-z]+", grid.header[0]) if stem(w) not in _TYPES]
    return TableTold(
        stem(heads[-1]) if heads else "",
        counted,
        chosen,
        things,
        tuple(columns),
        tuple(bounds),
        tuple(limits),
    )


def _chosen(rest: str) -> bool:
    """Whether the text asks which things to take; where it may ask either, it is asked back."""
    low = rest.lower()
    which = re.search(
        r"\bwhich\b[^.?]*\b(?:select|choose|chosen|accept|fund|undertake|pick|include|take|invest|pack)", low
    )
    counted = re.search(
        r"\bhow (?:many|much)\b|\b(?:number|amount|quantity|quantities|units|acres|tons|servings) of\b", low
    )
    may = re.search(
        r"\b(?:select\w*|choos\w+|whether|subset|accept\w*|candidate\w*|undertak\w+|at most once)\b", low
    )
    if which and not counted:
        return True
    if which or (may and not re.search(r"\bhow (?:many|much)\b", low)):
        raise Unclear(
            "Is each of the things in the table taken or left, or is it to be told how many of each?", 1
        )
    return False


def _turned(grid: Grid) -> bool:
    """Whether the rows are resources and the columns things: what a cell is of stands before it."""
    across = sum(_kind(h) for h in grid.header[1:])
    down = sum(_kind(row[0]) for row in grid.rows)
    if across == down:
        raise Unclear("Are the things to be decided the rows of the table, or its columns?", 1)
    return down * (len(grid.header) - 1) > across * len(grid.rows)


def _kind(name: str) -> bool:
    """Whether a name is of a resource or of a goal: it has a unit, or one of the words that they use."""
    found = {stem(w) for w in re.findall(r"[A-Za-z]+", name)}
    return bool(found & (_KINDS | MEASURES.keys()) or re.search(r"[($%]", name))


def _things(grid: Grid, names: list[str]) -> tuple[Thing, ...]:
    if len({n.lower() for n in names}) < len(names):
        raise Unclear("The table names the same thing twice. Which of its rows counts?", 1)
    head = re.sub(r"\(.*?\)|\bnames?\b", "", grid.header[0], flags=re.IGNORECASE).strip()
    head = head.removesuffix("s") if not head.endswith("ss") else head
    if head and all(re.fullmatch(r"[A-Za-z]|\d{1,2}", n) for n in names):
        names = [f"{head} {n}" for n in names]
    found = things_named([_tokens(n) for n in names])
    if found is None:
        raise Unclear("What are the things to be decided? The names in the table cannot be told apart.", 1)
    return found


def _end(name: str) -> Relation:
    """The relation of a row, or column, of limits of the resources."""
    low = name.lower()
    most = re.search(
        r"\b(?:available|availability|limits?|capacit\w+|suppl\w+|stock|inventory|max\w*|upper|budget)\b", low
    )
    least = re.search(r"\b(?:min\w*|requirements?|required|lower)\b", low)
    if (most is None) == (least is None):
        raise Unclear(f"Is “{name}” in the table what there is at most, or what is needed at least?", 1)
    return "<=" if most else ">="


def _tokens(name: str) -> list[Token]:
    return name_numbers([t for t in tokenise(name) if t.kind != "mark"])


def _relation(head: str, whole: str) -> Relation | None:
    """The relation of a column of limits of the things themselves; None for what one of them needs."""
    low = re.sub(r"\(.*?\)", "", head.lower()).strip()
    most, least = _MOST.search(low), _LEAST.search(low)
    resource = re.search(
        r"\b(?:per|each|hours?|minutes?|labor|material|time|cost|price|profit|weight)\b"
        r"(?! (?:day|week|month|year))",
        low,
    )
    bare = not re.sub(r"\b(?:required|requirements?|needed|needs?|units?|total|number|of)\b", "", low).strip()
    room = re.search(r"\bcapacit", low) and not (
        resource or _CARRIERS & {stem(w) for w in whole.lower().split()}
    )
    if (
        bare
        or room
        or (most and least)
        or ((most or least) and resource)
        or (not (most or least or resource) and _VAGUE.search(low))
    ):
        raise Unclear(
            f"What does the column “{head}” mean: what is possible at most, or what is needed at least?", 1
        )
    return "<=" if most else ">=" if least else None


def _figure(cell: str, head: str, place: tuple[int, int], money: str) -> Figure:
    """A cell with what it is of: the words of its column, and the unit of the cell or of the column."""
    found = tokenise(cell)
    numbers = [t for t in found if t.kind == "number"]
    if len(numbers) != 1:
        raise Unclear(f"The cell “{cell}” of the column “{head}” is no single number. What is meant?", 1)
    token = numbers[0]
    said = f"{head} {' '.join(t.text for t in found if t.kind == 'word')}"
    unit, family = _unit(token, said, money)
    weights = {
        root(w): AROUND for w in re.findall(r"[A-Za-z][\w'-]*", said) if root(w) not in _EMPTY and len(w) > 1
    }
    role = role_of(weights) if family in ("money", "%") else ""
    name = re.sub(r"\(.*?\)", "", head).strip().lower()
    return replace(Figure(token, (-1 - place[0], place[1]), unit, family, weights, role), said=name)


def _unit(token: Token, said: str, money: str) -> tuple[str, str]:
    if token.number == "money":
        return token.unit, "money"
    if token.number == "percent":
        return "%", "%"
    sign = re.search(r"[$€£]", said)
    if sign:
        return {"$": "dollars", "€": "euros", "£": "pounds sterling"}[sign.group()], "money"
    if "%" in said:
        raise Unclear(f"Are the numbers of “{said.strip()}” percentages?", 1)
    stems = [stem(w) for w in re.findall(r"[A-Za-z_]+", re.sub(r"\bper \w+", "", said))]
    if _MONEY & {root(s) for s in stems}:
        return money, "money"
    units = [s for s in dict.fromkeys(stems) if s in MEASURES]
    if len(units) > 1:
        raise Unclear(f"In which unit are the numbers of “{said.strip()}”?", 1)
    return (units[0], MEASURES[units[0]][0]) if units else ("", "")
