"""What of a specification the user's text bears out: its numbers, its quotations, and what is to be made
large.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from qualms.language.text_numbers import MentionedNumber, mentioned_numbers, printable, shown
from qualms.problems.numbers import exact

_MOST_ASKED = 8  # numbers that are asked about one by one
_NEAR = Fraction(1, 10**6)  # relative; of a third and other shares that no decimal is equal to

_MAXIMISE = re.compile(r"\bmaximi[sz]\w*|\bmaximier\w*|최대화", re.IGNORECASE)
_MINIMISE = re.compile(r"\bminimi[sz]\w*|\bminimier\w*|최소화", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """A number of a specification.

    Attributes
    ----------
    value : Fraction
        Its size, without its sign.
    what : str
        Where it stands: "for the weight of “lamp”", "in “profit”".
    neutral : bool
        Whether no number of the text is needed for it: a sign, a zero to compare with, the bounds of a bit.
    """

    value: Fraction
    what: str
    neutral: bool


@dataclass(frozen=True)
class Evidence:
    """What was found.

    Attributes
    ----------
    questions : tuple of str
        What only the user can decide.
    assumptions : tuple of str
        What the user should see before the problem is solved.
    """

    questions: tuple[str, ...]
    assumptions: tuple[str, ...]


def evidence(written: Mapping[str, Any], text: str) -> Evidence:
    """Compare a specification with the text that it was read from.

    Parameters
    ----------
    written : Mapping[str, Any]
        The specification's JSON, fields that have their default left out.
    text : str
        The user's words.

    Returns
    -------
    Evidence
        A question for every number that the text does not have, for every number of the text that is not
        used, and for a goal whose direction the text contradicts.
    """
    told, there = mentioned_numbers(text), list(numbers(written))
    assumed: dict[str, None] = {}
    asked = [*_sense(written, text), *_relations(written, told)]
    invented: list[str] = []
    used: Counter[MentionedNumber] = Counter()
    for number in there:
        fitting = [(m, how) for m in told if (how := _fits(number.value, m)) is not None]
        for mention, _ in fitting:
            used[mention] += 1
        if fitting:
            hows = [how for _, how in fitting]
            assumed.update({} if "" in hows else {hows[0]: None})
        elif number.value == 0:
            assumed[f"The model put 0 {number.what}, where the text gives no number"] = None
        elif not number.neutral:
            invented.append(
                f"The model put {shown(number.value)} {number.what}, which your text does not have. What is "
                "the right number?"
            )
    asked += _few(list(dict.fromkeys(invented)), "other numbers that your text does not have")
    names, counts = list(_names(written)), dict(_counts(written))
    unused: list[str] = []
    for mention in told:
        if used[mention] or mention.quiet or _in_a_name(mention, names):
            continue
        if mention.value in counts:
            assumed[
                f"The number {mention.said} (“{mention.around}”) is taken as how many "
                f"{counts[mention.value]} there are"
            ] = None
            continue
        unused.append(
            f"The model did not use the number {mention.said} (“{mention.around}”). What does it stand for? "
            "Take it out of the text if it does not matter."
        )
    asked += _few(list(dict.fromkeys(unused)), "other numbers that are not used")
    assumed.update(dict.fromkeys(_counted(told, there)))
    return Evidence(tuple(asked), tuple(assumed))


def _fits(value: Fraction, mention: MentionedNumber) -> str | None:
    """How a mention becomes a value, or None where it does not."""
    if value in mention.readings:
        return mention.readings[value]
    for read, how in mention.readings.items():
        rest = read.denominator
        for prime in (2, 5):
            while rest % prime == 0:
                rest //= prime
        if rest > 1 and abs(value - read) <= _NEAR * read:
            return how
    return None


def numbers(
    written: Any, what: str = "", field: str = "", owner: str = "", around: str = ""
) -> Iterator[Found]:
    """Every number of a specification's JSON.

    Parameters
    ----------
    written : Any
        The JSON, or a part of it.
    what, field, owner, around : str
        What this part is called, in which field it stands, what it belongs to, and the operation around it.
    """
    if isinstance(written, bool):
        return
    if isinstance(written, int | float):
        value = abs(Fraction(written) if isinstance(written, int) else exact(written))
        sign = around == "product" and value == 1
        yield Found(value, what, value == 0 or sign or around == f"bit {field}")
    elif isinstance(written, list):
        for part in written:
            yield from numbers(part, what, field, owner, around)
    elif isinstance(written, dict):
        here = written.get("name")
        owner = str(here) if isinstance(here, str | int) and field else owner
        inner = around
        if "op" in written:
            inner = str(written["op"]) if written["op"] != "number" else around
        elif written.get("domain") == "binary":
            inner = "bit"
        for key, part in written.items():
            if key == "name":
                continue  # places of files are called by numbers
            label = key if key not in ("value", "left", "right") else field or key
            if key in _EXPRESSIONS:
                told = f"in “{owner}”" if owner else what or f"in the {key}"
            else:
                told = f"for the {_FIELDS.get(label, label)}" + (f" of “{owner}”" if owner else "")
            told = what if "op" in written and what else told
            passed = f"bit {key}" if inner == "bit" and _is(part, 0 if key == "low" else 1) else inner
            if inner == "product" and key == "factors" and len(part) == 1:
                passed = ""  # a single factor is a number of its own
            yield from numbers(part, told, label, owner, passed)


_EXPRESSIONS = ("left", "right", "expression")
_FIELDS = {
    "low": "lower bound",
    "high": "upper bound",
    "entries": "values",
    "length": "length of the sequence",
}


def _is(part: Any, value: int) -> bool:
    return isinstance(part, int | float) and part == value


def _names(written: Any, key: str = "") -> Iterator[str]:
    """Every text of a specification but quotations and assumptions, in small letters."""
    if isinstance(written, str):
        yield written.lower()
    elif isinstance(written, list):
        for part in written:
            yield from _names(part, key)
    elif isinstance(written, dict):
        for inner, part in written.items():
            if inner not in ("words", "assumptions"):
                yield from _names(part, inner)


def _counts(written: Any, key: str = "") -> Iterator[tuple[Fraction, str]]:
    """How many elements a list has, and what it is a list of."""
    if isinstance(written, list):
        yield Fraction(len(written)), key
        if key == "stops":
            yield Fraction(len(written) - 1), "stops beside the first"
    if isinstance(written, list | dict):
        for inner, part in written.items() if isinstance(written, dict) else ((key, p) for p in written):
            named = str(written["name"]) if isinstance(written, dict) and "name" in written else key
            if inner in ("elements", "stops", "items", "agents", "tasks", "facilities", "customers", "places",
                         "jobs", "machines", "nodes", "assets", "variables"):  # fmt: skip
                yield from _counts(part, f"elements of {named}" if inner == "elements" else inner)
            elif isinstance(part, dict) or inner == "sets":
                yield from _counts(part, inner)


def _in_a_name(mention: MentionedNumber, names: list[str]) -> bool:
    """Whether "machine 2" is what something is called."""
    called = f"{mention.before} {mention.said}".lower()
    return bool(mention.before) and any(
        re.search(rf"(?<!\w){re.escape(called)}(?!\w)", name) for name in names
    )


def _counted(told: list[MentionedNumber], there: list[Found]) -> Iterator[str]:
    """Numbers that stand more or less often in the text than in the specification."""
    for value, stands in Counter(m.value for m in told if not m.quiet).items():
        same = [m for m in told if m.value == value]
        used = sum(any(_fits(n.value, m) is not None for m in same) for n in there)
        if used and used != stands:
            yield (
                f"The number {shown(value)} stands {_often(stands)} in the text and {_often(used)} in what "
                "the "
                "model read"
            )


def _often(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _relations(written: Mapping[str, Any], told: list[MentionedNumber]) -> Iterator[str]:
    """A question for each limit of which the text says the opposite: "at most 40" for at least 40."""
    for name, value, relation in _limits(written):
        same = [m for m in told if _fits(abs(value), m) is not None]
        if len(same) != 1:
            continue
        for direction, words in _DIRECTIONS.items():
            pattern = rf"\b(?:{words})\D{{0,16}}{re.escape(same[0].said)}"
            said = re.search(pattern, same[0].around, re.IGNORECASE)
            if said and relation in ("<=", ">=") and relation != direction:
                read = "at most" if relation == "<=" else "at least"
                yield (
                    f"Your text says “{said.group()}”, and the model read {shown(value)} as {read} for "
                    f"“{name}”. Which of the two holds?"
                )


_DIRECTIONS = {
    "<=": "at most|up to|no more than|not more than|maximum of|not exceed|limited to",
    ">=": "at least|no less than|not less than|no fewer than|minimum of",
}
_MIRRORED = {"<=": ">=", ">=": "<=", "=": "="}


def _limits(written: Mapping[str, Any]) -> Iterator[tuple[str, Fraction, str]]:
    """Name, number and relation of each constraint that has a number alone on one side, and of each bound."""
    for constraint in written.get("constraints", ()):
        relation = constraint["relation"]
        for side, held in (("right", relation), ("left", _MIRRORED[relation])):
            if (value := _alone(constraint[side].get("value"))) is not None:
                yield constraint["name"], value, held
    for variable in written.get("variables", ()):
        for side, held in (("low", ">="), ("high", "<=")):
            if isinstance(variable, dict) and (value := _alone(variable.get(side))) is not None:
                yield variable["name"], value, held


def _alone(given: Any) -> Fraction | None:
    """A number, or a quantity's; None for anything else."""
    value = given.get("value") if isinstance(given, dict) else given
    if not isinstance(value, int | float):
        return None
    return Fraction(value) if isinstance(value, int) else exact(value)


