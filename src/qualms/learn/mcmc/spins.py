"""An Ising model with the energies of all its states."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError, TooLargeError

MOST_SPINS = 12  # transition matrices have 4ⁿ entries


@dataclass(frozen=True, eq=False)
class SpinModel:
    """E(s) = Σ_{i<j} J_ij s_i s_j + Σ_i h_i s_i over s ∈ {−1, 1}ⁿ.

    State x of 2ⁿ has spin i at +1 where bit i of x, the first the most significant, is 0.

    Attributes
    ----------
    couplings : np.ndarray
        (n, n) float64, symmetric with zeros on the diagonal: J.
    fields : np.ndarray
        (n,) float64: h.
    """

    couplings: np.ndarray
    fields: np.ndarray

    @property
    def size(self) -> int:
        return len(self.fields)

    @cached_property
    def states(self) -> np.ndarray:
        """(2ⁿ, n) float64 of −1 and 1."""
        bits = np.arange(1 << self.size)[:, None] >> np.arange(self.size - 1, -1, -1) & 1
        return 1.0 - 2.0 * bits

    @cached_property
    def energies(self) -> np.ndarray:
        """(2ⁿ,) float64."""
        s = self.states
        found: np.ndarray = 0.5 * np.einsum("xi,xi->x", s @ self.couplings, s) + s @ self.fields
        return found

    @property
    def scale(self) -> float:
        """α: the norm of Σ X by the norm of the energy, √n / √(Σ_{i<j} J² + Σ h²)."""
        return float(np.sqrt(self.size / (0.5 * np.sum(self.couplings**2) + np.sum(self.fields**2))))

    def probabilities(self, temperature: float) -> np.ndarray:
        """The Boltzmann distribution exp(−E/T)/Z, (2ⁿ,)."""
        weights = np.exp(-(self.energies - self.energies.min()) / temperature)
        return weights / weights.sum()


def spin_model(couplings: Any, fields: Any = None) -> SpinModel:
    """A checked model.

    Parameters
    ----------
    couplings : array or SpinModel
        (n, n) symmetric, zeros on the diagonal.
    fields : array, optional
        (n,); default zeros.

    Raises
    ------
    ConfigError
        For other shapes, numbers that are not finite, and a model without any energy.
    TooLargeError
        For more than 12 spins.
    """
    if isinstance(couplings, SpinModel):
        return couplings
    try:
        J = np.array(couplings, dtype=np.float64)
        h = np.zeros(len(J)) if fields is None else np.array(fields, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"mcmc: couplings and fields must be numbers: {error}") from None
    if J.ndim != 2 or J.shape[0] != J.shape[1] or not len(J) or h.shape != (len(J),):
        raise ConfigError(f"mcmc: couplings (n, n) and fields (n,) do not fit: {J.shape} and {h.shape}")
    if len(J) > MOST_SPINS:
        raise TooLargeError(
            f"mcmc: {len(J)} spins have transition matrices of {4 ** len(J):.1e} entries; at most "
            f"{MOST_SPINS} spins are computed exactly"
        )
    if not (np.isfinite(J).all() and np.isfinite(h).all()):
        raise ConfigError("mcmc: couplings and fields must be finite")
    if not np.array_equal(J, J.T) or J.diagonal().any():
        raise ConfigError("mcmc: the couplings must be symmetric, with zeros on the diagonal")
    if not J.any() and not h.any():
        raise ConfigError("mcmc: all couplings and fields are zero: every state has the same energy")
    return SpinModel(J, h)


def sherrington_kirkpatrick(n: int, seed: int, fields: bool = True) -> SpinModel:
    """A fully connected spin glass with normal couplings and fields, both of variance 1.

    Parameters
    ----------
    n : int
        Spins.
    seed : int
        Of the instance.
    fields : bool
        Whether there are fields; without them every state has the energy of its mirror image.

    References
    ----------
    The instances of Layden et al. (2023) up to the sign of the energy, which is symmetric.
    """
    n, rng = as_integer(n, "n=", 1), np.random.default_rng(as_integer(seed, "seed="))
    upper = np.triu(rng.normal(size=(n, n)), 1)
    return spin_model(upper + upper.T, rng.normal(size=n) * fields)


def temperature_of(temperature: Any) -> float:
    """Raises ConfigError for what is no positive number."""
    found = as_real(temperature, "mcmc: temperature=")
    if found <= 0:
        raise ConfigError(f"mcmc: temperature={found} must be positive")
    return found
