"""The things that are to be decided: sets of names that a text may be about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from qualms.language.tokens import Token
from qualms.language.words import (
    AUXILIARIES,
    CONTAINERS,
    DETERMINERS,
    NAMELESS,
    PARTICIPLES,
    PERIODS,
    PREPOSITIONS,
    STOP,
    VERBS,
    words,
)

MOST_CANDIDATES = 40
_LONGEST = 6  # words of a name


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
    return (len(run) > 1 and run[0].stem in VERBS and low.endswith(("s", "ing", "ed"))) or low in STOP


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


def things_named(items: list[list[Token]]) -> tuple[Thing, ...] | None:
    """Things of the names of a table, or None where one has no word of its own."""
    full = [tuple(t.stem for t in item) for item in items]
    things: list[Thing] = []
    for k, run in enumerate(full):
        others = {s for j, other in enumerate(full) if j != k for s in other}
        core = tuple(s for s in run if s not in others and s not in NAMELESS and s != "of")
        if not core or len(run) > _LONGEST:
            return None
        things.append(Thing(" ".join(t.text for t in items[k]).replace("\u00a0", " "), run, core))
    return tuple(things) if len(things) >= 2 else None


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
            or run[k].low in PARTICIPLES
            or run[k].low.endswith("ed")
        ):
            return run[:k]
    return run


def _passes(token: Token) -> bool:
    return token.kind == "word" and token.low not in STOP


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
