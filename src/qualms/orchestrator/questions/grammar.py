"""Questions as words, numbers and what is asked of them, by fixed rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Generic, TypeVar

T = TypeVar("T")

_TOKEN = re.compile(r"(?:(?<![\w.)])[-−])?(?:\d[\d,]*(?:\.\d+)?|\.\d+)|%|[^\W\d_]\w*(?:'[^\W\d_]+)?")
_COUNTS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "hundred": 100,
}  # fmt: skip
_FACTORS = {
    "twice": 2, "double": 2, "doubled": 2, "doubles": 2, "triple": 3, "triples": 3, "tripled": 3, "half": 0.5,
    "halved": 0.5, "halves": 0.5, "halve": 0.5,
}  # fmt: skip
_UP = set(
    "more extra additional another rise rises rose risen increase increases increased grow grows grew "
    "up higher raise raises raised add added adds gain gains larger bigger".split()
)
_DOWN = set(
    "less fewer fall falls fell drop drops dropped decrease decreases decreased shrink shrinks down "
    "lower lowered reduce reduces reduced cut cuts lose loses smaller".split()
)
_REMOVE = set(
    "remove removed removes removing drop dropped delete deleted lift lifted without ignore ignored".split()
)
_NOTHING = set(
    "a an the we i you they he she it its this that these those there here is are be been was were am "
    "if what why not would could should can cannot can't couldn't shouldn't may might must do does did "
    "done don't doesn't isn't "
    "aren't wasn't won't shall will had has have having get got gets to of for in on by at with and or "
    "as from into out than then per each every all any some our my your us them their only just still "
    "also instead so too make makes made making produce produces produced producing build builds built "
    "buy buys bought sell sells sold use uses used using choose chooses chosen take takes taken pick "
    "picks picked select selected include includes included put keep set sets change changes changed "
    "become becomes became go goes went happen happens suppose supposed when while how much many number "
    "amount value level let let's please possible able allow allowed need needs needed want wanted unit "
    "units item items thing things pieces piece both either neither worth bring brings tell me "
    "about which who leave total exactly equal equals now currently percent cent available being result "
    "results effect affect affects answer plan solution it's that's what's twice least most minimum "
    "maximum minimal maximal limit limits limitation constraint constraints restriction restrictions "
    "bound bounds cap requirement requirements rule no never more assign assigned give given open "
    "opened serve served send sends sent ship shipped visit hold held invest invested".split()
)


_BETWEEN = (
    "of",
    "and",
    "for",
    "to",
    "from",
    "at",
    "in",
    "on",
    "per",
    "the",
    "unit",
    "with",
    "not",
    "do",
    "served",
    "assigned",
)
_LAST_VERBS = ("cost", "bring", "gain", "save", "change", "worth", "add")
_LEAST = r"\b(at least|minimum of|or more)\b"
_MOST = r"\b(at most|maximum of|up to|or less|or fewer)\b"


@dataclass(frozen=True)
class Token:
    """A word or a number of a question.

    Attributes
    ----------
    text : str
        As it stands there.
    stem : str
        In lower case and in the singular.
    number : float or None
        What it counts.
    """

    text: str
    stem: str
    number: float | None


@dataclass(frozen=True)
class Change:
    """What a question does to a number.

    Attributes
    ----------
    how : str
        "set", "add", "multiply", "at least", "at most" or "exactly".
    value : float
        With it.
    percent : bool
        Whether the value stood before a percent sign.
    strict : bool
        Whether "at least" was "more than", or "at most" was "less than".
    """

    how: str
    value: float
    percent: bool = False
    strict: bool = False


@dataclass(frozen=True)
class Found(Generic[T]):
    """A name that a question mentions: what it stands for, and at which tokens."""

    thing: T
    places: frozenset[int]


def stem(word: str) -> str:
    """In lower case and, by the usual endings, in the singular."""
    found = word.lower().removesuffix("'s")
    if len(found) <= 3:
        return found
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if found.endswith(ending):
            return found.removesuffix(ending) + instead
    if found.endswith("s") and not found.endswith(("ss", "us", "is")):
        return found[:-1]
    return found


def stems(text: str) -> tuple[str, ...]:
    """The stems of a name."""
    return tuple(token.stem for token in tokens(text))


@lru_cache(maxsize=65_536)
def tokens(text: str) -> tuple[Token, ...]:
    """Words and numbers in order."""
    found = []
    for match in _TOKEN.finditer(text.replace("’", "'").replace("per cent", "%").replace("percent", "%")):
        word = match.group()
        if word[0].isdigit() or word[0] in ".-−":
            plain = word.replace(",", "").replace("−", "-")
            value = float(plain)
            found.append(Token(word, f"{value:g}", value))
        else:
            found.append(Token(word, stem(word), _COUNTS.get(word.lower())))
    return tuple(found)


class QuestionBack(Exception):
    """The question cannot be answered as it stands, and the message is what to ask back.

    Attributes
    ----------
    choices : tuple of str
        What there is to choose from.
    """

    def __init__(self, text: str, choices: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.choices = tuple(choices)


class Question:
    """A question, with what rules find in it.

    Parameters
    ----------
    text : str
        As it was asked.
    """

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        self.tokens = tokens(self.text)
        self.words = [token.text.lower() for token in self.tokens]
        self.line = " ".join(self.words)
        self._stems = {token.stem for token in self.tokens}

    def says(self, *patterns: str) -> bool:
        """Whether one of the regular expressions is in the question's words."""
        return any(re.search(rf"(?:^| )(?:{p})(?: |$)", self.line) for p in patterns)

    @cached_property
    def removes(self) -> bool:
        """Whether something is to be left out."""
        told = bool(_REMOVE & set(self.words)) or self.says("leave .*out", "left out", "no longer")
        return told and not self._numbers(frozenset())

    def denies(self, places: frozenset[int]) -> bool:
        """Whether "no" stands right before a name."""
        return bool(places) and min(places) > 0 and self.words[min(places) - 1] in ("no", "zero")

    @property
    def forbids(self) -> bool:
        """Whether it says that something cannot be done."""
        return self.says("cannot|can't|couldn't|can not|could not|must not|may not|do not|don't")

    def without_verb(self) -> Question:
        """Without a last word such as "cost", which may be the name of something."""
        last = self.words[-1] if self.words else ""
        return Question(self.text.rstrip(" ?.!")[: -len(last)]) if last in _LAST_VERBS else self

    def mentioned(self, names: Iterable[tuple[T, str]]) -> list[Found[T]]:
        """The things whose names are in the question, without those whose words are part of a longer name
        that is there too.
        """
        found: list[Found[T]] = []
        for thing, name in names:
            places = self._places(name)
            if places and not any(f.thing is thing and f.places >= places for f in found):
                found.append(Found(thing, places))
        kept: dict[int, Found[T]] = {}
        for one in found:
            if not any(one.places < other.places for other in found):
                before = kept.get(id(one.thing), one)
                kept[id(one.thing)] = Found(one.thing, one.places | before.places)
        return list(kept.values())

    def _places(self, name: str) -> frozenset[int] | None:
        """The tokens of a name: in its order with nothing but small words between, else each word
        anywhere.
        """
        wanted = tokens(name)
        if not wanted or not self._stems >= {token.stem for token in wanted}:
            return None
        for start in range(len(self.tokens)):
            found = self._in_order(start, wanted)
            if found is not None:
                return found
        if any(token.text[0].isdigit() for token in wanted):
            return None  # "product 2" is not "2 of that product"
        places = set()
        for token in wanted:
            place = next(
                (k for k, own in enumerate(self.tokens) if k not in places and _same(own, token)), None
            )
            if place is None:
                return None
            places.add(place)
        return frozenset(places)

    def _in_order(self, start: int, wanted: Sequence[Token]) -> frozenset[int] | None:
        """The tokens of a name that begins at one of them."""
        places, left = [], list(wanted)
        for k in range(start, len(self.tokens)):
            if _same(self.tokens[k], left[0]):
                places.append(k)
                left.pop(0)
                if not left:
                    return frozenset(places)
            elif not places or self.words[k] not in _BETWEEN:
                return None
        return None

    def _numbers(self, names: frozenset[int]) -> list[int]:
        return [k for k, t in enumerate(self.tokens) if t.number is not None and k not in names]

    def change(self, names: frozenset[int]) -> Change | None:
        """What the question does to the thing whose name is at these tokens; None where it does not say it,
        or says two things.
        """
        rest = " ".join(w for k, w in enumerate(self.words) if k not in names).removeprefix("why not ")
        factors = [_FACTORS[w] for k, w in enumerate(self.words) if w in _FACTORS and k not in names]
        numbers = self._numbers(names)
        if factors and not numbers:
            return Change("multiply", factors[0]) if len(factors) == 1 else None
        if len(numbers) != 1 or factors:
            return None
        k = numbers[0]
        value = self.tokens[k].number
        assert value is not None
        percent = k + 1 < len(self.words) and self.words[k + 1] == "%"
        relation, strict = _relation(rest)
        up = bool(_UP & set(self.words)) and not re.search(r"\bno more\b", rest)
        down = bool(_DOWN & set(self.words))
        if self.forbids and not self.line.startswith("why"):  # "cannot be more than 5" is "at most 5"
            turned = {"at least": "at most", "at most": "at least"}
            return Change(turned[relation], value, percent) if relation is not None and strict else None
        if relation is not None:
            return Change(relation, value, percent, strict)
        if not (up or down) or (k and self.words[k - 1] == "to"):
            return Change("exactly" if re.search(r"\bexactly\b", rest) else "set", value, percent)
        signed = value if up else -value
        relative = Change("multiply", 1 + signed / 100, True) if percent else Change("add", signed)
        return None if up and down else relative

    def has_stem(self, *wanted: str) -> bool:
        """Whether one of these stems is among those of the question."""
        return bool(self._stems & set(wanted))

    def unknown(self, known: Iterable[int], allowed: Sequence[str] = ()) -> list[str]:
        """Words that are neither at these tokens, nor allowed, nor of the grammar."""
        fine = set(known)
        extra = {s for text in allowed for s in stems(text)}
        return [
            token.text
            for k, token in enumerate(self.tokens)
            if k not in fine
            and token.number is None
            and token.stem not in extra
            and not ({token.text.lower(), token.stem} & _GRAMMAR)
        ]


_GRAMMAR = (
    _NOTHING | _UP | _DOWN | _REMOVE | set(_FACTORS) | set(_COUNTS) | {"%"} | {stem(w) for w in _NOTHING}
)


def content(text: str) -> tuple[str, ...]:
    """The stems of a name that are no words of the grammar."""
    return tuple(s for s in stems(text) if s not in _GRAMMAR)


def _relation(words: str) -> tuple[str | None, bool]:
    """ "at least" or "at most", where the words say one of them; and whether equality is excluded."""
    if re.search(r"\b(no|not) (more|less|fewer) than\b", words):
        return ("at most" if re.search(r"\bmore than\b", words) else "at least"), False
    if re.search(r"\bmore than\b", words):
        return "at least", True
    if re.search(r"\b(less|fewer) than\b", words):
        return "at most", True
    if re.search(_LEAST, words):
        return "at least", False
    return ("at most" if re.search(_MOST, words) else None), False


def _same(own: Token, wanted: Token) -> bool:
    """Whether a token of a question is one of a name. A and I are names only as they are written, because "a"
    and "I" are words.
    """
    if wanted.text.lower() in ("a", "i"):
        return own.text == wanted.text
    return own.stem == wanted.stem
