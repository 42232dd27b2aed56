"""The things that are to be decided: their names, and where a text mentions them."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from qualms.language.tokens import Token, word
from qualms.language.words import (
    ADVERBS,
    AUXILIARIES,
    CONJUNCTIONS,
    CONTAINERS,
    COST,
    DETERMINERS,
    EMPTY,
    GAIN,
    MEASURES,
    NAMELESS,
    PERIODS,
    PREPOSITIONS,
    PRONOUNS,
    VERBS,
    root,
    words,
)

MOST_CANDIDATES = 40
_LONGEST = 6  # words of a name
_STOP = (PREPOSITIONS | PRONOUNS | AUXILIARIES | CONJUNCTIONS | ADVERBS | words("that which not no")) - {"of"}
_NUMBERED = words(
    "type machine method truck pill plant factory model brand grade product supplement mine shop store "
    "lake soda "
    "option process line team site plan drug project fund stock bond mix mixture food meal juice drink alloy "
    "package bowl combo box tin farm route warehouse well field experiment reaction technique facility "
    "refinery system station cream bag"
)
_BEFORE = words("number amount quantity total count many much")
_CARRIERS = CONTAINERS - words("type kind version model brand style variety number amount quantity total")
_PARTICIPLES = words(
    "sold made grown built sewn cut driven bought spent run taken held eaten drunk sent used worth which"
)


@dataclass(frozen=True)
class Thing:
    """A thing to be decided.

    Attributes
    ----------
    name : str
        In the words of the text.
    full : tuple of str
        The stems of its whole name.
    core : tuple of str
        Those stems that no other thing has, by which a mention is recognised.
    """

    name: str
    full: tuple[str, ...]
    core: tuple[str, ...]


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


def name_numbers(tokens: list[Token]) -> list[Token]:
    """Numbers that belong to names, as in "machine 1" or "Analyzer 3000", become parts of words.

    They do when the same word stands before the same number at least twice.
    """
    tokens = _lettered(tokens)
    seen: Counter[tuple[str, str]] = Counter()
    for a, b in itertools.pairwise(tokens):
        if a.kind == "word" and b.kind == "number" and b.number == "plain":
            seen[a.stem, b.text] += 1
    out: list[Token] = []
    for k, token in enumerate(tokens):
        last = out[-1] if out else None
        if (
            token.kind == "number"
            and token.number == "plain"
            and last is not None
            and last.kind == "word"
            and (
                (
                    seen[last.stem, token.text] >= 2
                    and (_named(last, k, tokens, token) or _enumerated(last, seen, 2))
                )
                or (last.stem in _NUMBERED and last.stem not in VERBS and _enumerated(last, seen, 1))
            )
        ):
            joined = word(f"{last.text}\u00a0{token.text}")
            out[-1] = replace(joined, stem=f"{last.stem}_{token.low}", root=f"{last.stem}_{token.low}")
        else:
            out.append(token)
    return out


def _lettered(tokens: list[Token]) -> list[Token]:
    """A single capital letter joins the noun before it, as in "mixture A"."""
    out: list[Token] = []
    for token in tokens:
        last = out[-1] if out else None
        name = token.text.removesuffix("'s").removesuffix("'")
        if (
            last is not None
            and last.kind == "word"
            and len(name) == 1
            and name.isupper()
            and (name != "I" or last.stem in _NUMBERED)
            and last.low not in _STOP
            and last.low not in DETERMINERS
            and "\u00a0" not in last.text
        ):
            joined = word(f"{last.text}\u00a0{name}")
            out[-1] = replace(joined, stem=f"{last.stem}_{name.lower()}", root=f"{last.stem}_{name.lower()}")
        else:
            out.append(token)
    return out


def _enumerated(last: Token, seen: Counter[tuple[str, str]], least: int) -> bool:
    """Whether "1" and "2" both stand behind a noun more than once, as in "package 1"."""
    return (
        seen[last.stem, "1"] >= least
        and seen[last.stem, "2"] >= least
        and last.stem not in NAMELESS
        and last.stem == last.low
        and (last.stem not in MEASURES)
        and (last.stem not in VERBS or last.stem in _NUMBERED)
    )


def _named(last: Token, k: int, tokens: list[Token], token: Token) -> bool:
    if last.stem in EMPTY or (last.stem in VERBS and last.stem not in _NUMBERED):
        return False
    begins = k < 2 or (tokens[k - 2].kind == "mark" and tokens[k - 2].text in ".?!")
    capital = last.text[:1].isupper() and not begins
    return capital or last.stem in _NUMBERED or (begins and last.text[:1].isupper() and token.value > 100)


def candidates(sentences: list[list[Token]]) -> list[tuple[Thing, ...]]:
    """Sets of things that the text may be about, the most promising first."""
    counts = _Counts(sentences)
    scored: dict[tuple[tuple[str, ...], ...], tuple[float, tuple[Thing, ...]]] = {}
    for k, items in (*_numbered(sentences), *_lists(sentences)):
        for variant in counts.variants(items):
            things = make_things(variant, counts)
            if things is None:
                continue
            if _nameless(things):
                continue
            key = tuple(sorted(t.core for t in things))
            score = counts.score(things) - 0.2 * min(k, 10) + 0.5 * len(things)
            if key not in scored or scored[key][0] < score:
                scored[key] = (score, things)
    for items in _subjects(sentences):
        things = make_things(items, counts)
        if things is not None and not _nameless(things):
            scored.setdefault(tuple(sorted(t.core for t in things)), (counts.score(things) - 1.5, things))
    ordered = sorted(scored.values(), key=lambda pair: -pair[0])
    return [things for _, things in ordered[:MOST_CANDIDATES]]


def _nameless(things: tuple[Thing, ...]) -> bool:
    """Whether one of them is a period of time, or what a goal is about, and nothing to be decided."""
    return any(
        t.full in (("profit",), ("cost",), ("number",), ("revenue",))
        or (len(t.full) == 1 and t.full[0] in PERIODS)
        for t in things
    )


class _Counts:
    """How often runs of stems occur."""

    def __init__(self, sentences: list[list[Token]]) -> None:
        self._sentences = sentences
        self._runs: Counter[tuple[str, ...]] = Counter()
        for sentence in sentences:
            stems = [t.stem for t in sentence]
            for k in range(len(stems)):
                for size in range(1, _LONGEST + 1):
                    if k + size <= len(stems):
                        self._runs[tuple(stems[k : k + size])] += 1

    def of(self, run: tuple[str, ...]) -> int:
        return self._runs[run] if len(run) <= _LONGEST else 0

    def score(self, things: tuple[Thing, ...]) -> float:
        """The fewest mentions of any of the things."""
        return min(min(self.of((c,)) for c in thing.core) for thing in things)

    def variants(self, items: list[list[Token]]) -> Iterator[list[list[Token]]]:
        """Ways to cut the first item at its beginning and the last at its end."""
        inner = items[1:-1]
        starts = self._cuts(items[0], front=True)
        ends = self._cuts(items[-1], front=False)
        for first in starts:
            for last in ends:
                yield [first, *inner, last]

    def _cuts(self, item: list[Token], front: bool) -> list[list[Token]]:
        """Up to three runs, the longest that occurs at least twice first."""
        runs = [item[k:] if front else item[: len(item) - k] for k in range(len(item))]
        if not front:
            runs += [r[k:] for r in runs[:1] for k in range(1, len(r))]
        runs = [r for r in runs if r and r[-1].low != "of" and r[0].low != "of" and not _verbal(r)]
        often = [r for r in runs if self.of(tuple(t.stem for t in r)) >= 2]
        found = often[:3] or runs[:2]
        return found[:3]


def _verbal(run: list[Token]) -> bool:
    low = run[0].low
    return (len(run) > 1 and run[0].stem in VERBS and low.endswith(("s", "ing", "ed"))) or low in _STOP


def make_things(items: list[list[Token]], counts: _Counts) -> tuple[Thing, ...] | None:
    """Things of the items of a list, or None where an item has no word of its own."""
    cut = [_without_container(item) for item in items]
    stems = [tuple(t.stem for t in item) for item in cut]
    tails = [run[1:] for run in stems if len(run) > 1]
    shown = {
        run[k:]: " ".join(t.text for t in item[k:])
        for item, run in zip(cut, stems, strict=True)
        for k in range(len(run))
    }
    full: list[tuple[str, ...]] = []
    names: list[str] = []
    for item, run in zip(cut, stems, strict=True):
        name = " ".join(t.text for t in item)
        rests = sorted(
            {tail[-size:] for tail in tails for size in range(1, len(tail) + 1)}, key=lambda r: (-len(r), r)
        )
        longer = run
        for rest in rests:
            if not any(r in run for r in rest) and counts.of(run + rest):
                longer = run + rest
                name = f"{name} {shown[rest]}"
                break
        full.append(longer)
        names.append(name.replace("\u00a0", " "))
    things: list[Thing] = []
    for k, run in enumerate(full):
        others = {s for j, other in enumerate(full) if j != k for s in other}
        core = tuple(s for s in run if s not in others and s not in NAMELESS and s != "of")
        if k == len(full) - 1 and len(core) > 1:  # "foldable and regular phones": the head belongs to both
            shorter = tuple(c for c in core if counts.of((c,)) and not _head(c, run, stems[:-1], counts))
            core = shorter or core
        if not core or len(run) > _LONGEST:
            return None
        things.append(Thing(names[k], run, core))
    if len({t.core for t in things}) != len(things) or len(things) < 2:
        return None
    return tuple(things)


def _head(core: str, run: tuple[str, ...], others: list[tuple[str, ...]], counts: _Counts) -> bool:
    """Whether a word of the last item also stands behind another item somewhere in the text."""
    return core == run[-1] and any(counts.of((*other, core)) for other in others)


def _without_container(item: list[Token]) -> list[Token]:
    for k in range(1, min(3, len(item) - 1)):
        if item[k].low == "of" and item[k - 1].stem in CONTAINERS and k == 1:
            return item[k + 1 :]
    while len(item) > 1 and item[0].low in DETERMINERS:
        item = item[1:]
    return item


def _lists(sentences: list[list[Token]]) -> Iterator[tuple[int, list[list[Token]]]]:
    """Runs of names that "and" or "or" joins, with the number of their sentence."""
    for k, sentence in enumerate(sentences):
        for j, token in enumerate(sentence):
            if token.low not in ("and", "or", "and/or", "than"):
                continue
            right = _forward(sentence, j + 1)
            left = _backward(sentence, j - 1)
            if not right or not left:
                continue
            items = [left[0], right]
            place = left[1]
            while place >= 0 and sentence[place].text == ",":
                more = _backward(sentence, place - 1)
                if not more:
                    break
                items.insert(0, more[0])
                place = more[1]
                yield k, list(items)
            yield k, [left[0], right]


def _numbered(sentences: list[list[Token]]) -> list[tuple[int, list[list[Token]]]]:
    """Names that differ in their number or letter only: "lake 1" and "lake 2"."""
    found: dict[str, dict[str, list[Token]]] = {}
    for sentence in sentences:
        for token in sentence:
            if (
                token.kind == "word"
                and "_" in token.stem
                and not token.stem.startswith(("square_", "cubic_"))
            ):
                found.setdefault(token.stem.split("_")[0], {}).setdefault(token.stem, [token])
    return [(0, list(names.values())) for names in found.values() if len(names) >= 2]


def _subjects(sentences: list[list[Token]]) -> Iterator[list[list[Token]]]:
    """Names that stand before the same verb with numbers, or behind the same word and "per" or "each"."""
    groups: dict[str, list[list[Token]]] = {}
    for number, sentence in enumerate(sentences):
        numbered = any(t.kind == "number" for t in sentence)
        for j, token in enumerate(sentence):
            before = sentence[j - 1] if j else None
            after = sentence[j + 1 : j + 4]
            if token.kind == "number" and token.number == "plain" and (run := _forward(sentence, j + 1)):
                groups.setdefault(f"number {number}", []).append(_nominal(run))
            relative = token.low in ("which", "that", "who")
            told = any(t.kind == "number" for t in after) and (
                relative or token.low.endswith("ing") or token.stem in VERBS or token.low == "worth"
            )
            if told and (back := _backward(sentence, j - 1)):
                key = f"back {'which' if relative else token.root}"
                groups.setdefault(key, []).append(_after_verb(back[0]))
            if token.low in ("a", "an", "one", "each", "the") and before is not None and numbered:
                run = _nominal(_forward(sentence, j + 1))
                if not run:
                    continue
                if before.stem in VERBS:
                    groups.setdefault(f"object {before.stem}", []).append(run)
                elif before.low in PREPOSITIONS and j > 1:
                    groups.setdefault(f"{sentence[j - 2].root} {before.low}", []).append(run)
                    groups.setdefault(f"{before.low} {token.low}", []).append(run)
                elif before.low in ("where", "that", "if"):
                    groups.setdefault("verb *", []).append(run)
    for sentence in sentences:
        for j, token in enumerate(sentence):
            before = sentence[j - 1] if j else None
            if token.low in ("a", "an", "each", "one", "every", "the", "per") or _is_one(token):
                run = []
                i = j + 1
                while i < len(sentence) and _passes(sentence[i]) and len(run) < _LONGEST:
                    if run and sentence[i].stem in VERBS and not sentence[i].low.endswith("ing"):
                        break
                    run.append(sentence[i])
                    i += 1
                if not run or run[-1].low == "of" or i >= len(sentence):
                    continue
                if (
                    before is None
                    or before.kind == "mark"
                    or before.low in ("while", "whereas", "and", "but")
                ):
                    key = f"verb {sentence[i].stem}"
                    if any(t.kind == "number" for t in sentence):
                        groups.setdefault("verb *", []).append(run)
                elif token.low in ("per", "each"):
                    key = f"per {before.root}"
                else:
                    continue
                groups.setdefault(key, []).append(run)
            elif _passes(token) and (
                before is None
                or before.kind == "mark"
                or before.low in ("while", "whereas", "and", "but", "of", "the")
            ):
                run = []
                i = j
                while i < len(sentence) and _passes(sentence[i]) and len(run) < _LONGEST:
                    if run and sentence[i].stem in VERBS and not sentence[i].low.endswith("ing"):
                        break
                    run.append(sentence[i])
                    i += 1
                counted = (
                    j >= 2
                    and before is not None
                    and before.low == "of"
                    and sentence[j - 2].low in ("number", "amount")
                )
                if not run or (i >= len(sentence) and not counted):
                    continue
                if counted:
                    groups.setdefault("number of", []).append(run)
                elif (before is None or before.low != "of") and (
                    sentence[i].stem in VERBS or sentence[i].low in AUXILIARIES
                ):
                    groups.setdefault(f"verb {sentence[i].stem}", []).append(run)
    for runs in groups.values():
        kept: dict[tuple[str, ...], list[Token]] = {}
        for run in runs:
            kept.setdefault(tuple(t.stem for t in _without_container(run)), run)
        if 2 <= len(kept) <= 12:
            yield list(kept.values())


def _after_verb(run: list[Token]) -> list[Token]:
    """A run of words behind its last verb."""
    for k in range(len(run) - 2, -1, -1):
        if run[k].stem in VERBS and (run[k].low.endswith("s") or k == 0):
            return run[k + 1 :]
    return run


def _nominal(run: list[Token]) -> list[Token]:
    """A run of words up to its first verb."""
    for k in range(1, len(run)):
        if (
            (run[k].stem in VERBS and not run[k].low.endswith("ing"))
            or run[k].low in _PARTICIPLES
            or run[k].low.endswith("ed")
        ):
            return run[:k]
    return run


def _passes(token: Token) -> bool:
    return token.kind == "word" and token.low not in _STOP


def _forward(sentence: list[Token], j: int) -> list[Token]:
    while j < len(sentence) and (
        sentence[j].low in DETERMINERS | words("by in on with from using through via to at or")
        or _is_one(sentence[j])
    ):
        j += 1
    found: list[Token] = []
    while j < len(sentence) and _passes(sentence[j]) and len(found) < _LONGEST:
        if sentence[j].low in DETERMINERS:
            break
        found.append(sentence[j])
        j += 1
    return found


def _is_one(token: Token) -> bool:
    return token.kind == "number" and token.value == 1 and token.spelled


def _backward(sentence: list[Token], j: int) -> tuple[list[Token], int] | None:
    """A name that ends at j, with where what stands before it ends."""
    if j >= 0 and sentence[j].text == ",":
        j -= 1
    found: list[Token] = []
    while j >= 0 and _passes(sentence[j]) and len(found) < _LONGEST:
        if sentence[j].low in DETERMINERS:
            j -= 1
            break
        found.insert(0, sentence[j])
        j -= 1
    while j >= 0 and (sentence[j].low in DETERMINERS | words("by with in on") or _is_one(sentence[j])):
        j -= 1
    return (found, j) if found else None


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
            for a, b in itertools.pairwise(sentence):
                owner = self._owner.get(a.stem)
                if owner is not None and b.kind == "word" and self._nounlike(b):
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
            and token.low not in _STOP
            and token.low not in DETERMINERS
            and token.stem not in VERBS
            and token.stem not in self._owner
            and token.low not in _PARTICIPLES
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
            and sentence[k].low not in _STOP
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
        end = k + 1
        after = end
        while after < len(sentence) and self._is_head(sentence[after]):
            after += 1
        if after == end and not heads and end < len(sentence) and self._nounlike(sentence[end]):
            return None
        return end, owner, heads

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
                or (lead.kind == "number" and lead.token.value == 1)
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
                while j < len(sentence) and sentence[j].kind == "word" and sentence[j].low not in _STOP:
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
                while j < len(sentence) and sentence[j].kind == "word" and sentence[j].low not in _STOP:
                    if sentence[j].low == "of" and sentence[j - 1].stem not in (
                        "type",
                        "kind",
                        "form",
                        "size",
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
        for a, b in itertools.pairwise(sentence):
            if a.kind == "thing" and b.kind == "word" and mentions._nounlike(b.token):
                behind.setdefault(b.stem, set()).add(a.thing)
    found |= {w for w, owners in behind.items() if len(owners) == len(mentions.things)}
    return {f for f in found if f not in NAMELESS and not re.fullmatch(r"\W*", f)}


def _asks(sentence: list[Item], k: int) -> bool:
    return any(i.low == "how" for i in sentence[:k])
