"""A sentence and a table: the sentence says what is wanted, the table has the data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from qualms.errors import ConfigError, DataError
from qualms.formats.read import read_problem
from qualms.formats.table import Table, read_table
from qualms.language.doubts import odd_number
from qualms.language.reading import Question
from qualms.language.tokens import tokenise
from qualms.specification.base import Quantity, plain
from qualms.specification.choice import Customer, Facilities, Facility, KnapsackItem, Matching, Packing
from qualms.specification.conversion import of_problem
from qualms.specification.graphs import Cut, Edge
from qualms.specification.other_jobs import Classification
from qualms.specification.schedules import Job, Operation, Schedule
from qualms.specification.specification import Specification

_WORDS = {
    "routing": r"\broutes?\b|\brouting\b|\bdeliver\w*|\bvehicles?\b|\btrucks?\b|\bvans?\b|\bfleet\b"
    r"|\btours?\b|\bvisit\w*|\bdrivers?\b|경로|배송|차량|트럭|순회",
    "portfolio": r"\bportfolios?\b|\binvest\w*|\bassets?\b|\bstocks?\b|\bshares\b|포트폴리오|투자|자산|종목",
    "knapsack": r"\bknapsack\b|\bpack\w*|\bbackpack\b|\bcarry\b|\bload the\b|배낭|가방|담을|담아",
    "assignment": r"\bassign\w*|\bmatch(?:ing)?\b|\ballocate each\b|배정|할당",
    "maxcut": r"\bmax(?:imum)?[- ]?cut\b|\bcut\b|\btwo (?:groups|teams|sides|halves)\b"
    r"|최대 ?컷|두 (?:그룹|팀|조)",
    "job shop": r"\bschedul\w*|\bjob[- ]?shop\b|\bmakespan\b|\bmachines?\b|일정|스케줄|작업|기계",
    "facility location": r"\bwarehouses?\b|\bfacilit\w+|\bdepots? to open\b|\bopen\b|창고|시설",
    "classification": r"\bclassif\w*|\bpredict\w*|\bfraud\w*|\bdetect\w*|분류|예측|사기",
}
_CONDITIONS = re.compile(
    r"\b(?:must|never|not|cannot|can't|don't|skip|avoid|except|only|unless|exactly|at least|before|after"
    r"|first|last|same|equal|always|forbid\w*|exclud\w*|includ\w*|prefer\w*|without|priority|every other"
    r"|no more)\b"
    r"|반드시|않|말아|제외|먼저|금지|꼭"
)
_REVERSED = re.compile(
    r"\b(?:smallest|least|minimum|minimal|lowest) (?:cut|valuable|value|profit|return)\b|\blongest\b"
    r"|\bworst\b|\bminimi[sz]e\w* the (?:cut|value|profit|return)\b|\bas late as\b"
)
_NUMBER = r"(?P<n>\d+(?:\.\d+)?)"
_PERCENT = r"(?P<n>\d+(?:\.\d+)?)\s*(?P<p>%|percent|퍼센트)"
_VEHICLES = r"(?:vehicles?|trucks?|vans?|drivers?|cars?|couriers?)"
_CARRY = r"(?:capacity|carry|carries|carrying|hold|holds|load)(?: of| is| at most| up to| no more than)*"
_FIGURES: dict[str, dict[str, tuple[str, ...]]] = {
    "routing": {
        "vehicles": (
            rf"{_NUMBER}\s*(?:identical |delivery |available )*{_VEHICLES}",
            rf"(?:차량|트럭)\s*{_NUMBER}\s*대",
            rf"{_NUMBER}\s*대",
        ),
        "capacity": (
            rf"{_CARRY}\s*{_NUMBER}",
            rf"(?:up to|at most) {_NUMBER}\s*(?:\w+ )?(?:each|per (?:vehicle|truck|van))",
            rf"(?:용량|적재량)(?:은|는|이|가)?\s*{_NUMBER}",
        ),
    },
    "portfolio": {
        "most": (
            rf"(?:at most|up to|no more than|maximum of)\s*{_NUMBER}\s*(?:different )?"
            r"(?:assets|stocks|names|positions)",
            rf"(?:최대)\s*{_NUMBER}\s*(?:개)?\s*(?:종목|자산)",
        ),
        "largest": (
            rf"(?:at most|no more than|up to|maximum of)\s*{_PERCENT}\s*(?:in|of|for|per)\b",
            rf"(?:종목|자산)\s*당\s*최대\s*{_PERCENT}",
        ),
        "smallest": (rf"(?:at least|no less than|minimum of)\s*{_PERCENT}\s*(?:in|for|per)\b",),
        "risk": (rf"(?:risk|risk weight|risk aversion)(?: of| is)?\s*{_NUMBER}", rf"위험\s*{_NUMBER}"),
    },
    "maxcut": {
        "groups": (rf"{_NUMBER}\s*(?:groups|teams|sides|halves|parts)", rf"{_NUMBER}\s*개?\s*(?:그룹|팀|조)")
    },
    "knapsack": {
        "capacity": (
            rf"(?:capacity|weight limit|limit)(?: of| is)*\s*{_NUMBER}",
            rf"(?:at most|up to|no more than|within|holds|carry|carries)\s*{_NUMBER}",
            rf"(?:용량|최대|한도)(?:은|는|이|가)?\s*{_NUMBER}",
        ),
    },
}
_COLUMNS = {
    "name": ("name", "item", "id", "product", "이름", "품목", "물건"),
    "profit": ("profit", "value", "worth", "benefit", "gain", "가치", "이익"),
    "weight": ("weight", "size", "volume", "무게", "크기", "부피"),
    "a": ("from", "source", "a", "u", "node1", "출발"),
    "b": ("to", "target", "b", "v", "node2", "도착"),
    "edge": ("weight", "w", "cost", "strength", "가중치"),
    "job": ("job", "order", "task", "작업"),
    "machine": ("machine", "resource", "station", "기계"),
    "duration": ("duration", "time", "minutes", "hours", "시간"),
    "opening": ("opening", "fixed", "fixed cost", "opening cost", "개설비"),
    "capacity": ("capacity", "용량"),
}


@dataclass(frozen=True)
class _Told:
    """What the sentence says.

    Attributes
    ----------
    text : str
        The sentence.
    figures : dict
        Numbers by the setting that they belong to, with their words.
    """

    text: str
    figures: dict[str, Quantity]


class _Ask(Exception):
    """Something that only the user can tell."""


def read_with_table(text: str, path: Path, decimal: str | None = None) -> Specification | Question:
    """A specification from a sentence and a table.

    Parameters
    ----------
    text : str
        In English or Korean: what is wanted ("route 3 trucks that carry 100 each"), with every number that
        the table does not have.
    path : Path
        The table.
    decimal : str, optional
        Its decimal mark, where that could be read in two ways.

    Returns
    -------
    Specification or Question
        A question where a kind, a column or a number is missing or has two readings; no number of the
        sentence is left unused.

    Raises
    ------
    ConfigError, DataError
        For a table that cannot be read, with its line, or one that does not make a problem.
    """
    kinds = [kind for kind, words in _WORDS.items() if re.search(words, text.lower())]
    if not kinds:
        return Question((f"What is to be done with {path.name}? {_KNOWN}",))
    table = read_table(path, decimal)  # what is no table is an error, whatever is to be done with it
    if (doubt := _not_a_thing(table, kinds)) is not None:
        return Question((doubt,))
    errors: list[str] = []
    found: list[Specification] = []
    for kind in kinds:
        try:
            found.append(_READERS[kind](_told(text, kind), path, decimal))
        except _Ask as asked:
            errors.append(str(asked))
        except (ConfigError, DataError) as error:
            if len(kinds) == 1:
                raise
            errors.append(str(error))
    if len(found) == 1:
        return found[0]
    if found:
        told = " or ".join(repr(s.kind) for s in found)
        return Question((f"Is it a problem of kind {told}? The sentence and the table allow both.",))
    if len(kinds) > 1:
        return Question((f"Is it {' or '.join(map(repr, kinds))}? As the first of them: {errors[0]}",))
    return Question((errors[0],))


def _not_a_thing(table: Table, kinds: list[str]) -> str | None:
    """A question where a row or a column seems to be a sum of others, or how many there are of each row's
    thing: to take it for a thing of its own would be another problem.
    """
    name = table.path.name
    for line, row in table.rows:
        if row[0].strip(" :").lower() in _TOTALS:
            return (
                f"Is row {line} of {name}, {row[0]!r}, the sum of the others? Take it out, or give it "
                "another name if it is not."
            )
    if "portfolio" in kinds or "classification" in kinds:
        return None  # columns are assets there, or anything
    for column in table.header[1:]:
        word = column.strip(" :").lower()
        if word in _TOTALS:
            return (
                f"Is the column {column!r} of {name} the sum of others? Take it out, or give it another name."
            )
        if word in _COUNTS:
            return (
                f"What does the column {column!r} of {name} count? That there are several of one thing is "
                "not read: give each a row of its own, and take the column out."
            )
    return None


_TOTALS = ("total", "totals", "grand total", "subtotal", "sub-total", "sum", "합계", "총계", "소계", "총합")
_COUNTS = ("count", "quantity", "qty", "number", "pieces", "units", "stock", "수량", "개수")
_KNOWN = (
    "I can plan routes, choose a portfolio, pack a knapsack, assign agents to tasks, cut a graph, schedule "
    "jobs on machines, open facilities, or classify rows."
)


def _told(text: str, kind: str) -> _Told:
    """The numbers of a sentence. Raises _Ask for one that belongs to nothing, or to a setting told twice."""
    if (odd := odd_number(text)) is not None:
        raise _Ask(odd)
    plain_text = _with_digits(text)
    found: dict[str, Quantity] = {}
    used: list[tuple[int, int]] = []
    spans: list[tuple[int, int]] = []
    for setting, patterns in _FIGURES.get(kind, {}).items():
        for pattern in patterns:
            for match in re.finditer(pattern, plain_text):
                span = match.span("n")
                if span in used:
                    continue
                value = Fraction(match.group("n"))
                unit = ""
                if match.groupdict().get("p"):
                    value, unit = value / 100, "%"
                if setting in found:
                    raise _Ask(f"The sentence tells {setting} twice: which of the numbers counts?")
                used.append(span)
                spans.append(match.span())
                found[setting] = Quantity(value=plain(value), unit=unit, words=match.group(0).strip())
    for match in re.finditer(r"\d+(?:\.\d+)?", plain_text):
        if match.span() not in used:
            raise _Ask(f"What does the number {match.group(0)} in the sentence stand for?")
    rest = "".join(c for k, c in enumerate(plain_text) if not any(a <= k < b for a, b in spans))
    unread = _CONDITIONS.search(rest) or (None if kind == "assignment" else _REVERSED.search(rest))
    if unread is not None:
        raise _Ask(
            f"“{unread.group().strip()}” is not read beside a table of this kind. Leave it out, or give a "
            "typed specification."
        )
    return _Told(text, found)


def _with_digits(text: str) -> str:
    """A sentence in lower case with its numbers in digits, without marks between thousands."""
    if any("\uac00" <= c <= "\ud7a3" for c in text):  # Hangul
        return re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.lower())
    parts = []
    for token in tokenise(text):
        if token.kind == "number" and token.number == "percent":
            parts.append(f"{plain(token.value * 100)} %")
        elif token.kind == "number":
            parts.append(str(plain(token.value)))
        else:
            parts.append(token.low)
    return " ".join(parts)


def _of_file(*settings: str) -> Callable[[_Told, Path, str | None], Specification]:
    """A reader of tables that the reader of files knows; the sentence tells settings."""

    def read(told: _Told, path: Path, decimal: str | None) -> Specification:
        given: dict[str, Any] = {s: told.figures[s].value for s in settings if s in told.figures}
        if decimal is not None:
            given["decimal"] = decimal
        return of_problem(read_problem(path, **given))

    return read


def _routing(told: _Told, path: Path, decimal: str | None) -> Specification:
    found = read_table(path, decimal)
    if "capacity" not in told.figures and any(c.lower() == "demand" for c in found.header):
        raise _Ask(f"How much does a vehicle carry? {path.name} has a column of demands.")
    return _of_file("vehicles", "capacity")(told, path, decimal)


def _knapsack(told: _Told, path: Path, decimal: str | None) -> Specification:
    found = read_table(path, decimal)
    if "capacity" not in told.figures:
        raise _Ask("How much may the chosen items weigh together?")
    names = _texts(found, _column(found, "name"))
    profits = found.numbers(_column(found, "profit"), "profit")
    weights = found.numbers(_column(found, "weight"), "weight")
    items = tuple(
        KnapsackItem(name=n, profit=plain(p), weight=plain(w))
        for n, p, w in zip(names, profits, weights, strict=True)
    )
    return Packing(
        name=path.stem, items=items, capacity=told.figures["capacity"], assumptions=tuple(found.notes)
    )


def _assignment(told: _Told, path: Path, decimal: str | None) -> Specification:
    found = read_table(path, decimal)
    costs = tuple(
        tuple(plain(v) for v in row)
        for row in zip(*(found.numbers(k, c) for k, c in enumerate(found.header) if k), strict=True)
    )
    return Matching(
        name=path.stem,
        agents=tuple(_texts(found, 0)),
        tasks=tuple(found.header[1:]),
        costs=costs,
        sense=_sense(told.text),
        assumptions=tuple(found.notes),
    )


def _cut(told: _Told, path: Path, decimal: str | None) -> Specification:
    found = read_table(path, decimal)
    if "groups" in told.figures and told.figures["groups"].value != 2:
        raise _Ask("Graphs are cut into two groups; for more of them give a typed specification.")
    a, b = _texts(found, _column(found, "a")), _texts(found, _column(found, "b"))
    notes = list(found.notes)
    try:
        weights = found.numbers(_column(found, "edge"), "weight")
    except _Ask:
        weights = [Fraction(1)] * len(a)
        notes.append("every edge counts as 1, since the table has no column of weights")
    edges = tuple(Edge(a=x, b=y, weight=plain(w)) for x, y, w in zip(a, b, weights, strict=True))
    return Cut(name=path.stem, edges=edges, assumptions=tuple(notes))


def _schedule(told: _Told, path: Path, decimal: str | None) -> Specification:
    found = read_table(path, decimal)
    jobs = _texts(found, _column(found, "job"))
    machines = _texts(found, _column(found, "machine"))
    durations = found.numbers(_column(found, "duration"), "duration")
    work: dict[str, list[Operation]] = {}
    for job, machine, duration in zip(jobs, machines, durations, strict=True):
        work.setdefault(job, []).append(Operation(machine=machine, duration=plain(duration)))
    return Schedule(
        name=path.stem,
        machines=tuple(dict.fromkeys(machines)),
        jobs=tuple(Job(name=job, operations=tuple(ops)) for job, ops in work.items()),
        assumptions=(
            *found.notes,
            "the operations of a job follow each other in the order of the table's rows",
        ),
    )


def _facilities(told: _Told, path: Path, decimal: str | None) -> Specification:
    found = read_table(path, decimal)
    opening = _column(found, "opening")
    capacity = next((k for k, c in enumerate(found.header) if c.lower() in _COLUMNS["capacity"]), None)
    if capacity is not None:
        raise _Ask(
            f"{path.name} has capacities; what is the demand of each customer? Give a typed specification."
        )
    customers = [k for k in range(1, len(found.header)) if k != opening]
    costs = tuple(
        tuple(plain(v) for v in row)
        for row in zip(*(found.numbers(k, found.header[k]) for k in customers), strict=True)
    )
    names, fixed = _texts(found, 0), found.numbers(opening, "opening cost")
    return Facilities(
        name=path.stem,
        facilities=tuple(Facility(name=n, opening=plain(o)) for n, o in zip(names, fixed, strict=True)),
        customers=tuple(Customer(name=found.header[k]) for k in customers),
        costs=costs,
        assumptions=tuple(found.notes),
    )


def _classification(told: _Told, path: Path, decimal: str | None) -> Specification:
    found = read_table(path, decimal)
    low = told.text.lower()
    named = [c for c in found.header if re.search(rf"(?<!\w){re.escape(c.lower())}(?!\w)", low)]
    if len(named) != 1:
        what = "none of its columns is named" if not named else f"{' and '.join(map(repr, named))} are named"
        raise _Ask(f"Which column of {path.name} is to be told from the others? In the sentence {what}.")
    return Classification(name=path.stem, table=str(path), target=named[0], assumptions=tuple(found.notes))


_READERS: dict[str, Callable[[_Told, Path, str | None], Specification]] = {
    "routing": _routing,
    "portfolio": _of_file("most", "largest", "smallest", "risk"),
    "knapsack": _knapsack,
    "assignment": _assignment,
    "maxcut": _cut,
    "job shop": _schedule,
    "facility location": _facilities,
    "classification": _classification,
}


def _column(found: Table, role: str) -> int:
    """The column of a role. Raises _Ask where none or several could be it."""
    there = [k for k, c in enumerate(found.header) if c.lower() in _COLUMNS[role]]
    if len(there) != 1:
        told = "no column" if not there else f"the columns {', '.join(found.header[k] for k in there)}"
        raise _Ask(f"Which column of {found.path.name} is the {role}? It has {told} of such a name.")
    return there[0]


def _texts(found: Table, column: int) -> list[str]:
    """The texts of a column. Raises DataError for an empty one."""
    for line, row in found.rows:
        if not row[column]:
            raise found.error(line, f"the column {found.header[column]!r} is empty here")
    return [row[column] for _, row in found.rows]


def _sense(text: str) -> Any:
    """Raises _Ask where the sentence does not say whether little or much is wanted."""
    low = text.lower()
    small = re.search(
        r"\bminimi[sz]\w*|\bcheap\w*|\blowest\b|\bleast\b|\bfast\w*|\bshortest\b|최소|비용", low
    )
    large = re.search(r"\bmaximi[sz]\w*|\bhighest\b|\bmost\b|\blargest\b|\bbest\b|최대", low)
    if bool(small) == bool(large):
        raise _Ask("Are the numbers of the table costs to be kept low, or values to be made high?")
    return "min" if small else "max"
