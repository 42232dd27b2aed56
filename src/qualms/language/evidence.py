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

from qualms.language.tokens import Token, tokenise
from qualms.language.words import stem
from qualms.problems.numbers import exact

_MOST_ASKED = 8  # numbers that are asked about one by one
_AROUND = 28  # characters of the text that are shown before and behind a number
_NEAR = Fraction(1, 10**6)  # relative; of a third and other shares that no decimal is equal to

# The lookbehind leaves out names such as x1. A mark belongs to a number only between two digits.
_DIGITS = re.compile(r"(?<![A-Za-z_\d])(?:\d+(?:[.,'’\u00a0\u202f]\d+)*|\.\d+)")
_RATIO = re.compile(r"\s?/\s?(\d+)(?![\d.,/])")
_PERCENT = re.compile(r"\s*(?:%|percents?\b|per cent\b|퍼센트)", re.IGNORECASE)
_SCALE = re.compile(r"\s*-?(hundred|thousand|million|billion|dozen)\b|([kKM])\b|\s?([천만억])", re.IGNORECASE)
_SCALES = {
    "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "dozen": 12, "k": 1000, "K": 1000,
    "M": 10**6, "천": 1000, "만": 10**4, "억": 10**8,
}  # fmt: skip
_UNIT = re.compile(r"[\s-]*([A-Za-z]+)")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_MARKER = re.compile(r"^\s*[(\[]?$")  # what stands on a line before the number of a list
_QUIET = {"once": 1, "single": 1, "pair": 2, "couple": 2, "zero": 0}  # numbers that need not be used
_UNITS: tuple[dict[str, Fraction], ...] = tuple(
    {unit: Fraction(size) for unit, size in one.items()}
    for one in (
        {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800},
        {"mg": 1, "g": 1000, "kg": 10**6, "tonne": 10**9},
        {"oz": 1, "lb": 16},
        {"mm": 1, "cm": 10, "meter": 1000, "m": 1000, "km": 10**6},
        {"inch": 1, "foot": 12, "yard": 36, "mile": 63360},
        {"ml": 1, "liter": 1000, "l": 1000},
        {"cent": 1, "dollar": 100, "euro": 100},
    )
)
_MONEY = {"$": "dollar", "€": "euro"}
_MAXIMISE = re.compile(r"\bmaximi[sz]\w*|\bmaximier\w*|최대화", re.IGNORECASE)
_MINIMISE = re.compile(r"\bminimi[sz]\w*|\bminimier\w*|최소화", re.IGNORECASE)


@dataclass(frozen=True, eq=False)  # two equal numbers of a text are two mentions
class Mention:
    """A number of the text.

    Attributes
    ----------
    said : str
        As it stands there.
    around : str
        The same with some of the text before and behind it.
    before : str
        The word before it, for names such as "machine 2".
    readings : Mapping[Fraction, str]
        The values that it may have in a specification. The first is what it says; others have a sentence that
        tells how they come from it.
    quiet : bool
        Whether it need not be used: "one", "first", the number of a paragraph.
    """

    said: str
    around: str
    before: str
    readings: Mapping[Fraction, str]
    quiet: bool = False

    @property
    def value(self) -> Fraction:
        """What it says."""
        return next(iter(self.readings))


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
    told, there = mentions(text), list(numbers(written))
    assumed: dict[str, None] = {}
    asked = [*_sense(written, text), *_relations(written, told)]
    invented: list[str] = []
    used: Counter[Mention] = Counter()
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
                f"The model put {_shown(number.value)} {number.what}, which your text does not have. What is "
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


def mentions(text: str) -> list[Mention]:
    """Every number of a text, in digits in any language, in words in English."""
    units = {stem(w) for w in re.findall(r"[A-Za-z]+", text)} | {u for s, u in _MONEY.items() if s in text}
    found: list[Mention] = []
    end = 0
    for match in _DIGITS.finditer(text):
        if match.start() < end:
            continue  # the lower part of a ratio
        mention, end = _in_digits(text, match, units)
        found.extend(mention)
    tokens = tokenise(text)
    for k, token in enumerate(tokens):
        if token.kind == "number" and not any(c.isdigit() for c in token.text):
            found.append(_in_words(tokens, k, units))
        elif token.kind == "word" and token.low in _QUIET:
            found.append(_mention(tokens, k, {Fraction(_QUIET[token.low]): ""}, quiet=True))
    return found


def _in_digits(text: str, match: re.Match[str], units: set[str]) -> tuple[list[Mention], int]:
    """The numbers that begin at a match, and where they end: "3,4,5" is three of them."""
    said, end = match.group(), match.end()
    readings = _digits(said)
    if not readings:
        pieces = re.findall(r"\d+", said)
        around, before = _around(text, match.start(), end)
        return [Mention(p, around, before, {Fraction(int(p)): ""}) for p in pieces], end
    line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    quiet = bool(_ORDINAL.match(text, end)) or bool(
        _MARKER.match(line) and re.match(r"[.)\]](?=\s)", text[end:])
    )
    if (ratio := _RATIO.match(text, end)) and said.isdigit() and int(ratio[1]):
        over, under, end = int(said), int(ratio[1]), ratio.end()
        readings = {
            Fraction(over, under): "",
            Fraction(over): f"Of {over}/{under} the number {over} is taken",
            Fraction(under): f"Of {over}/{under} the number {under} is taken",
        }
    elif scale := _SCALE.match(text, end):
        word = next(g for g in scale.groups() if g)
        size = _SCALES.get(word) or _SCALES[word.lower()]
        readings, end = {v * size: how for v, how in readings.items()}, scale.end()
    if percent := _PERCENT.match(text, end):
        end = percent.end()
        readings = _shares(readings)
    else:
        unit = _UNIT.match(text, end)
        money = _MONEY.get(text[: match.start()].rstrip()[-1:])
        readings = _converted(readings, money or (stem(unit[1]) if unit else ""), units)
    around, before = _around(text, match.start(), end)
    return [Mention(" ".join(text[match.start() : end].split()), around, before, readings, quiet)], end


