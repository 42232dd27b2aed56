"""Where a text mentions the things that are to be decided."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Literal

from qualms.language.things import Thing
from qualms.language.tokens import Token
from qualms.language.words import (
    CONTAINERS,
    COST,
    DETERMINERS,
    GAIN,
    MEASURES,
    NAMELESS,
    PARTICIPLES,
    STOP,
    VERBS,
    root,
    words,
)

_BEFORE = words("number amount quantity total count many much")
_PORTIONS = words("unit cup scoop slice piece spoon tablespoon teaspoon serving portion bag can bottle pack")
_CARRIERS = CONTAINERS - words("type kind version model brand style variety number amount quantity total")


@dataclass(frozen=True)
class Item:
    """A token of a sentence after things have been recognised.

    Attributes
    ----------
    kind : str
        "thing", "number", "word" or "mark".
    token : Token
        The token, or the first of a mention.
    thing : int
        Which thing, or -1.
    container : str
        The stem of what a mention counts, as "acre" in "an acre of corn"; empty where there is none.
    each : bool
        Whether a mention is of one thing: "a", "each", "per".
    heads : tuple of str
        The stems of a mention's words beyond its core.
    counted : bool
        Whether the words "number of" or "amount of" stand in the mention.
    """

    kind: Literal["thing", "number", "word", "mark"]
    token: Token
    thing: int = -1
    container: str = ""
    each: bool = False
    heads: tuple[str, ...] = ()
    counted: bool = False

    @property
    def low(self) -> str:
        return "" if self.kind == "thing" else self.token.low

    @property
    def stem(self) -> str:
        return "" if self.kind == "thing" else self.token.stem


class Mentions:
    """Finds mentions of things.

    Parameters
    ----------
    things : tuple of Thing
        What to look for.
    sentences : list of list of Token
        The text.
    loose : bool
        Whether one word of several that a thing alone has is enough.
    """

    def __init__(self, things: tuple[Thing, ...], sentences: list[list[Token]], loose: bool) -> None:
        self.things = things
        self._loose = loose
        self._sentences = sentences
        self._counted = {
            c.stem
            for s in sentences
            for a, b, c in zip(s, s[1:], s[2:], strict=False)
            if a.low == "how" and b.low == "many"
        }
        self._owner = {c: k for k, thing in enumerate(things) for c in thing.core}
        self.shared = {
            s for t in things for s in t.full if s not in self._owner and s not in NAMELESS and s != "of"
        }
        self.learned = self._learn(sentences)
        self._bare = not self.shared

    def _learn(self, sentences: list[list[Token]]) -> set[str]:
        """Nouns that follow the own words of at least two things: "machine", "trip"."""
        seen: dict[str, set[int]] = {}
        for sentence in sentences:
            for k, (a, b) in enumerate(itertools.pairwise(sentence)):
                owner = self._owner.get(a.stem)
                if (
                    owner is not None
                    and b.kind == "word"
                    and self._nounlike(b)
                    and not _told(sentence[k + 2 :])
                ):
                    seen.setdefault(b.stem, set()).add(owner)
        acts = {root(v) for v in VERBS}
        return {
            w
            for w, owners in seen.items()
            if len(owners) >= 2 and not (w.endswith("ing") and root(w) in acts)
        }

    def _nounlike(self, token: Token) -> bool:
        return (
            token.kind == "word"
            and token.low not in STOP
            and token.low not in DETERMINERS
            and token.stem not in VERBS
            and token.stem not in self._owner
            and token.low not in PARTICIPLES
            and not token.low.endswith("ed")
            and token.low not in words("of available more than respectively that which not")
            and not token.low.endswith("ly")
        )

    def mark(self, sentence: list[Token]) -> list[Item]:
        """A sentence as items."""
        out: list[Item] = []
        k = 0
        while k < len(sentence):
            found = self._at(sentence, k)
            if found is None:
                token = sentence[k]
                out.append(Item(token.kind, token))
                k += 1
                continue
            end, thing, heads = found
            out, container, each, counted, more = self._absorb(
                out, any(t.kind == "number" for t in sentence[end:])
            )
            out.append(Item("thing", sentence[k], thing, container, each, tuple(heads) + more, counted))
            k = end
        return out

    def _at(self, sentence: list[Token], k: int) -> tuple[int, int, list[str]] | None:
        """The end, thing and heads of a mention that begins at k."""
        best: tuple[int, int, list[str]] | None = None
        for number, thing in enumerate(self.things):
            size = len(thing.full)
            if (
                tuple(t.stem for t in sentence[k : k + size]) == thing.full
                and (best is None or k + size > best[0])
                and not self._proper(sentence, k + size)
            ):
                best = (k + size, number, [s for s in thing.full if s not in thing.core])
        if best is None:
            best = self._partial(sentence, k)
        if best is None:
            return None
        end, number, heads = best
        while end < len(sentence):
            token = sentence[end]
            if token.kind == "word" and (self._is_head(token) or token.stem in self.things[number].core):
                heads.append(token.stem)
                end += 1
            elif (
                token.kind == "number"
                and token.text == "one"
                and heads == []
                and self._ends(sentence, end + 1)
            ) or token.low == "ones":
                end += 1
                break
            else:
                break
        return end, number, heads

    def _is_head(self, token: Token) -> bool:
        if token.stem in self.shared or token.stem in (
            "version",
            "model",
            "type",
            "option",
            "variety",
            "kind",
        ):
            return True
        return bool(
            token.stem in self.learned
            and (self._bare or token.stem in CONTAINERS | words("shop machine experiment"))
        )

    def _ends(self, sentence: list[Token], k: int) -> bool:
        return k >= len(sentence) or not self._nounlike(sentence[k])

    def _proper(self, sentence: list[Token], k: int) -> bool:
        """Whether the name goes on with capitals and is someone else's: "Architects ABC"."""
        return (
            k < len(sentence)
            and sentence[k].kind == "word"
            and sentence[k].text[:1].isupper()
            and len(sentence[k].text) > 1
            and not any(sentence[k].stem in t.full for t in self.things)
            and sentence[k].low not in STOP
        )

    def _partial(self, sentence: list[Token], k: int) -> tuple[int, int, list[str]] | None:
        """A mention by the words that a thing alone has."""
        owner = self._owner.get(sentence[k].stem)
        heads: list[str] = []
        start = k
        if owner is None and sentence[k].stem in self.shared:
            while k < len(sentence) and sentence[k].stem in self.shared | {"of"}:
                heads.append(sentence[k].stem)
                k += 1
            if k == len(sentence) or (owner := self._owner.get(sentence[k].stem)) is None or start + 3 < k:
                return None
        if owner is None:
            return None
        core = list(self.things[owner].core)
        seen: set[str] = set()
        j = k
        while j < len(sentence) and (
            sentence[j].stem in core
            or sentence[j].stem in self.shared
            or (seen and sentence[j].low in ("of", "a", "the"))
        ):
            if sentence[j].stem in core:
                seen.add(sentence[j].stem)
                k = j
            elif sentence[j].stem in self.shared:
                heads.append(sentence[j].stem)
            j += 1
        if seen != set(core):
            if not self._loose:
                return None
            if (
                start >= 2
                and sentence[start - 1].low == "of"
                and sentence[start - 2].stem in ("unit", "g", "mg", "kg")
            ):
                return None
        if not heads and self._measured(sentence, start, owner):
            return None
        end = k + 1
        after = end
        while after < len(sentence) and self._is_head(sentence[after]):
            after += 1
        if after == end and not heads and end < len(sentence) and self._nounlike(sentence[end]):
            return None
        return end, owner, heads

    def _measured(self, sentence: list[Token], k: int, owner: int) -> bool:
        """Whether "50 grams of cheese" is of what a cheese pizza needs, and no mention of the pizza."""
        return (
            k >= 2
            and sentence[k - 1].low == "of"
            and (sentence[k - 2].stem in MEASURES or sentence[k - 2].stem in _PORTIONS)
            and any(s in self.shared for s in self.things[owner].full)
            and (k == 2 or sentence[k - 3].kind == "number")
            and any(self._whole(s, owner) for s in self._sentences)
        )

    def _whole(self, sentence: list[Token], owner: int) -> bool:
        """Whether a sentence has the whole name of a thing."""
        full = self.things[owner].full
        stems = [t.stem for t in sentence]
        return any(tuple(stems[j : j + len(full)]) == full for j in range(len(stems)))

    def _is_single(self, out: list[Item], container: str, more: bool) -> bool:
        """Whether "one" or "1" before a mention only says of how many something is told."""
        last = out[-1].token
        if last.value != 1 or last.number != "plain":
            return False
        if last.spelled and (container or self._singular(out)) and not self._cued(out):
            return more or self._singular(out)
        before = out[-2] if len(out) > 1 else None
        return bool(container) and more and (before is None or before.stem in VERBS or self._singular(out))

    def _cued(self, out: list[Item]) -> bool:
        return len(out) > 1 and out[-2].low in ("least", "most", "than", "exceed", "to", "exactly")

    def _absorb(self, out: list[Item], more: bool) -> tuple[list[Item], str, bool, bool, tuple[str, ...]]:
        """Takes "the number of", "each acre of" and determiners that stand before a mention into it."""
        container, each, counted = "", False, False
        heads: list[str] = []
        while out:
            last = out[-1]
            if last.low in ("a", "an", "each", "every", "per") or (
                last.kind == "number" and self._is_single(out, container, more)
            ):
                each = True
                out = out[:-1]
            elif last.low in (
                "the",
                "of",
                "these",
                "those",
                "such",
                "his",
                "her",
                "their",
                "its",
                "individual",
            ) and (last.low != "of" or len(out) > 1):
                if last.low == "of":
                    before = out[-2]
                    if before.stem in _BEFORE and before.low != "total":
                        counted = True
                        out = out[:-2]
                    elif before.kind == "word" and (before.stem in _CARRIERS or self._carries(out)):
                        container = before.stem
                        out = out[:-2]
                    else:
                        break
                else:
                    out = out[:-1]
            elif last.stem in self.shared and last.kind == "word":
                heads.append(last.stem)
                out = out[:-1]
            else:
                break
        return out, container, each, counted, tuple(heads)

    def _carries(self, out: list[Item]) -> bool:
        """Whether another noun counts a mention, as in "one coil of wire" or "each crate of apples"."""
        before, lead = out[-2], out[-3] if len(out) > 2 else None
        return (
            lead is not None
            and (
                lead.low in ("a", "an", "each", "every", "per")
                or (lead.kind == "number" and (lead.token.value == 1 or before.stem in self._counted))
            )
            and self._nounlike(before.token)
            and before.stem
            not in GAIN
            | COST
            | words("mix mixture mixing combination lack total type kind blend choice part")
        )

    def _singular(self, out: list[Item]) -> bool:
        before = out[-2] if len(out) > 1 else None
        return before is None or before.low in (
            "to",
            "for",
            "make",
            "produce",
            "per",
            "of",
            ",",
            "in",
            "on",
            "in",
        )


