"""What every problem offers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

Number = int | Fraction
Solution = np.ndarray  # what its numbers mean is the problem's


@dataclass(frozen=True, kw_only=True)
class WithNotes:
    """What every problem has beside its data.

    Attributes
    ----------
    notes : tuple of str
        One sentence for everything that a reader of a file assumed, rounded, left out or did not use.
    """

    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bound:
    """A limit that no solution passes: from below for "min", from above for "max".

    Attributes
    ----------
    value : int, Fraction or float
        The limit.
    how : str
        Where it comes from.
    verified : bool
        Whether our own arithmetic proves it (a certificate was checked), or a solver is taken at its word.
    """

    value: Number | float
    how: str
    verified: bool = True


@dataclass(frozen=True)
class NoAnswer:
    """A solver's word that there is nothing to find.

    Attributes
    ----------
    reason : str
        "infeasible" or "unbounded".
    how : str
        Who says so.
    conflict : tuple of str
        Constraints that cannot hold together, where the solver tells them.
    """

    reason: str
    how: str
    conflict: tuple[str, ...] = ()


class Problem(Protocol):
    """Something to be decided.

    It knows no method: encodings, bounds, pictures and files are made of it elsewhere.

    Attributes
    ----------
    kind : str
        "maxcut", "qubo", …
    name : str
        Of the instance.
    sense : str
        "min" or "max".
    size : int
        How many numbers a solution has.
    notes : tuple of str
        What was assumed, rounded, left out or not used when it was read, a sentence each.
    """

    @property
    def notes(self) -> tuple[str, ...]: ...

    @property
    def kind(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def sense(self) -> str: ...

    @property
    def size(self) -> int: ...

    def objective(self, solution: Solution) -> Number:
        """The value, in exact arithmetic. Raises ConfigError for what is no solution of this problem."""
        ...

    def violations(self, solution: Solution) -> list[str]:
        """The constraints that it breaks, in words; none if it is feasible."""
        ...

    def sample(self, rng: np.random.Generator) -> Solution:
        """A random solution, feasible where that is easy."""
        ...

    def greedy(self, rng: np.random.Generator) -> Solution:
        """What the simplest rule of the field builds, ties broken at random."""
        ...
