"""The numbers of a text, with every value that each may stand for in a specification."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from qualms.language.tokens import Token, tokenise
from qualms.language.words import stem

_AROUND = 28  # characters of the text that are shown before and behind a number
# The lookbehind leaves out names such as x1. A mark belongs to a number only between two digits.
_DIGITS = re.compile(r"(?<![A-Za-z_\d])(?:\d+(?:[.,'’\u00a0\u202f]\d+)*|\.\d+)")
_RATIO = re.compile(r"\s?/\s?(\d+)(?![\d.,/])")
_PERCENT = re.compile(r"\s*(?:%|percents?\b|per cent\b|퍼센트)", re.IGNORECASE)
_SCALE = re.compile(
    r"\s*-?(hundred|thousand|million|billion|dozen)\b|(?-i:([kKM]))\b|\s?([천만억])", re.IGNORECASE
)
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


@dataclass(frozen=True, eq=False)  # two equal numbers of a text are two mentions
class MentionedNumber:
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


def mentioned_numbers(text: str) -> list[MentionedNumber]:
    """Every number of a text, in digits in any language, in words in English."""
    units = {stem(w) for w in re.findall(r"[A-Za-z]+", text)} | {u for s, u in _MONEY.items() if s in text}
    found: list[MentionedNumber] = []
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


def _in_digits(text: str, match: re.Match[str], units: set[str]) -> tuple[list[MentionedNumber], int]:
    """The numbers that begin at a match, and where they end: "3,4,5" is three of them."""
    said, end = match.group(), match.end()
    readings = _digits(said)
    if not readings:
        pieces = re.findall(r"\d+", said)
        around, before = _around(text, match.start(), end)
        return [MentionedNumber(p, around, before, {Fraction(int(p)): ""}) for p in pieces], end
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
    return [
        MentionedNumber(" ".join(text[match.start() : end].split()), around, before, readings, quiet)
    ], end


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
    return {first: "", **{v: f"The number {said} is taken as {shown(v)}" for v in others if v is not None}}


def _in_words(tokens: list[Token], k: int, units: set[str]) -> MentionedNumber:
    token = tokens[k]
    readings: dict[Fraction, str] = {token.value: ""}
    if token.number == "money" and "cent" in token.low:
        readings = _converted({token.value * 100: ""}, "cent", units)
    elif token.number == "percent":
        readings = _shares({token.value * 100: ""})
    elif k + 1 < len(tokens):
        readings = _converted(readings, tokens[k + 1].stem, units)
    if token.number == "part":  # a condition with a third may be written in integers
        over, under = token.value.numerator, token.value.denominator
        for number in (over, under):
            readings.setdefault(Fraction(number), f"Of “{token.text}” the number {number} is taken")
    return _mention(tokens, k, readings, quiet=token.low == "one")


def _mention(tokens: list[Token], k: int, readings: Mapping[Fraction, str], quiet: bool) -> MentionedNumber:
    around = re.sub(r" (?=[.,;:!?)])", "", " ".join(t.text for t in tokens[max(0, k - 4) : k + 5]))
    return MentionedNumber(tokens[k].text, around, tokens[k - 1].low if k else "", readings, quiet)


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    before, behind = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    if start > _AROUND:
        before = before.partition(" ")[2] or before
    if end + _AROUND < len(text):
        behind = behind.rpartition(" ")[0] or behind
    word = re.search(r"(\w+)\W*$", before)
    return printable(before + text[start:end] + behind), word[1].lower() if word else ""


def printable(text: str) -> str:
    """A text on one line, without what cannot be shown."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _shares(readings: Mapping[Fraction, str]) -> dict[Fraction, str]:
    """A percentage is a share; as a bare number it is told."""
    return {v / 100: how for v, how in readings.items()} | {
        v: f"{shown(v)} % is taken as {shown(v)}, not as {shown(v / 100)}" for v in readings
    }


def _converted(readings: Mapping[Fraction, str], unit: str, units: set[str]) -> dict[Fraction, str]:
    """Readings in the other units of the same kind that the text speaks of."""
    out = dict(readings)
    for sizes in _UNITS:
        for other in (units & sizes.keys()) - {unit} if unit in sizes else ():
            for value in readings:
                made = value * sizes[unit] / sizes[other]
                told = f"{shown(value)} {_many(unit)} are taken as {shown(made)} {_many(other)}"
                out.setdefault(made, told)
    return out


def _many(unit: str) -> str:
    """A unit in the plural; short ones have none."""
    return unit if len(unit) <= 2 else {"foot": "feet", "inch": "inches"}.get(unit, f"{unit}s")


def shown(value: Fraction) -> str:
    if value.denominator == 1:
        digits = f"{value.numerator:,}"
        return digits if len(digits) <= 24 else f"a number of {len(str(value.numerator))} digits"
    return f"{float(value):.10g}"
