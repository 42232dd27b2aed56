"""A program in OpenQASM as its readers see it: its text, its statements, and the circuit that the first of
them make.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qualms.errors import DataError, TooLargeError

MOST_GATES = 200_000  # that one defined gate stands for
MOST_BITS = 100_000  # qubits and bits of a program: Qiskit makes an object for each


@dataclass(frozen=True)
class Place:
    """Where something stands in a text; both count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


def place_of(text: str, offset: int) -> Place:
    """The place of a character."""
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


class Definitions:
    """How many gates every defined gate stands for: sixty lines, each of which uses the one before twice, are
    more than any memory holds.
    """

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}

    def add(self, name: str, uses: Iterable[str], place: Place) -> None:
        """Raises TooLargeError for a gate that stands for more than `MOST_GATES`."""
        self._sizes[name] = max(1, sum(self._sizes.get(use, 1) for use in uses))
        if self._sizes[name] > MOST_GATES:
            raise TooLargeError(f"OpenQASM: {place}: gate {name!r} stands for more than {MOST_GATES:,} gates")


@dataclass(frozen=True)
class Program:
    """A program.

    Attributes
    ----------
    places : Sequence[Place]
        Where its statements begin.
    circuit : Callable[[int], Any]
        Count → Qiskit's circuit of the first `count` statements. Raises `DataError` for an error with a
        place, anything else for one without.
    language : str
        Name of the language, for messages.
    """

    places: Sequence[Place]
    circuit: Callable[[int], Any]
    language: str

    def culprit(self, fails: Callable[[int], bool]) -> Place:
        """The first statement with which the program fails; found by halving, because what has failed does so
        with more statements too.

        Parameters
        ----------
        fails : Callable[[int], bool]
            Count → whether the first `count` statements fail; it is known that all of them do.
        """
        low, high = 0, len(self.places) - 1
        while low < high:
            middle = (low + high) // 2
            if fails(middle + 1):
                high = middle
            else:
                low = middle + 1
        return self.places[low] if self.places else Place(1, 1)


def check_characters(text: str) -> None:
    """Half characters, which Python makes of bytes that it was told to keep, can be given to no parser."""
    if found := re.search("[\ud800-\udfff]", text):
        raise DataError(
            f"OpenQASM: {place_of(text, found.start())}: {found[0]!a} is not a character; decode the file "
            "with its own encoding"
        )


def code_of(text: str, strings: bool) -> str:
    """The text with spaces for comments, and for strings unless `strings`; every character keeps its
    place.
    """

    def spaces(found: re.Match[str]) -> str:
        return found[0] if strings and found[0][0] in "\"'" else re.sub(r"[^\n]", " ", found[0])

    return re.sub(
        r""" "[^"\n]*" | '[^'\n]*' | //[^\n]* | /\*.*?(?:\*/|\Z) """, spaces, text, flags=re.S | re.X
    )


def version_of(text: str) -> int:
    """The version that the text states; without one it is 2 if the text includes qelib1.inc, which is a file
    of OpenQASM 2, and else 3.
    """
    code = code_of(text, strings=True)
    stated = re.match(r"\s*OPENQASM\b\s*(\d*)", code)
    if stated is None:
        return 2 if re.search(r"""\binclude\s*["']qelib1\.inc["']""", code) else 3
    if stated[1] not in ("2", "3"):
        what = f"version {stated[1]} is unknown" if stated[1] else "OPENQASM without a version"
        raise DataError(
            f"OpenQASM: {place_of(text, stated.end())}: {what}; write 'OPENQASM 2.0;' or 'OPENQASM 3.0;'"
        )
    return int(stated[1])


def check_sizes(statements: list[str], places: list[Place]) -> set[str]:
    """Refuses registers and definitions that are too large before Qiskit makes them; the names of the gates
    that the program defines.
    """
    defined, total, definitions = set(), 0, Definitions()
    for statement, place in zip(statements, places, strict=True):
        if found := re.match(r"[qc]reg\s+\w+\s*\[\s*(\d+)", statement):
            total += int(found[1][:18])
            if total > MOST_BITS:
                raise TooLargeError(f"OpenQASM 2: {place}: more than {MOST_BITS:,} qubits and bits")
        elif found := re.match(r"(?:gate|opaque)\s+(\w+)", statement):
            defined.add(found[1])
            definitions.add(found[1], re.findall(r"[{;]\s*(\w+)", statement), place)
    return defined


def statements_of(code: str) -> Iterator[tuple[int, int]]:
    """Beginnings and ends of the statements outside of braces."""
    begin, depth = 0, 0
    for found in re.finditer(r"[;{}]", code):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth <= 0 and found[0] != "{":
            yield (
                begin + len(code[begin : found.end()]) - len(code[begin : found.end()].lstrip()),
                found.end(),
            )
            begin, depth = found.end(), 0
