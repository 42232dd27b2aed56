"""A program in OpenQASM as its readers see it: statements with places, and the circuit that the first of them
make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from qualms.errors import TooLargeError

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
