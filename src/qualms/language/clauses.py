"""Sentences cut into clauses, and the reasons that a reader may leave out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qualms.language.mentions import Item
from qualms.language.words import AUXILIARIES, DETERMINERS, PREPOSITIONS, PRONOUNS, VERBS, words

_REASON = words("since because due as given although despite though considering while with after")
_STRONG = re.compile(
    r"at least|at most|at lest|minimum|maximum|exceed|no more|no less|no fewer|not more|not less|up to"
    r"|more than|less than"
    r"|fewer than|limited to|limits?\b|within|between|exactly|equal"
)


@dataclass(frozen=True)
class Clause:
    """A part of a sentence with at most one subject.

    Attributes
    ----------
    items : tuple of Item
        Its tokens and mentions.
    sentence : int
        Which sentence.
    continues : bool
        Whether it has no subject of its own, so that the clause before it tells whom it is about.
    reason : bool
        Whether it only tells a reason and binds nothing.
    """

    items: tuple[Item, ...]
    sentence: int
    continues: bool = False
    reason: bool = False

    @property
    def text(self) -> str:
        """The clause for patterns: a thing is "@2", a number at k is "#k", words are in lower case."""
        return render(self.items)

    @property
    def said(self) -> str:
        """The clause in about the words of the text."""
        return said(self.items)


def said(items: tuple[Item, ...] | list[Item]) -> str:
    """Items in about the words of the text."""
    return " ".join(i.token.text.replace("\u00a0", " ") for i in items)


def render(items: tuple[Item, ...] | list[Item]) -> str:
    """Items as a line that patterns are matched against."""
    out: list[str] = []
    for k, item in enumerate(items):
        if item.kind == "thing":
            out.append(f"@{item.thing}")
        elif item.kind == "number":
            out.append(f"#{k}")
        else:
            out.append(item.token.low.replace(" ", "_").replace("@", "").replace("#", "") or "_")
    return " ".join(out)


def clauses(items: list[Item], sentence: int) -> list[Clause]:
    """The clauses of a sentence, in order."""
    parts = _without_reasons(items, sentence)
    out: list[Clause] = []
    for part, reason in parts:
        if reason:
            out.append(Clause(tuple(part), sentence, reason=True))
            continue
        start = 0
        for k in range(1, len(part)):
            if _cuts(part, k, start):
                _add(out, part[start:k], sentence)
                start = k
        _add(out, part[start:], sentence)
    return out


def _add(out: list[Clause], part: list[Item], sentence: int) -> None:
    joined = False
    while part and (
        part[0].kind == "mark"
        or part[0].low in ("and", "but", "while", "whereas", "then", "however", "also", "so", "if")
    ):
        joined = joined or part[0].low in ("and", "but", "while", "whereas")
        part = part[1:]
    while part and part[-1].kind == "mark":
        part = part[:-1]
    if not part:
        return
    lead = part[0]
    open_subject = lead.kind == "number" or (
        lead.kind == "word"
        and (
            lead.stem in VERBS
            or lead.low in AUXILIARIES
            or lead.low in ("at", "no", "not", "only", "cannot", "up")
        )
    )
    out.append(Clause(tuple(part), sentence, continues=bool(out) and joined and open_subject))


_LISTED = re.compile(r"and @\d+ , (?:which|that) [^@]*\brespectively$")


def _cuts(part: list[Item], k: int, start: int) -> bool:
    """Whether a new clause begins at k."""
    item = part[k]
    if item.kind == "mark":
        return item.token.text in ";:"
    if item.kind != "word":
        return False
    before = part[k - 1]
    numbers = any(i.kind == "number" for i in part[start:k])
    if (
        item.low == "or"
        and numbers
        and re.match(r"or (?:he|she|it|they|you|we|one) (?:can|may) [a-z]+ @", render(part[k:]))
    ):
        return True
    if item.low == "and" and before.low == "respectively":
        return True
    if (
        item.low == "and"
        and _LISTED.match(render(part[k:]))
        and any(i.kind == "thing" for i in part[start:k])
    ):
        return False
    if item.low == "on" and k + 2 < len(part) and part[k + 1].low == "which" and part[k + 2].low in PRONOUNS:
        return numbers
    if (
        item.low == "with"
        and before.kind == "mark"
        and numbers
        and any(i.low == "budget" for i in part[k + 1 : k + 4])
    ):
        return True
    if (
        item.low == "with"
        and k + 1 < len(part)
        and part[k + 1].kind == "thing"
        and part[k + 1].each
        and numbers
    ):
        return k + 2 < len(part) and part[k + 2].low.endswith("ing")
    if (
        item.low == "so"
        and before.kind == "mark"
        and k + 1 < len(part)
        and part[k + 1].low not in ("that", "as")
    ):
        return True
    if item.low in ("however", "conversely"):
        return before.kind == "mark"
    if item.low in ("but", "while", "whereas"):
        return not _only_cue(part, k + 1) or item.low != "but"
    if item.low in ("if", "how", "what", "formulate", "find", "determine"):
        return before.kind == "mark" or item.low in ("if", "how") or start == k
    if item.low == "and" or (item.kind == "word" and before.kind == "mark" and before.token.text == ","):
        if item.low in ("and", "or") and before.kind == "mark":
            pass
        begin = k + 1 if item.low == "and" else k
        if (
            item.low == "and"
            and k + 1 < len(part)
            and part[k + 1].low in AUXILIARIES | {"wants", "plans", "must"}
        ):
            here = any(i.kind == "thing" for i in part[start:k])
            there = any(i.kind == "thing" for i in part[k:])
            if numbers and there and not here:
                return True
        if item.low == "and" and _another_bound(part, start, k):
            return True
        if (
            item.low == "and"
            and not numbers
            and re.search(r"\bprefers?\b", render(part[start:k]))
            and (re.match(r"(?:\w+ ){1,4}at (?:least|most) #", render(part[k + 1 :])))
        ):
            return True
        if not numbers and not _has_comparison(part[start:k]) and not _finite(part[start:k]):
            return False
        return _own_subject(part, begin)
    return False


def _another_bound(part: list[Item], start: int, k: int) -> bool:
    """Whether "and" joins two whole bounds: "at least 5 A and at least 3 must be B"."""
    behind, before = part[k + 1 :], part[start:k]
    if not re.match(
        r"(?:that )?(?:at (?:least|most)|no (?:more|less|fewer) than|a (?:minimum|maximum) of|up to) #",
        render(behind),
    ):
        return False
    if _finite(before) and not any(i.kind == "number" for i in before):
        return True
    return (
        any(i.kind == "thing" for i in behind)
        and any(i.kind == "number" for i in before)
        and (
            bool(re.search(r"\b(?:must|should|has to|have to|can|need)\b", render(behind)))
            or (
                any(i.kind == "thing" for i in before)
                and any(i.kind == "number" and i.token.number == "money" for i in behind[:5])
            )
            or any(i.kind == "number" and i.token.number in ("percent", "part") for i in behind[:5])
        )
    )


def _finite(part: list[Item]) -> bool:
    """Whether a part is a clause of its own: a thing or pronoun, and then a finite verb."""
    for k, item in enumerate(part):
        if (
            item.kind == "word"
            and k
            and item.low
            in ("is", "are", "has", "have", "prefers", "prefer", "want", "wants", "makes", "make", "like")
        ) and (part[k - 1].kind == "thing" or part[k - 1].low in PRONOUNS):
            return True
        if item.low in ("require", "requires") and part[0].low in ("both", "each", "all"):
            return True
    return False


def _has_comparison(part: list[Item]) -> bool:
    return " than " in f" {render(part)} " or "exceed" in render(part)


def _only_cue(part: list[Item], k: int) -> bool:
    """Whether only "at most" or the like stands between k and the next number."""
    j = k
    while (
        j < len(part)
        and part[j].kind == "word"
        and part[j].low in words("at most least no more less fewer than not up to")
    ):
        j += 1
    return j < len(part) and part[j].kind == "number" and j > k and part[k - 2].kind == "number"


def _own_subject(part: list[Item], k: int) -> bool:
    """Whether the words from k to the next number hold a subject and then its verb."""
    seen = False
    j = k
    while j < len(part) and part[j].kind != "number":
        item = part[j]
        if item.kind == "mark" and item.token.text == "," and seen:
            pass
        if item.kind == "thing":
            seen = True
        elif item.kind == "word":
            verb = item.low in AUXILIARIES or (item.stem in VERBS and item.low not in DETERMINERS)
            if seen and verb and part[j - 1].low not in DETERMINERS | {"to", "of", "per"}:
                return True
            if item.low not in PREPOSITIONS and item.low not in DETERMINERS and not verb and item.low not in (
                "at", "least", "most", "and", "or", "also", "only", "not", "no", "more", "than", "less"
            ):  # fmt: skip
                seen = True
        j += 1
    return False


def _without_reasons(items: list[Item], sentence: int) -> list[tuple[list[Item], bool]]:
    """A sentence with its reasons cut out: they have no number, no bound and no goal in them."""
    parts: list[tuple[list[Item], bool]] = []
    rest = items
    first = rest[0].low if rest else ""
    if (
        first == "in"
        and len(rest) > 3
        and rest[1].low in ("addition", "total", "particular")
        and rest[2].kind == "mark"
    ):
        rest = rest[3:] if rest[1].low == "addition" else rest
        first = rest[0].low
    if first == "even" and len(rest) > 1 and rest[1].low == "though":
        first = "although"
    if (
        first in ("additionally", "furthermore", "however", "further", "finally", "also", "moreover")
        and len(rest) > 3
    ):
        skip = 2 if rest[1].kind == "mark" else 1
        if rest[skip].low in _REASON:
            rest = rest[skip:]
            first = rest[0].low
    if first in _REASON or (first in ("to", "in", "by") and _intro(rest)):
        comma = _comma(rest, 0)
        if comma is not None and _harmless(rest[:comma]):
            parts.append((rest[:comma], True))
            rest = rest[comma + 1 :]
    k = 1
    while k < len(rest):
        low = rest[k].low
        if low in ("because", "since", "due") and k + 1 < len(rest):
            comma = _comma(rest, k)
            end = len(rest) if comma is None else comma
            if _harmless(rest[k:end]):
                parts.append((rest[:k], False))
                parts.append((rest[k:end], True))
                tail, _ = rest[end:], None
                if tail:
                    head = parts.pop(-2)
                    parts.append((head[0] + tail, False))
                return parts
        k += 1
    parts.append((rest, False))
    return parts


def _intro(items: list[Item]) -> bool:
    comma = _comma(items, 0)
    return comma is not None and comma <= 25 and not any(i.kind == "thing" for i in items[:comma])


def _comma(items: list[Item], k: int) -> int | None:
    for j in range(k, len(items)):
        if items[j].kind == "mark" and items[j].token.text == ",":
            return j
    return None


def _harmless(items: list[Item]) -> bool:
    text = render(items)
    return (
        not any(i.kind == "number" for i in items)
        and not _STRONG.search(text)
        and not re.search(r"maximi[sz]|minimi[sz]", text)
    )
