"""Numbers and letters that belong to names, as in "machine 1" and "mixture A"."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

from qualms.language.tokens import Token, word
from qualms.language.words import (
    AUXILIARIES,
    DETERMINERS,
    EMPTY,
    MEASURES,
    NAMELESS,
    NUMBERED,
    PREPOSITIONS,
    STOP,
    VERBS,
)


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
                or (last.stem in NUMBERED and last.stem not in VERBS and _enumerated(last, seen, 1))
                or (_enumerated(last, seen, 1) and _subject(tokens, k))
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
            and (name != "I" or last.stem in NUMBERED)
            and last.low not in STOP
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
        and (last.stem not in VERBS or last.stem in NUMBERED)
    )


def _subject(tokens: list[Token], k: int) -> bool:
    """Whether the number at k is no amount, because a verb, a preposition or a mark follows it."""
    after = tokens[k + 1] if k + 1 < len(tokens) else None
    return after is None or (
        after.kind != "number"
        and after.stem not in MEASURES
        and (after.kind == "mark" or after.low in AUXILIARIES | PREPOSITIONS or after.stem in VERBS)
        and after.low != "of"
    )


def _named(last: Token, k: int, tokens: list[Token], token: Token) -> bool:
    if last.stem in EMPTY or (last.stem in VERBS and last.stem not in NUMBERED):
        return False
    begins = k < 2 or (tokens[k - 2].kind == "mark" and tokens[k - 2].text in ".?!")
    capital = last.text[:1].isupper() and not begins
    return capital or last.stem in NUMBERED or (begins and last.text[:1].isupper() and token.value > 100)
