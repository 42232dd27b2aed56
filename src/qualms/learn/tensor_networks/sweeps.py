"""Sweeps that fit a matrix product state to rows of bits by maximum likelihood, two sites at a time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

_HALVINGS = 30


@dataclass(frozen=True)
class Rows:
    """Rows of bits with weights.

    Attributes
    ----------
    bits : np.ndarray
        (rows, n) of 0 and 1.
    weight : np.ndarray
        (rows,).
    """

    bits: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, bits: np.ndarray, weight: np.ndarray) -> Rows:
        """Distinct rows, with weights of sum 1: equal rows cost once."""
        distinct, places = np.unique(bits, axis=0, return_inverse=True)
        total = np.bincount(places.ravel(), weight, len(distinct))
        return cls(distinct[total > 0], total[total > 0] / total.sum())

    def log_probabilities(self, cores: list[np.ndarray]) -> np.ndarray:
        """log |Ψ(x)|² of each row, (rows,)."""
        vectors, logs = np.ones((len(self.bits), 1)), np.zeros(len(self.bits))
        for k, core in enumerate(cores):
            vectors, logs = self.passed(vectors, core, k, logs)
        return 2 * logs

    def negative_log_likelihood(self, cores: list[np.ndarray]) -> float:
        """−Σ w log |Ψ(x)|², natural logarithms; the state must have norm 1."""
        return float(-self.weight @ self.log_probabilities(cores) / self.weight.sum())

    def passed(
        self, vectors: np.ndarray, core: np.ndarray, site: int, logs: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Vectors (rows, χ) through a core (χ, 2, χ′) at each row's bit, of norm 1, and the logarithms."""
        found = np.empty((len(vectors), core.shape[2]))
        for bit in (0, 1):
            here = self.bits[:, site] == bit
            found[here] = vectors[here] @ core[:, bit]
        norms = np.linalg.norm(found, axis=1)
        # log 0 is −∞, as it should be, and a vector of zeros stays one
        with np.errstate(divide="ignore"):
            logs = (0.0 if logs is None else logs) + np.log(norms)
        return found / np.where(norms > 0, norms, 1.0)[:, None], logs


def random_chain(sites: int, bond: int, random: np.random.RandomState) -> list[np.ndarray]:
    """Cores with positive entries, so that no row begins with the amplitude zero."""
    bonds = [1] + [bond] * (sites - 1) + [1]
    return [0.5 + random.random_sample((bonds[k], 2, bonds[k + 1])) for k in range(sites)]


def canonical(cores: list[np.ndarray]) -> list[np.ndarray]:
    """The same state of norm 1, with all cores but the first right-canonical: Σ_s A_s A_sᵀ = 1."""
    found, rest = list[np.ndarray](), np.eye(1)
    for core in reversed(cores):
        here = core @ rest
        q, r = np.linalg.qr(here.reshape(here.shape[0], -1).T)
        found.append(q.T.reshape(-1, 2, here.shape[2]))
        rest = r.T
    return found[::-1]


def sweep(
    cores: list[np.ndarray], rows: Rows, max_bond: int, cutoff: float, steps: int, rates: np.ndarray
) -> list[np.ndarray]:
    """One sweep over pairs of sites to the right and back; bonds change.

    Parameters
    ----------
    cores : list of np.ndarray
        In canonical form, the first in the centre.
    rows : Rows
        Distinct, of weights whose sum is 1.
    max_bond, cutoff
        Where singular values are cut off.
    steps : int
        Gradient steps at each pair.
    rates : np.ndarray
        (n,) the step to try first at each place; adapted here.

    Returns
    -------
    list of np.ndarray
        In canonical form, the first in the centre.
    """
    n, cores = len(cores), list(cores)
    left, right = _sides(cores, rows)
    # from left to right the centre moves on with S Vᵀ; on the way back with U S
    for k, to_the_right in [(k, True) for k in range(n - 2)] + [(k, False) for k in range(n - 2, -1, -1)]:
        pair = np.tensordot(cores[k], cores[k + 1], 1)
        groups = Groups.of(rows, (k, k + 1), left[k], right[k + 1])
        pair, rates[k] = climb(pair, groups, steps, rates[k])
        u, s, v = _cut(pair, max_bond, cutoff)
        if to_the_right:
            cores[k], cores[k + 1] = u, s[:, None, None] * v
            left[k + 1], _ = rows.passed(left[k], u, k)
        else:
            cores[k], cores[k + 1] = u * s, v
            right[k], _ = rows.passed(right[k + 1], v.transpose(2, 1, 0), k + 1)
    return cores


