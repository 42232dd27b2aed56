"""Amounts and materials in two lists, as in "6 units and 5 units of salt and sugar, respectively"."""

from __future__ import annotations

from qualms.language.tokens import Token, mark, word
from qualms.language.words import MEASURES

_AMOUNT_ENDS = ("of",)
_AVAILABLE = ("available", "left")


def paired(sentence: list[Token]) -> list[Token]:
    """A sentence in which each amount stands beside its material, where it told them in two lists.

    "600 units and 500 units of mozzarella and American cheese available, respectively" becomes "600 units of
    mozzarella cheese and 500 units of American cheese available". Other sentences stay as they are.
    """
    end = len(sentence)
    if not end or sentence[-1].low != "respectively":
        return sentence
    end -= 1
    if sentence[end - 1].text == ",":
        end -= 1
    tail: list[Token] = []
    while end and sentence[end - 1].low in _AVAILABLE:
        end -= 1
        tail.insert(0, sentence[end])
    begin = next((k for k, t in enumerate(sentence) if t.kind == "number"), end)
    middle = next((k for k in range(begin, end) if sentence[k].low in _AMOUNT_ENDS), end)
    amounts, materials = _listed(sentence[begin:middle]), _listed(sentence[middle + 1 : end])
    if len(amounts) != len(materials) or len(amounts) < 2:
        return sentence
    if not all(_amount(a) for a in amounts) or not all(_material(m) for m in materials):
        return sentence
    head = materials[-1][-1] if len(materials[-1]) == 2 and all(len(m) == 1 for m in materials[:-1]) else None
    out = sentence[:begin]
    for k, (amount, material) in enumerate(zip(amounts, materials, strict=True)):
        full = [*material, head] if head is not None and k + 1 < len(materials) else material
        out += [
            *([word("and")] if k + 1 == len(amounts) else [mark(",")] if k else []),
            *amount,
            word("of"),
            *full,
        ]
    return [*out, *tail]


def _listed(tokens: list[Token]) -> list[list[Token]]:
    """The items of a list, at its commas and at "and"."""
    items: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == "," or token.low == "and":
            items.append([])
        else:
            items[-1].append(token)
    return [i for i in items if i]


def _amount(tokens: list[Token]) -> bool:
    """Whether these are a number and perhaps its unit."""
    return (
        tokens[0].kind == "number"
        and len(tokens) <= 2
        and all(t.stem in MEASURES or t.stem == "unit" for t in tokens[1:])
    )


def _material(tokens: list[Token]) -> bool:
    return len(tokens) <= 2 and all(t.kind == "word" for t in tokens)
