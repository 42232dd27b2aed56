"""Numbers that only count what a list then names, as in "two types of cakes"."""

from __future__ import annotations

import re

from qualms.language.mentions import Item
from qualms.language.told import Told
from qualms.language.words import MEASURES, PERIODS, root, words

_TYPES = words("type kind model version variety brand style option way method size category different")


_ONE_OF_EACH = re.compile(r"\b(?:has|have|owns?) # [\w -]+?(?: , # [\w -]+?)*(?: ,)? and # [\w -]+$")


def without_counts(told: Told, items: list[Item]) -> list[Item]:
    """Leaves out numbers that only count what a list then names, as in "two types of cakes"."""
    out: list[Item] = []
    for k, item in enumerate(items):
        if item.kind == "number" and _counts(told, items, k):
            continue
        out.append(item)
    return out


def _counts(told: Told, items: list[Item], k: int) -> bool:
    token = items[k].token
    ahead = [i.low for i in items[k + 1 : k + 3]]
    if len(ahead) == 2 and ahead[0] in ("month", "year") and k and items[k - 1].low in ("a", "an"):
        return ahead[1] in ("commitment", "term", "period", "plan", "horizon", "contract")
    following_stem = items[k + 1].stem if k + 1 < len(items) else ""
    if told.table is not None and (following_stem, token.value) == told.table.counted:
        return True
    if token.number != "plain" or token.value.denominator != 1 or not 1 <= token.value <= 12:
        return False
    if (
        token.low == "one"
        and k
        and items[k - 1].kind == "thing"
        and (k + 1 == len(items) or items[k + 1].low in ("and", "or") or items[k + 1].kind == "mark")
    ):  # "a large one and a small one"
        return True
    if token.low == "one" and _ONE_OF_EACH.search(
        " ".join("#" if i.kind == "number" else i.low or "@" for i in items)
    ):
        return all(i.token.low == "one" for i in items if i.kind == "number")
    after = [i for i in items[k + 1 : k + 5] if i.kind == "word"]
    if not after:
        return False
    if token.value == 1:
        following = items[k + 1]
        if following.stem == "year" and k and items[k - 1].low == "a":
            return True
        before = " ".join(i.low for i in items[max(0, k - 5) : k])
        if (
            re.search(r"\b(?:run|running|operate|operating|use)\b[^#]* for$", before)
            and following.stem in MEASURES
        ):
            return True
        if (
            following.low in PERIODS
            and k
            and items[k - 1].low in ("in", "per", "during", "for")
            and token.spelled
        ):
            return items[k - 1].low != "for"
        return token.spelled and (
            following.kind == "thing"
            or (following.low in ("of", "type", "kind", "the"))
            or (
                following.kind == "word"
                and root(following.stem) in told.heads
                and following.stem not in MEASURES
            )
        )
    if any(i.stem in _TYPES for i in after[:2]) and (
        k == 0 or items[k - 1].low not in ("least", "most", "than")
    ):
        return True
    if any(i.stem in MEASURES for i in after[:2]) or items[k + 1].kind == "thing":
        return False
    previous = items[k - 1].low if k else ""
    if len(told.things) == token.value and token.spelled and _lists_after(told, items, k):
        return True
    if (
        len(told.things) == token.value
        and token.spelled
        and previous in ("these", "the", "those", "all", "its", "his", "her", "their")
    ):
        return True
    nouns = [i for i in items[k + 1 : k + 4] if i.kind == "word" and i.stem not in MEASURES]
    if token.spelled and previous not in ("least", "most", "than", "to", "exceed") and nouns:
        if len(told.things) == token.value and any(root(i.stem) in told.heads for i in nouns[:2]):
            return True
        if (
            previous in words("of by through in into on at from with between among across using are")
            and token.value <= 6
        ):
            return nouns[0] is items[k + 1] and items[k + 1].low not in ("of", "and")
    if previous in ("least", "most", "than", "to", "exceed", "of") and previous != "of":
        return False
    listed = {i.thing for i in items[k + 1 :] if i.kind == "thing"}
    named = len(listed) == token.value == len(told.things) and not any(
        i.kind == "number" for j, i in enumerate(items) if j != k
    )
    apposed = token.spelled and re.match(
        r"(?:[\w'-]+ ){1,4}(?:[,:(]|named|called|such as|like|in|of|that|which|who|to|for|from|$)",
        " ".join(i.low or "@" for i in items[k + 1 :]) + " ",
    )
    alone = token.spelled and not any(
        i.kind == "number" and not (i.token.spelled and i.token.value <= 12)
        for j, i in enumerate(items)
        if j != k
    )
    return named or bool(apposed and alone and not _binds(told, items))


def _lists_after(told: Told, items: list[Item], k: int) -> bool:
    """Whether a comma or colon and then the list of all things follow a number and its noun."""
    text = " ".join(
        "@" if i.kind == "thing" else "#" if i.kind == "number" else i.low for i in items[k + 1 :]
    )
    match = re.match(r"(?:[\w'-]+ ){1,4}?(?:[,:(] )?(@[^#]*)", text)
    return match is not None and match.group(1).count("@") == len(told.things)


def _binds(told: Told, items: list[Item]) -> bool:
    text = " ".join(i.low for i in items)
    return bool(
        re.search(
            r"\b(?:at least|at most|more than|less than|exceed|maximum|minimum|need|must|available"
            r"|only|each|every)\b",
            text,
        )
    )
