"""A linear system that was checked, with its spectrum, and the scaling that phase estimation needs."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError, QualmsWarning, TooLargeError
from qualms.kernels import memory

MOST_UNKNOWNS = 8192  # the spectrum is computed whole, in time n³
MOST_CLOCK_QUBITS = 20
MAX_CONDITION = 1e5  # 2²⁰ ≥ 5 κ up to about here, and beyond a run succeeds once in 10¹⁰ times

# The largest eigenvalue is estimated at this part of the clock's range. A margin must stay, because what
# leaks past the end of the range is taken for a very small eigenvalue.
_SMALLEST = 1e-100  # of the largest entry: squares of smaller and larger ones leave the range of doubles
_TOP = 0.75


@dataclass(frozen=True, eq=False)
class System:
    """A x = b, with A = left · diag(values) · rightᴴ.

    Attributes
    ----------
    matrix : np.ndarray
        (n, n) float64 or complex128.
    b : np.ndarray
        (n,) float64 or complex128, not zero.
    is_hermitian : bool
        A general matrix is solved by its dilation [[0, A], [Aᴴ, 0]], which needs one more qubit.
    values : np.ndarray
        (n,) float64: eigenvalues of a Hermitian matrix, else singular values.
    left, right : np.ndarray
        (n, n): columns are the vectors of b's and of x's side; the same for a Hermitian matrix.
    nonzeros : int
        Of the matrix.
    sparsity : int
        Most nonzeros in a row or a column.
    """

    matrix: np.ndarray
    b: np.ndarray
    is_hermitian: bool
    values: np.ndarray
    left: np.ndarray
    right: np.ndarray
    nonzeros: int
    sparsity: int

    @property
    def size(self) -> int:
        return len(self.b)

    @property
    def largest(self) -> float:
        """The largest absolute eigenvalue or singular value."""
        return float(np.abs(self.values).max())

    @property
    def smallest(self) -> float:
        """The smallest absolute eigenvalue or singular value."""
        return float(np.abs(self.values).min())

    @property
    def condition(self) -> float:
        """κ, the largest singular value by the smallest."""
        return self.largest / self.smallest

    @property
    def is_signed(self) -> bool:
        """Whether the clock must tell signs: there are negative eigenvalues, or the matrix is dilated."""
        return not self.is_hermitian or bool((self.values < 0).any())

    @property
    def is_positive(self) -> bool:
        """Whether the matrix is Hermitian and positive definite."""
        return not self.is_signed

    @property
    def turns(self) -> float:
        """Revolutions of phase by unit of eigenvalue: U = exp(2πi · turns · A)."""
        return _TOP * (0.5 if self.is_signed else 1.0) / self.largest

    @property
    def needed_clock_qubits(self) -> int:
        """The fewest with 2ᵗ ≥ 5 κ, and one more for the sign where there is one."""
        return max(1, math.ceil(math.log2(5 * self.condition) - 1e-9)) + self.is_signed

    @cached_property
    def solution(self) -> np.ndarray:
        """(n,): the exact solution, by numpy.linalg."""
        return np.linalg.solve(self.matrix, self.b)


def checked(A: Any, b: Any, max_condition: float = MAX_CONDITION) -> System:
    """A system that HHL can solve.

    Parameters
    ----------
    A : array or sparse matrix
        (n, n) real or complex.
    b : array
        (n,) real or complex.
    max_condition : float
        The largest κ that is taken.

    Returns
    -------
    System

    Raises
    ------
    ConfigError
        For a matrix that is not square, singular or ill-conditioned, a right side of another length or of
        zeros, and numbers that are not finite.
    TooLargeError
        For more unknowns than the exact model can diagonalise.
    """
    limit = as_real(max_condition, "hhl: max_condition=")
    matrix, right = _numbers(A, b)
    is_hermitian = bool(np.abs(matrix - matrix.conj().T).max() <= 1e-12 * np.abs(matrix).max())
    if is_hermitian:
        values, left = np.linalg.eigh(matrix)
        outer = left
    else:
        left, values, held = np.linalg.svd(matrix)
        outer = held.conj().T
    sizes = np.abs(values)
    if sizes.min() <= len(right) * np.finfo(float).eps * sizes.max():
        raise ConfigError(
            f"hhl: the matrix is singular: singular values from {sizes.min():.3g} to {sizes.max():.3g}; "
            "add a multiple of the identity (ridge), or use numpy.linalg.lstsq"
        )
    if sizes.max() / sizes.min() > limit:
        condition = sizes.max() / sizes.min()
        raise ConfigError(
            f"hhl: the condition number is {condition:.3g}, more than max_condition={limit:.3g}; it would "
            f"need {math.ceil(math.log2(5 * condition))} clock qubits and succeed about once in κ² runs; "
            "add a multiple of the identity (ridge), precondition the system, or use conjugate gradient"
        )
    there = matrix != 0
    return System(
        matrix,
        right,
        is_hermitian,
        values,
        left,
        outer,
        int(there.sum()),
        int(max(there.sum(axis=0).max(), there.sum(axis=1).max())),
    )


def clock_of(system: System, clock_qubits: int | None) -> int:
    """The number of clock qubits: the one given, or the system's own need.

    Warns with `QualmsWarning` where it is too small for the condition number.
    """
    needed = system.needed_clock_qubits
    t = needed if clock_qubits is None else as_integer(clock_qubits, "hhl: clock_qubits=", 1)
    if t > MOST_CLOCK_QUBITS:
        raise TooLargeError(
            f"hhl: {t} clock qubits are more than the {MOST_CLOCK_QUBITS} that the model takes; the "
            f"condition number is {system.condition:.3g}: add a multiple of the identity, or precondition"
        )
    if system.is_signed and t < 2:
        raise ConfigError("hhl: a matrix with eigenvalues of both signs needs at least 2 clock qubits")
    if t < needed:
        warnings.warn(
            f"hhl: {t} clock qubits are too few for the condition number {system.condition:.3g}; the "
            f"fidelity is .99 or more with {needed}",
            QualmsWarning,
            stacklevel=4,
        )
    return t


def _numbers(A: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    try:
        shape = np.shape(A)
    except ValueError:
        raise ConfigError("hhl: the matrix has rows of different lengths") from None
    if len(shape) != 2 or shape[0] != shape[1] or not shape[0]:
        told = " × ".join(map(str, shape)) or "a number"
        raise ConfigError(
            f"hhl: the matrix must be square, got {told}; solve the normal equations AᴴA x = Aᴴb, or use "
            "numpy.linalg.lstsq"
        )
    n = shape[0]
    if n > MOST_UNKNOWNS:
        raise TooLargeError(
            f"hhl: {n:,} unknowns are more than the {MOST_UNKNOWNS:,} whose spectrum is computed here; use "
            "conjugate gradient (scipy.sparse.linalg.cg), which is also the faster method"
        )
    memory.require(lambda size: 5 * 16 * size * size, n, torch.device("cpu"), "the spectrum", "unknowns")
    matrix = _plain(A.toarray() if hasattr(A, "toarray") else A, "the matrix")
    right = _plain(b, "the right side")
    if right.shape != (n,):
        raise ConfigError(f"hhl: the right side has shape {right.shape}; the matrix asks for ({n},)")
    if not np.any(right):
        raise ConfigError("hhl: the right side is zero, and so is the solution; there is no state to load")
    return matrix, right


def _plain(given: Any, what: str) -> np.ndarray:
    try:
        found = np.asarray(given)
        found = found.astype(np.complex128 if found.dtype.kind == "c" else np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"hhl: {what} is not made of numbers: {error}") from None
    if not np.isfinite(found).all():
        raise ConfigError(f"hhl: {what} has entries that are not finite")
    largest = float(np.abs(found).max(initial=0.0))
    if largest and not _SMALLEST <= largest <= 1 / _SMALLEST:
        raise ConfigError(f"hhl: {what} has a largest entry of {largest:.3g}; scale the system to about 1")
    return found
