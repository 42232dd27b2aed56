"""Systems of linear equations in plain words: "Solve 2x + y = 5 and x - y = 1"."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from qualms.language.reading import Unclear
from qualms.specification.base import plain
from qualms.specification.other_jobs import LinearSystem

_LEAD = re.compile(
    r"\s*(?:please |can you |i want to |help me )?"
    r"(?:(?:solve|find (?:the )?solutions? (?:of|to))"
    r"(?: (?:the|this|these|following|linear|simultaneous|system|set|of|equations?))*"
    r"|(?:(?:다음|아래|선형|의|연립|일차)\s*)*방정식(?:을|를)?(?:\s*풀어\s*(?:라|줘|주세요)?)?)\s*[:.]?\s",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(r"[<>≤≥≠]|maximi[sz]|minimi[sz]|최대|최소", re.IGNORECASE)
_PARTS = re.compile(r",(?!\d)|;|\n|\band\b|그리고|\.(?=\s|$)", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:(?:find|give|determine|what (?:is|are)|solve(?: it)?(?: for)?|for)(?: the)?(?: values?)?(?: of)?)?"
    r"(?: ?[A-Za-z](?:_?\d{1,3})?)?[?!]?",
    re.IGNORECASE,
)
_TERM = re.compile(
    r"(?P<sign>[+\-−–]?)\s*(?:(?P<number>\d+(?:\.\d+)?|\.\d+)(?:\s*/\s*(?P<under>\d+))?\s*[*·×]?\s*)?"
    r"(?P<name>[A-Za-z](?:_?\d{1,3})?(?![A-Za-z0-9]))?(?:\s*/\s*(?P<below>\d+))?\s*"
)


def read_equations(text: str) -> LinearSystem | None:
    """The system of linear equations that a text asks to solve; None for any other text.

    Parameters
    ----------
    text : str
        In English or Korean. Unknowns are single letters, with an index or without.

    Raises
    ------
    Unclear
        Where it asks for such a system, and an equation cannot be read, or one is missing.
    """
    lead = _LEAD.match(text)
    if lead is None or "=" not in text or _OTHERWISE.search(text):
        return None
    rows: list[dict[str, Fraction]] = []
    for part in _PARTS.split(text[lead.end() :]):
        said = part.strip()
        if "=" in said:
            rows.append(_equation(said))
        elif said and not _TAIL.fullmatch(said):
            raise Unclear(f"I cannot read “{said}” beside linear equations. What does it mean for them?")
    unknowns = tuple(dict.fromkeys(name for row in rows for name in row if name))
    if len(rows) != len(unknowns):
        raise Unclear(
            f"There {'is' if len(rows) == 1 else 'are'} {_counted(len(rows), 'equation')} for "
            f"{_counted(len(unknowns), 'unknown')} ({', '.join(unknowns)}). As many equations as unknowns "
            "are needed; which is missing, or too many?"
        )
    return LinearSystem(
        matrix=tuple(tuple(plain(row.get(name, Fraction(0))) for name in unknowns) for row in rows),
        right=tuple(plain(row.get("", Fraction(0))) for row in rows),
        unknowns=unknowns,
    )


def _counted(many: int, what: str) -> str:
    return f"{many} {what}" + ("" if many == 1 else "s")


def _equation(said: str) -> dict[str, Fraction]:
    """The coefficients of an equation by the unknown, and its right side by ""; exact as decimals."""
    left, *rights = said.split("=")
    if len(rights) != 1:
        raise Unclear(f"Which of the sides of “{said}” are equal? Write one = in each equation.")
    row: dict[str, Fraction] = {}
    for side, sign in ((left, 1), (rights[0], -1)):
        for name, value in _terms(side, said):
            row[name] = row.get(name, Fraction(0)) + (sign if name else -sign) * value
    if not any(row[name] for name in row if name):
        raise Unclear(f"“{said}” has no unknown. Which equation is it?")
    rest = [_without_tens(value.denominator) for value in row.values()]
    scale = math.lcm(*rest)  # a third is no decimal: both sides times three
    return {name: scale * value for name, value in row.items()}


def _terms(side: str, said: str) -> list[tuple[str, Fraction]]:
    """The terms of a side: the unknown, or "" for a number, and the coefficient."""
    found: list[tuple[str, Fraction]] = []
    text, at = side.strip(), 0
    while at < len(text):
        term = _TERM.match(text, at)
        if (
            term is None
            or not (term["number"] or term["name"])
            or (found and not term["sign"])
            or 0 in (int(term["under"] or 1), int(term["below"] or 1))
        ):
            break
        value = Fraction(term["number"] or 1) / int(term["under"] or 1) / int(term["below"] or 1)
        found.append((term["name"] or "", -value if term["sign"] in ("-", "−", "–") else value))
        at = term.end()
    if not found or at < len(text):
        raise Unclear(
            f"I cannot read “{said}” as a linear equation. Write its terms as in 2x + 3*y - 0.5z = 4, without"
            " brackets, powers or products of unknowns."
        )
    return found


def _without_tens(denominator: int) -> int:
    """A denominator without its factors of two and five."""
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator
