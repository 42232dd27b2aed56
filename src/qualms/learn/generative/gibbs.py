"""Gibbs states of spins in fields along Z and X with ZZ couplings, exact, with gradients.

ρ = exp(H)/Z with H = Σ_i b_i Z_i + Σ_ij w_ij Z_i Z_j + Σ_i Γ_i X_i: a real symmetric matrix, so that one
eigendecomposition gives ρ, log Z and every derivative.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from qualms.learn.generative.gates import GateSet
from qualms.learn.generative.walsh import walsh_hadamard


@dataclass(frozen=True, eq=False)
class TransverseIsing:
    """The Hamiltonian without values for its parameters.

    Parameters are in the order: fields b (n), couplings w of pairs (0, 1), (0, 2), … (n (n − 1) / 2),
    transverse fields Γ (n).
    """

    n_bits: int

    @cached_property
    def diagonal_terms(self) -> GateSet:
        return GateSet.local(self.n_bits, 2)

    @property
    def size(self) -> int:
        return self.diagonal_terms.size + self.n_bits

    @cached_property
    def _flipped(self) -> np.ndarray:
        """(n, 2ⁿ): each pattern with bit i flipped."""
        masks = 1 << np.arange(self.n_bits - 1, -1, -1)
        return np.arange(1 << self.n_bits)[None] ^ masks[:, None]

    def hamiltonian(self, theta: np.ndarray) -> np.ndarray:
        """(2ⁿ, 2ⁿ) float64."""
        diagonal = self.diagonal_terms.table(torch.from_numpy(theta[: -self.n_bits])).numpy()
        matrix = np.diag(diagonal)
        rows = np.arange(1 << self.n_bits)
        for flipped, strength in zip(self._flipped, theta[-self.n_bits :], strict=True):
            matrix[rows, flipped] = strength
        return matrix

    def expectations(self, matrix: np.ndarray) -> np.ndarray:
        """Tr(matrix · H_k) of every term H_k, (size,), for a symmetric matrix (2ⁿ, 2ⁿ)."""
        diagonal = walsh_hadamard(torch.from_numpy(np.ascontiguousarray(np.diag(matrix)))).numpy()
        rows = np.arange(1 << self.n_bits)
        across = [matrix[rows, flipped].sum() for flipped in self._flipped]
        return np.concatenate([diagonal[self.diagonal_terms.codes], across])

    def state(self, theta: np.ndarray) -> GibbsState:
        values, vectors = np.linalg.eigh(self.hamiltonian(theta))
        return GibbsState(self, values, vectors)


@dataclass(frozen=True, eq=False)
class GibbsState:
    """exp(H)/Z.

    Attributes
    ----------
    model : TransverseIsing
    values : np.ndarray
        (2ⁿ,) eigenvalues of H, rising.
    vectors : np.ndarray
        (2ⁿ, 2ⁿ), the eigenvectors as columns.
    """

    model: TransverseIsing
    values: np.ndarray
    vectors: np.ndarray

    @cached_property
    def log_norm(self) -> float:
        """log Z."""
        top = self.values[-1]
        return float(top + np.log(np.exp(self.values - top).sum()))

    @cached_property
    def weights(self) -> np.ndarray:
        """(2ⁿ,): the eigenvalues of ρ."""
        return np.exp(self.values - self.log_norm)

    @property
    def matrix(self) -> np.ndarray:
        """ρ, (2ⁿ, 2ⁿ)."""
        return (self.vectors * self.weights) @ self.vectors.T

    @cached_property
    def probabilities(self) -> np.ndarray:
        """⟨v|ρ|v⟩ of every pattern, (2ⁿ,)."""
        return self.vectors**2 @ self.weights

    def likelihood(self, target: np.ndarray) -> tuple[float, np.ndarray]:
        """−Σ_v q(v) log ⟨v|ρ|v⟩ and its gradient to the parameters, for target q (2ⁿ,) of sum 1.

        The derivative of exp(H) is V ((Vᵀ dH V) ∘ D) Vᵀ, where D holds the divided differences of exp at the
        eigenvalues (Daleckii and Krein, 1965).
        """
        seen = target > 0
        p = self.probabilities
        value = -float(target[seen] @ np.log(p[seen]))
        slope = np.zeros_like(p)
        slope[seen] = target[seen] / p[seen]
        inner = (self.vectors.T * slope) @ self.vectors
        whole = self.vectors @ (inner * self._divided_differences()) @ self.vectors.T
        return value, self.model.expectations(self.matrix) - self.model.expectations(whole)

    def _divided_differences(self) -> np.ndarray:
        """(e^a − e^b)/(a − b) of all pairs of eigenvalues, over Z; e^a/Z where the two are equal.

        Written as the geometric mean times sinh(x)/x, which loses no digits where the two are close.
        """
        apart = (self.values[:, None] - self.values[None]) / 2
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            large = (self.weights[:, None] - self.weights[None]) / (2 * apart)
            small = np.sqrt(self.weights[:, None] * self.weights[None]) * np.where(
                apart == 0, 1.0, np.sinh(apart) / apart
            )
        return np.where(np.abs(apart) < 1, small, large)

    def relative_entropy(self, seen: np.ndarray) -> tuple[float, np.ndarray]:
        """−Tr(η log ρ), the relative entropy S(η‖ρ) but for a constant, and its gradient ⟨H_k⟩_ρ − ⟨H_k⟩_η.

        Parameters
        ----------
        seen : np.ndarray
            (size + 1,): ⟨H_k⟩_η of the target state η, and Σ_k θ_k ⟨H_k⟩_η at the present parameters.
        """
        return self.log_norm - float(seen[-1]), self.model.expectations(self.matrix) - seen[:-1]


def mean_field(seen: np.ndarray, n_bits: int) -> np.ndarray:
    """Parameters of the best ρ without couplings, in closed form (Coopmans and Benedetti 2024, section IV).

    The qubit with Bloch vector r in the plane of X and Z is exp(h·σ)/Z with h = artanh(|r|) r/|r|.

    Parameters
    ----------
    seen : np.ndarray
        (size,): ⟨H_k⟩_η, as `TransverseIsing` orders its terms; |r| < 1 for every qubit.
    n_bits : int
    """
    z, x = seen[:n_bits], seen[-n_bits:]
    length = np.hypot(z, x)
    scale = np.where(length > 0, np.arctanh(length) / np.where(length > 0, length, 1), 1.0)
    found = np.zeros_like(seen)
    found[:n_bits], found[-n_bits:] = scale * z, scale * x
    return found