def _told(behind: list[Token]) -> bool:
    """Whether a number follows, so that the word before it is a verb: "a fogger cleans 90 square feet"."""
    return bool(behind) and behind[0].kind == "number"


def heads_of(items: list[list[Item]], mentions: Mentions) -> set[str]:
    """The words by which the text calls all things together: heads of their names, and of "types of"."""
    found = set(mentions.shared) | mentions.learned
    for sentence in items:
        for k, item in enumerate(sentence):
            if item.low in (
                "types",
                "kinds",
                "models",
                "type",
                "varieties",
                "versions",
                "sizes",
                "brands",
                "styles",
            ) and (k + 1 < len(sentence) and sentence[k + 1].low == "of"):
                j = k + 2
                while j < len(sentence) and sentence[j].kind == "word" and sentence[j].low not in STOP:
                    j += 1
                if j > k + 2:
                    found.add(sentence[j - 1].stem)
            if (
                item.low in ("each", "what", "which")
                and k
                and sentence[k - 1].low in ("of", "")
                and _asks(sentence, k)
            ):
                j = k + 1
                if j < len(sentence) and re.match(r"m(?:ax|in)imi[sz]|will|do", sentence[j].low):
                    continue
                while j < len(sentence) and sentence[j].kind == "word" and sentence[j].low not in STOP:
                    if sentence[j].low == "of" and sentence[j - 1].stem not in (
                        "type",
                        "kind",
                        "form",
                        "size",
                    ):
                        break
                    if j > k + 1 and (
                        re.match(r"m(?:ax|in)imi[sz]", sentence[j].low) or sentence[j].low in DETERMINERS
                    ):
                        break
                    found.add(sentence[j].stem)
                    j += 1
    found |= {
        c.split("_")[0]
        for t in mentions.things
        for c in t.core
        if "_" in c and not c.startswith(("square", "cubic"))
    }
    behind: dict[str, set[int]] = {}
    for sentence in items:
        for k, (a, b) in enumerate(itertools.pairwise(sentence)):
            if a.kind == "thing" and b.kind == "word" and mentions._nounlike(b.token):
                if _told([i.token for i in sentence[k + 2 :]]):
                    continue
                behind.setdefault(b.stem, set()).add(a.thing)
    found |= {w for w, owners in behind.items() if len(owners) == len(mentions.things)}
    return {f for f in found if f not in NAMELESS and not re.fullmatch(r"\W*", f)}


def _asks(sentence: list[Item], k: int) -> bool:
    return any(i.low == "how" for i in sentence[:k])