def _digits(said: str) -> dict[Fraction, str]:
    """The readings of digits with marks; nothing where they are no single number."""
    plain = re.sub(r"['’\u00a0\u202f](?=\d{3}(?!\d))", "", said)
    values: list[Fraction] = []
    if re.fullmatch(r"\d+|\d*\.\d+", plain):
        values.append(Fraction(plain))
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
        values.append(Fraction(plain.replace(",", "")))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", plain):
        values.append(Fraction(plain.replace(".", "").replace(",", ".")))
    if re.fullmatch(r"\d+,\d+", plain):
        values.append(Fraction(plain.replace(",", ".")))
    first, *others = dict.fromkeys(values) or [None]
    if first is None:
        return {}
    return {first: "", **{v: f"The number {said} is taken as {_shown(v)}" for v in others if v is not None}}


def _in_words(tokens: list[Token], k: int, units: set[str]) -> Mention:
    token = tokens[k]
    readings: dict[Fraction, str] = {token.value: ""}
    if token.number == "money" and "cent" in token.low:
        readings = _converted({token.value * 100: ""}, "cent", units)
    elif token.number == "percent":
        readings = _shares({token.value * 100: ""})
    elif k + 1 < len(tokens):
        readings = _converted(readings, tokens[k + 1].stem, units)
    return _mention(tokens, k, readings, quiet=token.low == "one")


def _mention(tokens: list[Token], k: int, readings: Mapping[Fraction, str], quiet: bool) -> Mention:
    around = re.sub(r" (?=[.,;:!?)])", "", " ".join(t.text for t in tokens[max(0, k - 4) : k + 5]))
    return Mention(tokens[k].text, around, tokens[k - 1].low if k else "", readings, quiet)


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    before, behind = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    if start > _AROUND:
        before = before.partition(" ")[2] or before
    if end + _AROUND < len(text):
        behind = behind.rpartition(" ")[0] or behind
    word = re.search(r"(\w+)\W*$", before)
    return _clean(before + text[start:end] + behind), word[1].lower() if word else ""


def _clean(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _shares(readings: Mapping[Fraction, str]) -> dict[Fraction, str]:
    """A percentage is a share; as a bare number it is told."""
    return {v / 100: how for v, how in readings.items()} | {
        v: f"{_shown(v)} % is taken as {_shown(v)}, not as {_shown(v / 100)}" for v in readings
    }


def _converted(readings: Mapping[Fraction, str], unit: str, units: set[str]) -> dict[Fraction, str]:
    """Readings in the other units of the same kind that the text speaks of."""
    out = dict(readings)
    for sizes in _UNITS:
        for other in (units & sizes.keys()) - {unit} if unit in sizes else ():
            for value in readings:
                made = value * sizes[unit] / sizes[other]
                told = f"{_shown(value)} {_many(unit)} are taken as {_shown(made)} {_many(other)}"
                out.setdefault(made, told)
    return out


def _many(unit: str) -> str:
    """A unit in the plural; short ones have none."""
    return unit if len(unit) <= 2 else {"foot": "feet", "inch": "inches"}.get(unit, f"{unit}s")


def _fits(value: Fraction, mention: Mention) -> str | None:
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


def _in_a_name(mention: Mention, names: list[str]) -> bool:
    """Whether "machine 2" is what something is called."""
    called = f"{mention.before} {mention.said}".lower()
    return bool(mention.before) and any(
        re.search(rf"(?<!\w){re.escape(called)}(?!\w)", name) for name in names
    )


def _counted(told: list[Mention], there: list[Found]) -> Iterator[str]:
    """Numbers that stand more or less often in the text than in the specification."""
    for value, stands in Counter(m.value for m in told if not m.quiet).items():
        same = [m for m in told if m.value == value]
        used = sum(any(_fits(n.value, m) is not None for m in same) for n in there)
        if used and used != stands:
            yield (
                f"The number {_shown(value)} stands {_often(stands)} in the text and {_often(used)} in what "
                "the "
                "model read"
            )


def _often(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _relations(written: Mapping[str, Any], told: list[Mention]) -> Iterator[str]:
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
                    f"Your text says “{said.group()}”, and the model read {_shown(value)} as {read} for "
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


def _shown(value: Fraction) -> str:
    if value.denominator == 1:
        digits = f"{value.numerator:,}"
        return digits if len(digits) <= 24 else f"a number of {len(str(value.numerator))} digits"
    return f"{float(value):.10g}"


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
                gone.append(_clean(inner)[:80])
            else:
                out[key] = kept(inner)
        return out

    return kept(written), gone
