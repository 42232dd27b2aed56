"""Quantum kernels in exact simulation: one representation of each row, then one product for all pairs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from qualms.learn.kernel.feature_maps import FeatureMap
from qualms.learn.kernel.states import bloch, hadamards, product_bloch, states

KERNELS = ("fidelity", "projected", "hamming", "rbf")


class Kernel(Protocol):
    """A kernel on rows of numbers.

    Every method is about rows in its own representation, which `represent` computes once. `bandwidth`
    multiplies the numbers before they become angles.
    """

    def represent(self, X: np.ndarray) -> np.ndarray:
        """What `compare` needs to know of each row; rows come first."""
        ...

    def compare(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        """Kernel between all rows of A and all of B, (rows of A, rows of B) float64."""
        ...

    def square(self, A: np.ndarray) -> np.ndarray:
        """Kernel between all pairs of rows of A, symmetric."""
        ...

    def diagonal(self, A: np.ndarray) -> np.ndarray:
        """Kernel of each row with itself, (rows,)."""
        ...


@dataclass(frozen=True)
class Fidelity:
    """|⟨ψ(x)|ψ(x′)⟩|² (Havlíček et al. 2019).

    Rows are represented by their amplitudes, real parts and then imaginary parts, (rows, 2 · 2ⁿ) float64:
    the real part of all overlaps is then one product of real matrices, and half of it is enough for a matrix
    with itself.
    """

    map_: FeatureMap
    bandwidth: float

    def represent(self, X: np.ndarray) -> np.ndarray:
        found = states(self.map_, self.bandwidth * X)
        return np.concatenate([found.real, found.imag]).T

    def compare(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        half = A.shape[1] // 2
        found = A @ B.T
        imaginary = A[:, :half] @ B[:, half:].T
        imaginary -= A[:, half:] @ B[:, :half].T
        found *= found
        imaginary *= imaginary
        return found + imaginary

    def square(self, A: np.ndarray) -> np.ndarray:
        half = A.shape[1] // 2
        found = A @ A.T  # numpy sees the same matrix twice and computes one half
        imaginary = A[:, :half] @ A[:, half:].T
        imaginary = imaginary - imaginary.T
        found *= found
        imaginary *= imaginary
        found += imaginary
        np.fill_diagonal(found, 1.0)
        return found

    def diagonal(self, A: np.ndarray) -> np.ndarray:
        return np.ones(len(A))


@dataclass(frozen=True)
class ProductFidelity:
    """The same for maps without entangling gates: Π_k (1 + r_k · r′_k)/2 with the qubits' Bloch vectors.

    It takes no state of 2ⁿ amplitudes, which is what makes such a kernel a classical one.
    """

    map_: FeatureMap
    bandwidth: float

    def represent(self, X: np.ndarray) -> np.ndarray:
        return product_bloch(self.map_, self.bandwidth * X)

    def compare(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        found = np.ones((len(A), len(B)))
        for q in range(A.shape[1]):
            found *= (1 + A[:, q] @ B[:, q].T) / 2
        return found

    def square(self, A: np.ndarray) -> np.ndarray:
        return symmetric(self.compare(A, A))

    def diagonal(self, A: np.ndarray) -> np.ndarray:
        return np.ones(len(A))


@dataclass(frozen=True)
class Projected:
    """exp(−γ Σ_k ‖ρ_k(x) − ρ_k(x′)‖²) with the states ρ_k of the single qubits (Huang et al. 2021).

    Rows are represented by their Bloch vectors, (rows, 3n); the squared Frobenius norm is half the squared
    distance of these.
    """

    map_: FeatureMap
    bandwidth: float
    gamma: float

    def represent(self, X: np.ndarray) -> np.ndarray:
        if self.map_.is_product:
            return product_bloch(self.map_, self.bandwidth * X).reshape(len(X), -1)
        return bloch(states(self.map_, self.bandwidth * X)).reshape(len(X), -1)

    def compare(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        return np.exp(-self.gamma / 2 * squared_distances(A, B))

    def square(self, A: np.ndarray) -> np.ndarray:
        return symmetric(self.compare(A, A))

    def diagonal(self, A: np.ndarray) -> np.ndarray:
        return np.ones(len(A))


@dataclass(frozen=True)
class Hamming:
    """Mean of decay^d over the Hamming distances d of two states' measured bit strings.

    k(x, x′) = ⅓ Σ_b Σ_{z,z′} p_b(z|x) p_b(z′|x′) decay^d(z,z′), where b runs over measurements of all qubits
    in the bases of X, Y and Z. It is the inner product of mean embeddings of the bit strings (Gretton et al.
    2012), needs 3 measured circuits for a row instead of one for a pair, and stands between the projected
    kernel (decay near 1, only single bits count) and the collision of whole bit strings (decay 0). Haug,
    Self and Kim (2023) use Hamming distances of randomised measurements in the same way.

    Rows are represented by Walsh coefficients, the means of all products of Z, weighted so that the kernel
    is one inner product: decay^d(z,z′) = Σ_S ((1+decay)/2)^(n−|S|) ((1−decay)/2)^|S| χ_S(z) χ_S(z′).
    """

    map_: FeatureMap
    bandwidth: float
    decay: float

    def represent(self, X: np.ndarray) -> np.ndarray:
        found = states(self.map_, self.bandwidth * X)
        return self.of_probabilities([_squared(turned) for turned in _bases(found)])

    def of_probabilities(self, probabilities: list[np.ndarray]) -> np.ndarray:
        """The representation from probabilities or frequencies (2ⁿ, rows) in the bases of X, Y and Z."""
        size = len(probabilities[0])
        n = size.bit_length() - 1
        weight = np.bitwise_count(np.arange(size)).astype(float)
        scale = ((1 + self.decay) / 2) ** (n - weight) * ((1 - self.decay) / 2) ** weight
        # hadamards divides by √2ⁿ, and the mean over three bases by 3
        scale = np.sqrt(scale * size / 3)
        spectra = [hadamards(np.ascontiguousarray(p)) * scale[:, None] for p in probabilities]
        return np.ascontiguousarray(np.concatenate(spectra).T)

    def compare(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        return A @ B.T

    def square(self, A: np.ndarray) -> np.ndarray:
        return symmetric(A @ A.T)

    def diagonal(self, A: np.ndarray) -> np.ndarray:
        return np.einsum("rf,rf->r", A, A)


@dataclass(frozen=True)
class ProductHamming:
    """The same for maps without entangling gates: Π_k of what one qubit gives, averaged over the bases."""

    map_: FeatureMap
    bandwidth: float
    decay: float

    def represent(self, X: np.ndarray) -> np.ndarray:
        return product_bloch(self.map_, self.bandwidth * X)

    def compare(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        total = np.zeros((len(A), len(B)))
        for basis in range(3):
            found = np.ones_like(total)
            for q in range(A.shape[1]):
                both = np.outer(A[:, q, basis], B[:, q, basis])
                found *= (1 + self.decay) / 2 + (1 - self.decay) / 2 * both
            total += found
        return total / 3

    def square(self, A: np.ndarray) -> np.ndarray:
        return symmetric(self.compare(A, A))

    def diagonal(self, A: np.ndarray) -> np.ndarray:
        each = (1 + self.decay) / 2 + (1 - self.decay) / 2 * A**2
        found: np.ndarray = each.prod(axis=1).mean(axis=1)
        return found


@dataclass(frozen=True)
class RBF:
    """exp(−‖bandwidth · (x − x′)‖²): the classical twin, with the same search of its bandwidth."""

    bandwidth: float

    def represent(self, X: np.ndarray) -> np.ndarray:
        return self.bandwidth * X

    def compare(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        return np.exp(-squared_distances(A, B))

    def square(self, A: np.ndarray) -> np.ndarray:
        return symmetric(self.compare(A, A))

    def diagonal(self, A: np.ndarray) -> np.ndarray:
        return np.ones(len(A))


def exact_kernel(
    name: str, map_: FeatureMap | None, bandwidth: float, gamma: float | None, decay: float
) -> Kernel:
    """A kernel in exact simulation; `gamma` None leaves the projected kernel to `with_scale`."""
    if name == "rbf" or map_ is None:
        return RBF(bandwidth)
    if name == "projected":
        return Projected(map_, bandwidth, 1.0 if gamma is None else gamma)
    if name == "hamming":
        made = ProductHamming if map_.is_product else Hamming
        return made(map_, bandwidth, decay)
    return (ProductFidelity if map_.is_product else Fidelity)(map_, bandwidth)


def with_scale(kernel: Kernel, represented: np.ndarray, weight: np.ndarray) -> Kernel:
    """A projected kernel with γ = 1 / mean of what γ multiplies over pairs of rows; others as they are."""
    if not isinstance(kernel, Projected):
        return kernel
    share = weight / weight.sum()
    spread = float(share @ ((represented - share @ represented) ** 2).sum(axis=1))
    return replace(kernel, gamma=1 / spread if spread > 1e-12 else 1.0)


def squared_distances(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """‖a − b‖² of all pairs of rows, float64, not negative."""
    # the mean is taken off first: the formula with squares loses digits of what all rows have in common
    centre = A.mean(axis=0)
    A, B = A - centre, B - centre
    found = (A**2).sum(axis=1)[:, None] + (B**2).sum(axis=1)[None, :] - 2 * A @ B.T
    return np.maximum(found, 0.0)  # rounding alone makes distances of equal rows negative


def symmetric(K: np.ndarray) -> np.ndarray:
    """The mean of a matrix and its transpose, which differ by rounding."""
    return (K + K.T) / 2


def _squared(columns: np.ndarray) -> np.ndarray:
    return np.asarray(columns.real**2 + columns.imag**2)


def _bases(found: np.ndarray) -> list[np.ndarray]:
    """States turned so that a measurement in the basis of Z measures all qubits in X, Y and Z."""
    weight = np.bitwise_count(np.arange(len(found)))
    undone = (-1j) ** weight  # S† on every qubit
    return [hadamards(found), hadamards(np.ascontiguousarray(found * undone[:, None])), found]
