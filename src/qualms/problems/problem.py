"""What every problem offers, and what it becomes for solvers that speak another language."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from qualms.errors import ConfigError
from qualms.kernels.annealing import IsingModel

if TYPE_CHECKING:
    from qualms.problems.mixed_integer import MixedInteger

Number = int | Fraction
Solution = np.ndarray  # what its numbers mean is the problem's
T = TypeVar("T")


def once(make: Callable[[Any], T]) -> Callable[[Any], T]:
    """A method without arguments whose result is made at the first call and kept with the object, which never changes."""
    key = f"_once_{make.__name__}"

    @functools.wraps(make)
    def kept(self: Any) -> T:
        if key not in self.__dict__:
            self.__dict__[key] = make(self)
        return self.__dict__[key]

    return kept


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What every problem has beside its data.

    Attributes
    ----------
    notes : one sentence for everything that a reader of a file assumed, rounded, left out or did not use.
    """

    notes: tuple[str, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        """Without the forms made so far, which hold functions: another process makes its own."""
        return {key: value for key, value in self.__dict__.items() if not key.startswith("_once_")}


@dataclass(frozen=True)
class Lowering:
    """A problem as spins.

    Attributes
    ----------
    couplings : energy to be minimised.
    decode : (n) spins ±1 to an assignment of the problem; every spin vector has one, which may violate constraints.
    encode : the way back, where it exists for feasible assignments.
    penalty : the weight that constraints got, 0 if there are none.
    one_hot : groups of spins of which feasible states have exactly one up; what a mixer that keeps them may rely on.
    """

    couplings: IsingModel
    decode: Callable[[np.ndarray], Solution]
    encode: Callable[[Solution], np.ndarray]
    penalty: float = 0.0
    one_hot: Sequence[np.ndarray] = ()

    def report(self) -> dict[str, float | int]:
        """What the lowering costs: variables, pairs, density, and the bits that its coefficients span."""
        c = self.couplings
        sizes = np.concatenate([np.abs(c.values), np.abs(c.fields)])
        sizes = sizes[sizes > 0]
        pairs = len(c.values) // 2
        bits = float(np.log2(sizes.max() / sizes.min())) if len(sizes) else 0.0
        return {"variables": c.n, "pairs": pairs, "density": pairs / max(1, c.n * (c.n - 1) // 2), "coefficient_bits": bits, "penalty": self.penalty}


@dataclass(frozen=True)
class Linear:
    """A problem as a linear model with whole and real variables. decode : its solution to an assignment. encode : the way back."""

    model: MixedInteger
    decode: Callable[[np.ndarray], Solution]
    encode: Callable[[Solution], np.ndarray] | None = None


def lowered_through(linear: Linear) -> Lowering:
    """The spins of a problem's linear model."""
    inner = linear.model.lower()

    def encode(assignment: Solution) -> np.ndarray:
        if linear.encode is None:
            raise ConfigError(f"{linear.model.name}: this form has no way back")
        return inner.encode(linear.encode(assignment))

    return Lowering(inner.couplings, lambda s: linear.decode(inner.decode(s)), encode, inner.penalty, inner.one_hot)


@dataclass(frozen=True)
class Bound:
    """A limit that no assignment passes: from below for "min", from above for "max".

    Attributes
    ----------
    how : where it comes from. verified : whether our own arithmetic proves it (a certificate was checked), or a solver is taken at its word.
    """

    value: Number | float
    how: str
    verified: bool = True


@dataclass(frozen=True)
class NoAnswer:
    """A solver's word that there is nothing to find.

    Attributes
    ----------
    reason : "infeasible" or "unbounded". conflict : constraints that cannot hold together, where the solver tells them. how : who says so.
    """

    reason: str
    how: str
    conflict: tuple[str, ...] = ()


class Problem(Protocol):
    """Something to be decided.

    Attributes
    ----------
    kind : "maxcut", "qubo", … name : of the instance. sense : "min" or "max". size : numbers of an assignment.
    notes : what was assumed, rounded, left out or not used when it was read, a sentence each.
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

    def objective(self, assignment: Solution) -> Number:
        """The value, in exact arithmetic. Raises ConfigError for what is no assignment of this problem."""
        ...

    def violations(self, assignment: Solution) -> list[str]:
        """The constraints that it breaks, in words; none if it is feasible."""
        ...

    def sample(self, rng: np.random.Generator) -> Solution:
        """A random assignment, feasible where that is easy."""
        ...

    def greedy(self, rng: np.random.Generator) -> Solution:
        """What the simplest rule of the field builds, ties broken at random."""
        ...

    def lower(self) -> Lowering:
        """As spins. Raises TooLargeError where that would not fit, ConfigError where there is no such form."""
        ...

    def linear(self) -> Linear:
        """As a linear model. Raises as `lower`."""
        ...

    def written(self, assignment: Solution) -> str:
        """The solution as its field's files have it."""
        ...