def refine(cores: list[np.ndarray], rows: Rows, steps: int, rates: np.ndarray) -> list[np.ndarray]:
    """One sweep over single sites to the right and back, as `sweep`; bonds stay, and the likelihood never
    falls.
    """
    n, cores = len(cores), list(cores)
    left, right = _sides(cores, rows)
    for k, to_the_right in [(k, True) for k in range(n - 1)] + [(k, False) for k in range(n - 1, -1, -1)]:
        groups = Groups.of(rows, (k,), left[k], right[k])
        core, rates[k] = climb(cores[k], groups, steps, rates[k])
        a, _, b = core.shape
        if to_the_right:
            q, r = np.linalg.qr(core.reshape(2 * a, b))
            cores[k], cores[k + 1] = q.reshape(a, 2, -1), np.tensordot(r, cores[k + 1], 1)
            left[k + 1], _ = rows.passed(left[k], cores[k], k)
        elif k:
            q, r = np.linalg.qr(core.reshape(a, 2 * b).T)
            cores[k], cores[k - 1] = q.T.reshape(-1, 2, b), cores[k - 1] @ r.T
            right[k - 1], _ = rows.passed(right[k], cores[k].transpose(2, 1, 0), k)
        else:
            cores[0] = core
    return cores


def entropies(cores: list[np.ndarray]) -> np.ndarray:
    """(n − 1,) entanglement entropies of the bonds, in bits, of a chain with the first core in the centre."""
    found, centre = np.zeros(len(cores) - 1), cores[0]
    for k in range(len(cores) - 1):
        _, s, v = np.linalg.svd(centre.reshape(-1, centre.shape[2]), full_matrices=False)
        chance = s[s > 0] ** 2 / (s**2).sum()
        found[k] = max(0.0, -chance @ np.log2(chance))
        centre = np.tensordot(s[:, None] * v, cores[k + 1], 1)
    return found


def _sides(cores: list[np.ndarray], rows: Rows) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """For each site the product of what lies left of it, here for the first only, and right of it."""
    right = {len(cores) - 1: np.ones((len(rows.bits), 1))}
    for k in range(len(cores) - 1, 0, -1):
        right[k - 1], _ = rows.passed(right[k], cores[k].transpose(2, 1, 0), k)
    return {0: np.ones((len(rows.bits), 1))}, right


@dataclass(frozen=True)
class Groups:
    """The rows by their bits at one or two sites: vectors from both sides, and weights."""

    parts: list[tuple[Any, np.ndarray, np.ndarray, np.ndarray]]

    @classmethod
    def of(cls, rows: Rows, sites: tuple[int, ...], left: np.ndarray, right: np.ndarray) -> Groups:
        here, parts = rows.bits[:, sites], []
        for bits in product((0, 1), repeat=len(sites)):
            i = np.flatnonzero((here == bits).all(axis=1))
            if len(i):
                parts.append(((slice(None), *bits), left[i], right[i], rows.weight[i]))
        return cls(parts)

    def loss(self, centre: np.ndarray) -> float:
        """Negative log-likelihood a row, up to the constant that the vectors' norms are."""
        found = np.log(np.square(centre).sum())
        with np.errstate(divide="ignore"):
            for at, left, right, weight in self.parts:
                amplitude = ((left @ centre[at]) * right).sum(axis=1)
                found -= 2 * weight @ np.log(np.abs(amplitude))
        return float(found)

    def gradient(self, centre: np.ndarray) -> np.ndarray:
        """Of `loss`, for a tensor of norm 1 (Han et al., equation 8)."""
        found = 2 * centre
        with np.errstate(divide="ignore", invalid="ignore"):
            for at, left, right, weight in self.parts:
                amplitude = ((left @ centre[at]) * right).sum(axis=1)
                found[at] -= 2 * left.T @ ((weight / amplitude)[:, None] * right)
        return found


def climb(centre: np.ndarray, groups: Groups, steps: int, rate: float) -> tuple[np.ndarray, float]:
    """Gradient steps, each halved until the loss falls enough (Armijo's rule).

    Returns
    -------
    centre : np.ndarray
        Of norm 1.
    rate : float
        The step to try first the next time.
    """
    centre = centre / np.linalg.norm(centre)
    loss = groups.loss(centre)
    for _ in range(steps):
        gradient = groups.gradient(centre)
        slope = float(np.square(gradient).sum())
        if not np.isfinite(slope) or slope < 1e-20:
            break
        for _ in range(_HALVINGS):
            tried = centre - rate * gradient
            tried /= np.linalg.norm(tried)
            now = groups.loss(tried)
            if now <= loss - 1e-4 * rate * slope:
                centre, loss, rate = tried, now, 2 * rate
                break
            rate /= 2
        else:
            return centre, 0.1
    return centre, rate


def _cut(pair: np.ndarray, max_bond: int, cutoff: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """U (χ, 2, r), singular values (r,) of norm 1, and V (r, 2, χ′)."""
    a, _, _, b = pair.shape
    u, s, v = np.linalg.svd(pair.reshape(2 * a, 2 * b), full_matrices=False)
    kept = min(max_bond, max(1, int((s > cutoff * s[0]).sum())))
    s = s[:kept] / np.linalg.norm(s[:kept])
    return u[:, :kept].reshape(a, 2, kept), s, v[:kept].reshape(kept, 2, b)
