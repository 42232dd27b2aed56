"""Bounds, shares, multiples and comparisons as rows of the model, after a look at what they count."""

from __future__ import annotations

import re

from qualms.language.conditions import Bound, Multiple, Share
from qualms.language.draft import Row, quantity
from qualms.language.reading import Unclear
from qualms.language.told import Told
from qualms.language.words import MEASURES, TOTALS, VERBS, root, words
from qualms.specification.base import Quantity

_MONEY = {
    root(w)
    for w in words(
        "money investment fund portfolio capital budget profit revenue cost income return spending"
    )
}
_SET_ASIDE = {root(w) for w in words("reserved assigned displayed allocated")}  # what is done with things
_GOODS = {root(w) for w in words("product item unit piece good output")}
_QUANTITIES = {
    root(w)
    for w in words(
        "area space land field floor time weight volume mass length labor work capacity energy power fuel "
        "material "
        "distance water electricity pollution waste revenue value effort attention demand supply"
    )
}


def bound_rows(told: Told) -> None:
    """Adds a row for each bound, share, multiple and comparison."""
    one = Quantity(value=1)
    count = len(told.things)
    for bound in told.bounds:
        if bound.strict:
            told.draft.assume(f"“{bound.words}” was read with equality allowed.")
        if isinstance(bound, Bound):
            _check_unit(told, bound)
            if bound.things == (-2,):
                if not any(r.name == "total" for r in told.draft.rows):
                    raise Unclear(f"Does “{bound.words}” bind each of them, or all of them together?", 5)
                told.draft.assume(
                    f"“{bound.words}” was read as a bound of each, because the total has its own."
                )
            if bound.together:
                terms = tuple((t, one) for t in bound.things)
                told.draft.rows.append(
                    Row("total", terms, bound.relation, quantity(bound.figure), bound.words)
                )
                continue
            for t in range(count) if bound.things[0] < 0 else bound.things:
                name = f"number of {told.things[t].name}"
                told.draft.rows.append(
                    Row(name, ((t, one),), bound.relation, quantity(bound.figure), bound.words)
                )
        elif isinstance(bound, Share):
            _check_base(told, bound)
            name = f"share of {told.things[bound.thing].name}"
            told.draft.rows.append(
                Row(
                    name,
                    ((bound.thing, one),),
                    bound.relation,
                    Quantity(value=0),
                    bound.words,
                    total=quantity(bound.figure),
                )
            )
            told.draft.assume(f"“{bound.words}” was read as a share of the total of {told.names}.")
        elif isinstance(bound, Multiple):
            name = f"{told.things[bound.left].name} and {told.things[bound.right].name}"
            factor = quantity(bound.figure)
            other = (bound.right, Quantity(value=factor.value, words=factor.words))
            told.draft.rows.append(
                Row(
                    name,
                    ((bound.left, one),),
                    bound.relation,
                    Quantity(value=0),
                    bound.words,
                    other=other,
                )
            )
            if re.search(r"times more|times (?:as )?greater|times larger", bound.figure.said + bound.words):
                told.draft.assume(f"“{bound.words}” was read as that multiple, not as one more.")
        else:
            name = f"{told.things[bound.left].name} and {told.things[bound.right].name}"
            told.draft.rows.append(
                Row(
                    name,
                    ((bound.left, one),),
                    bound.relation,
                    Quantity(value=0),
                    bound.words,
                    other=(bound.right, one),
                )
            )


def _check_unit(told: Told, bound: Bound) -> None:
    figure, unit = bound.figure, told.draft.unit
    if figure.family == "money" and unit != "dollar":
        raise Unclear(f"Is “{bound.words}” a sum of money or a number of things?", 5)
    if figure.family == "%":
        raise Unclear(f"Which total is the percentage in “{bound.words}” of?", 5)
    if bound.container == "?" and figure.unit and figure.unit != unit and figure.family != "money":
        raise Unclear(f"Is “{bound.words}” the number of things, or something that they need?", 5)
    if bound.container == "?" and not figure.unit:
        nouns = {w for w, v in figure.words.items() if v >= 3}
        plain = {n for n in nouns if n not in {root(v) for v in VERBS} | _SET_ASIDE}
        if plain and not plain <= told.heads | told.unit_roots | TOTALS:
            raise Unclear(f"Is “{bound.words}” the number of things, or something that they need?", 5)
    if bound.container in MEASURES and bound.container != unit:
        raise Unclear(f"In which unit is “{bound.words}”?", 5)
    for t in bound.things:
        known = set() if t < 0 else set(told.containers[t])
        if bound.container not in ("", "?") and known and len(known) > 1:
            raise Unclear(f"What is one of {told.things[t].name}: {' or '.join(sorted(known))}?", 5)


def _check_base(told: Told, share: Share) -> None:
    base = {root(b) for b in share.base}
    if base & _QUANTITIES and told.draft.unit not in ("acre", "hectare", "square_foot", "square_meter"):
        raise Unclear(f"Which total is “{share.words}” a share of?", 5)
    if base & _MONEY and told.draft.unit != "dollar":
        raise Unclear(f"Which total is “{share.words}” a share of?", 5)
    rest = base - told.heads - told.unit_roots - TOTALS - _GOODS
    if not rest:
        return
    known = {w for f in told.facts for w, v in f.figure.words.items() if v >= 1}
    known |= {root(u) for f in told.facts for u in f.figure.unit.split("_")} | {root(m) for m in MEASURES}
    if rest & known or rest & _MONEY:
        raise Unclear(f"Which total is “{share.words}” a share of?", 5)