def _sense(written: Mapping[str, Any], text: str) -> list[str]:
    """A question where the text says the opposite of the goal's direction, or both."""
    goal = written.get("objective", written)
    sense = goal.get("sense") if isinstance(goal, dict) else None
    large, small = bool(_MAXIMISE.search(text)), bool(_MINIMISE.search(text))
    if large and small:
        return ["Your text speaks of maximizing and of minimizing. Which of the two is the goal?"]
    if (sense == "min" and large) or (sense == "max" and small):
        does, says = ("minimizes", "maximizing") if sense == "min" else ("maximizes", "minimizing")
        return [f"The model {does}, but your text speaks of {says}. Which of the two is the goal?"]
    return []


def _few(asked: list[str], others: str) -> list[str]:
    more = len(asked) - _MOST_ASKED
    return asked if more <= 0 else [*asked[:_MOST_ASKED], f"There are {more:,} {others}."]


def without_false_quotations(written: Any, text: str) -> tuple[Any, list[str]]:
    """A specification's JSON without `words` that the text does not have, and those words."""
    plain = " ".join(text.lower().split())
    gone: list[str] = []

    def kept(part: Any) -> Any:
        if isinstance(part, list):
            return [kept(p) for p in part]
        if not isinstance(part, dict):
            return part
        out = {}
        for key, inner in part.items():
            if key == "words" and isinstance(inner, str) and " ".join(inner.lower().split()) not in plain:
                gone.append(printable(inner)[:80])
            else:
                out[key] = kept(inner)
        return out

    return kept(written), gone
