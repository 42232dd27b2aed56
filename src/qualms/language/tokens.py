"""A text as words, numbers and punctuation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from qualms.language.words import root, stem, words

NumberKind = Literal["plain", "money", "percent", "part", "times"]

_SMALL = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "millions": 10**6, "billion": 10**9}
_TIMES = {"twice": 2, "double": 2, "thrice": 3, "triple": 3}
_PARTS = {
    "half": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4, "fifth": 5,
    "fifths": 5, "sixth": 6, "tenth": 10, "tenths": 10, "eighth": 8, "halves": 2,
}  # fmt: skip
_UNIT_OF = {"$": "dollars", "€": "euros", "£": "pounds sterling", "₩": "won", "¥": "yen"}

_PIECE = re.compile(
    r"(?P<money>[$€£₩¥]\s?\d[\d,]*(?:\.\d+)?|[$€£₩¥]\s?\.\d+)"
    r"|(?P<word>\d+(?:\.\d+)?-[A-Za-z][\w]*(?:[-'][\w]+)*|[A-Za-z]\w*(?:[-'&][A-Za-z0-9]\w*)*'?)"
    r"|(?P<ratio>\d+\s?/\s?\d+)"
    r"|(?P<number>\d[\d,]*(?:\.\d+)?|\.\d+)"
    r"|(?P<percent>%)"
    r"|(?P<mark>[.,;:?!()\"/\[\]])"
    r"|(?P<other>[^\s])"
)


@dataclass(frozen=True)
class Token:
    """A word, a number or a mark.

    Attributes
    ----------
    text : str
        As it stands in the text.
    kind : str
        "word", "number" or "mark".
    stem, root : str
        Of a word, otherwise the text.
    value : Fraction
        Of a number; 12 % is 0.12, a third is 1/3, twice is 2.
    number : str
        What kind of number: "plain", "money", "percent", "part" (of a whole) or "times".
    unit : str
        "dollars" for "$", "%" for percentages, otherwise empty.
    spelled : bool
        Whether the number was written in words.
    """

    text: str
    kind: Literal["word", "number", "mark"]
    stem: str
    root: str
    value: Fraction = Fraction(0)
    number: NumberKind = "plain"
    unit: str = ""
    spelled: bool = False

    @property
    def low(self) -> str:
        return self.text.lower().replace("\u00a0", "_")


def word(text: str) -> Token:
    """A word as a token."""
    return Token(text, "word", stem(text), root(text))


def mark(text: str) -> Token:
    """A mark as a token."""
    return Token(text, "mark", text, text)


def number(
    text: str, value: Fraction, kind: NumberKind = "plain", unit: str = "", spelled: bool = False
) -> Token:
    """A number as a token."""
    return Token(text, "number", text, text, value, kind, unit, spelled)


# brackets that say no more than that unknowns are not negative: "(x1 and x2 are both at least 0)"
_NOT_NEGATIVE = re.compile(
    r"\(\s*(?:both )?x_?\d(?:(?: and|,| ,)+ x_?\d)*(?: (?:is|are|must be|should be))?(?: both| all)? ?"
    r"(?:(?:at least|greater than or equal to|≥|>=) ?(?:0|zero)|non-?negative|not negative)\s*\)"
)


def normal(text: str) -> str:
    """One form of quotation marks, dashes and spaces; hyphens and endings that stand apart are joined."""
    text = text.translate(
        {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2010: "-", 0x2011: "-", 0x00A0: " "}
    )
    text = re.sub(r"\s*[–—]\s*", " , ", text)
    text = re.sub(r"(?<=\w) - (?=[A-Za-z]+\b)(?!(?:a|an|the|one|both|small|there|it)\b)", "-", text)
    text = re.sub(r"(?<=\w) '(?=s\b|t\b|re\b)", "'", text)
    text = re.sub(r"(?<=[A-Za-z]) ?n't\b", " not", re.sub(r"\b[Cc]a ?n't\b", "cannot", text))
    text = re.sub(r"\bcan not\b", "cannot", text)
    text = re.sub(r"\b([A-Za-z]+)-(of)-([a-z]+)\b", r"\1 \2 \3", text)
    text = re.sub(r"\b(\d+)\s*x\s+(?=more|as|the)\b", r"\1 times ", text)
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    text = text.replace('"', " ").replace("sqft", "square_foot").replace("sq.ft.", "square_foot")
    text = re.sub(r"\(\s*(?:\d|[a-z]|i+)\s*\)", " ", text)
    text, unknowns = _NOT_NEGATIVE.subn(" ", text)
    if unknowns:  # "they make x1 cups (x1 and x2 are at least 0)"
        text = re.sub(r"\bx_?\d\s+(?=[A-Za-z])", "", text)
    return re.sub(
        r"\b(sq|square|cubic) ?\.? (ft|feet|foot|m|meters?|metres?|km|kilometers?|kilometres?|miles?|inch"
        r"|inches|yards?)\b(?:\.(?= [a-z]))?",
        lambda m: f"{m.group(1).replace('sq', 'square') if m.group(1) == 'sq' else m.group(1)}_{m.group(2)}",
        text,
    )


def tokenise(text: str) -> list[Token]:
    """The tokens of a text, numbers in words and percentages put together."""
    found: list[Token] = []
    for piece in _PIECE.finditer(normal(text)):
        kind, said = piece.lastgroup, piece.group()
        if kind == "money":
            value = Fraction(said[1:].replace(",", "").strip())
            found.append(number(said.rstrip(","), value, "money", _UNIT_OF[said[0]]))
            if said.endswith(","):
                found.append(mark(","))
        elif kind == "number":
            if said.count(".") > 1 or "," in said.rstrip(","):
                found.append(mark(said))
            else:
                found.append(number(said.rstrip(","), Fraction(said.rstrip(","))))
                if said.endswith(","):
                    found.append(mark(","))
        elif kind == "ratio":
            over, under = (int(p) for p in said.split("/"))
            found.append(number(said, Fraction(over, under), "part") if under else mark(said))
        elif kind == "word":
            found.append(word(said))
        else:
            found.append(mark(said))
    return _numbered(_cans(found))


def _cans(found: list[Token]) -> list[Token]:
    """The noun "can" is told from the verb by the word before it."""
    out: list[Token] = []
    for k, token in enumerate(found):
        before = found[k - 1].low if k else ""
        noun = token.low == "cans" or (
            token.low == "can"
            and before in ("a", "per", "each", "every", "one", "large", "small", "medium", "big", "single")
        )
        out.append(
            replace(token, stem="tin", root="tin", text="tin" if token.low == "can" else "tins")
            if noun
            else token
        )
    return out


def _numbered(found: list[Token]) -> list[Token]:
    """Numbers in words become numbers; percent, "times" and scales join the number before them."""
    out: list[Token] = []
    k = 0
    while k < len(found):
        token = found[k]
        if token.kind == "word" and not _titled(found, k) and (parsed := _spelled(found, k)):
            value, size = parsed
            said = " ".join(t.text for t in found[k : k + size])
            if said.lower() == "dozen" and out and out[-1].kind == "number" and out[-1].number == "plain":
                out[-1] = number(f"{out[-1].text} dozen", out[-1].value * 12)
                k += size
                continue
            out.append(number(said, Fraction(value), spelled=True))
            k += size
        elif token.kind == "word" and token.low in _TIMES and _multiplies(found, k):
            out.append(number(token.text, Fraction(_TIMES[token.low]), "times", spelled=True))
            k += 1
        elif token.kind == "word" and token.low in _PARTS and (part := _part(out, found, k)):
            out = part
            k += 1
        else:
            out.append(token)
            k += 1
    return _joined(out)


def _titled(found: list[Token], k: int) -> bool:
    """Whether "One" is a part of a name such as "One Daily": two capitals within a sentence."""
    before = found[k - 1] if k else None
    after = found[k + 1] if k + 1 < len(found) else None
    inside = before is not None and before.kind == "word" and before.text[:1].islower()
    return inside and found[k].text[:1].isupper() and after is not None and after.text[:1].isupper()


def _spelled(found: list[Token], k: int) -> tuple[int, int] | None:
    """A number in words that begins at k, with how many tokens it has."""
    total, current, size, seen = 0, 0, 0, False
    while k + size < len(found):
        low = found[k + size].low
        pieces = low.split("-")
        if low in _SMALL or low in _TENS:
            if seen and current % 10 and low in _SMALL:
                break
            current += _SMALL.get(low, _TENS.get(low, 0))
        elif len(pieces) == 2 and pieces[0] in _TENS and pieces[1] in _SMALL:
            current += _TENS[pieces[0]] + _SMALL[pieces[1]]
        elif low in _SCALES and seen:
            current *= _SCALES[low]
            if _SCALES[low] >= 1000:
                total, current = total + current, 0
        elif low == "dozen" and not seen:
            return 12, 1
        elif low == "and" and seen and current >= 100 and k + size + 1 < len(found):
            after = found[k + size + 1].low
            if after not in _SMALL and after.split("-")[0] not in _TENS:
                break
            size += 1
            continue
        else:
            break
        seen = True
        size += 1
    return (total + current, size) if seen else None


def _multiplies(found: list[Token], k: int) -> bool:
    after = found[k + 1].low if k + 1 < len(found) else ""
    return found[k].low in ("twice", "thrice") or after in ("the", "as", "that", "of")


def _part(out: list[Token], found: list[Token], k: int) -> list[Token] | None:
    """The tokens so far with "a third", "two thirds" or "half" put in, or None where it is another word."""
    after = found[k + 1].low if k + 1 < len(found) else ""
    if after not in ("of", "the", "as", "that", "a", "an"):
        return None
    low = found[k].low
    share = Fraction(1, _PARTS[low])
    before = out[-1] if out else None
    if (
        before is not None
        and before.kind == "number"
        and before.number == "plain"
        and before.value < _PARTS[low]
    ):
        return [*out[:-1], number(f"{before.text} {low}", before.value * share, "part", spelled=True)]
    if before is not None and before.low == "a":
        return [*out[:-1], number(f"a {low}", share, "part", spelled=True)]
    if low == "half":
        return [*out, number(low, share, "part", spelled=True)]
    return None


def _joined(found: list[Token]) -> list[Token]:
    out: list[Token] = []
    for token in found:
        last = out[-1] if out else None
        if last is not None and last.kind == "number":
            if token.low in ("%", "percent", "percents") and last.number == "plain":
                out[-1] = number(f"{last.text}%", last.value / 100, "percent", "%", last.spelled)
                continue
            if token.low in ("times", "time") and last.number == "plain":
                out[-1] = number(f"{last.text} {token.text}", last.value, "times", "", last.spelled)
                continue
            if token.low in _SCALES and last.number in ("plain", "money"):
                value = last.value * _SCALES[token.low]
                out[-1] = number(f"{last.text} {token.text}", value, last.number, last.unit)
                continue
            if token.low in ("dollar", "dollars", "usd") and last.number in ("plain", "money"):
                out[-1] = number(f"{last.text} {token.text}", last.value, "money", "dollars", last.spelled)
                continue
            if token.low in ("euro", "euros") and last.number == "plain":
                out[-1] = number(f"{last.text} {token.text}", last.value, "money", "euros", last.spelled)
                continue
            if token.low in ("cent", "cents") and last.number == "plain":
                text = f"{last.text} {token.text}"
                out[-1] = number(text, last.value / 100, "money", "dollars", last.spelled)
                continue
        out.append(token)
    return out


_OPENERS = words("Both The Each It He She They There If How In You One What Find Formulate")


def sentences(tokens: list[Token]) -> list[list[Token]]:
    """The tokens of each sentence, without the mark at its end."""
    out: list[list[Token]] = [[]]
    for k, token in enumerate(tokens):
        after = tokens[k + 1] if k + 1 < len(tokens) else None
        if token.kind == "mark" and (token.text in "?!;" or (token.text == "." and _ends(after))):
            out.append([])
        elif out[-1] and token.text in _OPENERS and out[-1][-1].kind == "word" and out[-1][-1].text.islower():
            out.append([token])
        else:
            out[-1].append(token)
    return [s for s in out if s]


def _ends(after: Token | None) -> bool:
    return after is None or after.kind != "word" or after.text[:1].isupper() or after.text[:1].isdigit()
