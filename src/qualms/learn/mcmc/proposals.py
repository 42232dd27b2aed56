"""Where a Markov chain on spins may go next: symmetric matrices of probabilities, quantum and classical."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np
from scipy.optimize import brentq

from qualms.data.numbers import as_integer
from qualms.errors import ConfigError
from qualms.learn.mcmc.spins import SpinModel

GAMMAS = (0.25, 0.6)  # the strength of the transverse field, and
TIMES = (2.0, 20.0)  # the time of the evolution, are drawn uniformly between these, as Layden et al. do
DRAWS = (8, 12)  # so many values of each stand for all: middles of equal intervals


def quantum(
    model: SpinModel,
    gammas: Sequence[float] | None = None,
    times: Sequence[float] | None = None,
) -> np.ndarray:
    """Proposals of the measured evolution |⟨y|exp(−iHt)|x⟩|², averaged over field strengths and times.

    H = (1 − γ) α E(Z) + γ Σ X, where α makes both parts equally strong. H is real and symmetric, hence the
    proposals are symmetric too. One diagonalisation for each γ serves all times.

    Parameters
    ----------
    model : SpinModel
        Of n spins.
    gammas, times : Sequence of float, optional
        To average over; default 8 strengths between .25 and .6, and 12 times between 2 and 20.

    Returns
    -------
    np.ndarray
        (2ⁿ, 2ⁿ) float64, symmetric, rows of sum 1.

    References
    ----------
    Layden et al., "Quantum-enhanced Markov chain Monte Carlo" (2023), equations 1 to 4.
    """
    strengths = _middles(*GAMMAS, DRAWS[0]) if gammas is None else np.asarray(gammas, float)
    moments = _middles(*TIMES, DRAWS[1]) if times is None else np.asarray(times, float)
    if not len(strengths) or not len(moments):
        raise ConfigError("mcmc: at least one field strength and one time are needed")
    size = 1 << model.size
    mixer, found = flips(model.size, 1), np.zeros((size, size))
    for gamma in strengths:
        hamiltonian = gamma * mixer
        hamiltonian[np.diag_indices(size)] += (1 - gamma) * model.scale * model.energies
        values, vectors = np.linalg.eigh(hamiltonian)
        for time in moments:
            # two real products instead of one complex
            for part in (np.cos(values * time), np.sin(values * time)):
                found += ((vectors * part) @ vectors.T) ** 2
    found /= len(strengths) * len(moments)
    return (found + found.T) / 2  # symmetric to the last bit


def distances(n: int) -> np.ndarray:
    """(2ⁿ, 2ⁿ): in how many spins two states differ."""
    index = np.arange(1 << n)
    return np.bitwise_count(index[:, None] ^ index).astype(np.int64)


def flips(n: int, count: int) -> np.ndarray:
    """(2ⁿ, 2ⁿ) float64: 1 where two states differ in just so many spins; Σ X for one spin."""
    return (distances(n) == as_integer(count, "count=", 0)).astype(np.float64)


def local(n: int) -> np.ndarray:
    """One spin, drawn uniformly, is flipped."""
    return flips(n, 1) / n


def uniform(n: int) -> np.ndarray:
    """Any state, drawn uniformly."""
    return np.full((1 << n, 1 << n), 0.5**n)


def independent(n: int, chance: float) -> np.ndarray:
    """Every spin is flipped with this chance."""
    apart = distances(n)
    return chance**apart * (1 - chance) ** (n - apart)


def as_far(proposal: np.ndarray) -> np.ndarray:
    """As many spins are flipped as in another proposal, on average over states, but any of them."""
    n = len(proposal).bit_length() - 1
    apart = distances(n)
    share = np.bincount(apart.ravel(), proposal.ravel(), n + 1) / len(proposal)
    return (share / [comb(n, k) for k in range(n + 1)])[apart]


def as_acceptable(proposal: np.ndarray, model: SpinModel, temperature: float) -> np.ndarray:
    """Independent flips with the chance at which they are accepted as often as another proposal is."""
    n, wanted = model.size, acceptance(proposal, model, temperature)

    def missing(chance: float) -> float:
        return acceptance(independent(n, chance), model, temperature) - wanted

    # never flipping is always accepted; where even coins are accepted more often, these are the nearest
    chance = 0.5 if missing(0.5) >= 0 else brentq(missing, 0.0, 0.5, xtol=1e-10)
    return independent(n, chance)


def acceptance(proposal: np.ndarray, model: SpinModel, temperature: float) -> float:
    """The share of proposals that the Metropolis rule accepts in equilibrium; staying counts."""
    weights = model.probabilities(temperature)
    # accepted flow is the lesser of both states' probabilities
    return float(np.sum(proposal * np.minimum(weights[:, None], weights)))


def _middles(low: float, high: float, count: int) -> np.ndarray:
    return low + (high - low) * (np.arange(count) + 0.5) / count
