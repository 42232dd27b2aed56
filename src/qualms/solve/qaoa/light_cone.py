"""What QAOA makes of two spins, from the spins that can reach them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from qualms.backends import get_backend
from qualms.circuits import PauliSum, ansatz
from qualms.errors import TooLargeError
from qualms.kernels.annealing import IsingModel

MOST = 22  # spins of a cone


def cone(c: IsingModel, spins: Iterable[int], layers: int) -> np.ndarray:
    """The spins within `layers` couplings of some spins, these first."""
    found = list(dict.fromkeys(spins))
    seen, edge = set(found), list(found)
    for _ in range(layers):
        edge = [
            int(v)
            for u in edge
            for v in c.neighbours[c.first[u] : c.first[u + 1]]
            if int(v) not in seen and not seen.add(int(v))  # type: ignore[func-returns-value]
        ]
        found += edge
    return np.array(found, np.int64)


def correlation(c: IsingModel, i: int, j: int, angles: np.ndarray) -> float:
    """⟨Z_i Z_j⟩ after QAOA with angles (γ_0, β_0, …) on the couplings: the state of the cone alone, however
    large the system.

    A coupling between two spins at the cone's rim changes nothing and is left out.

    Raises
    ------
    TooLargeError
        For a cone of more than 22 spins.
    """
    depth = len(angles) // 2
    inside = cone(c, (i, j), depth)
    if len(inside) > MOST:
        raise TooLargeError(
            f"the cone of spins {i} and {j} under {depth} layers has {len(inside)} spins; at most {MOST}"
        )
    place = {int(v): k for k, v in enumerate(inside)}
    n = len(inside)
    terms: dict[str, float] = {}
    for v in inside:
        a = place[int(v)]
        if c.fields[v]:
            terms["".join("Z" if q == a else "I" for q in range(n))] = float(c.fields[v])
        for u, value in zip(
            c.neighbours[c.first[v] : c.first[v + 1]], c.values[c.first[v] : c.first[v + 1]], strict=True
        ):
            b = place.get(int(u), -1)
            if b > a:
                terms["".join("Z" if q in (a, b) else "I" for q in range(n))] = float(value)
    made = ansatz.qaoa(PauliSum(terms or {"I" * n: 0.0}), depth)
    both = PauliSum({"".join("Z" if q < 2 else "I" for q in range(n)): 1.0})
    order = {p: k for k, p in enumerate(name for d in range(depth) for name in (f"gamma{d}", f"beta{d}"))}
    values = torch.tensor([angles[order[str(p)]] for p in made.parameters], dtype=torch.float64)
    return float(get_backend("statevector").expectation(made, both, values))


def one_layer(c: IsingModel, gamma: float, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """(n) ⟨Z_i⟩ and, for every coupling i < j as `pairs` lists them, ⟨Z_i Z_j⟩ after one layer, in closed
    form.

    References
    ----------
    Ozaeta, van Dam, McMahon, "Expectation values from the single-layer quantum approximate optimization
    algorithm on Ising problems", Quantum Science and Technology 7 (2022).
    """
    single, one, two = parts(c, gamma)
    s2, s4 = np.sin(2 * beta), np.sin(4 * beta)
    return s2 * single, 0.5 * s4 * one - 0.5 * s2 * s2 * two


def parts(c: IsingModel, gamma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What β multiplies: ⟨Z⟩ = sin 2β · first; ⟨ZZ⟩ = ½ sin 4β · second − ½ sin² 2β · third."""
    i, j, values = c.pairs()
    rows = np.repeat(np.arange(c.n), np.diff(c.first))
    cosines = np.cos(2 * gamma * c.values)
    signs, logs = _product(rows, cosines, c.n)
    single = np.sin(2 * gamma * c.fields) * signs * np.exp(logs)
    second, third = np.empty(len(i)), np.empty(len(i))
    for k, (a, b, v) in enumerate(zip(i, j, values, strict=True)):
        near_a, near_b = (
            dict(
                zip(
                    c.neighbours[c.first[u] : c.first[u + 1]].tolist(),
                    c.values[c.first[u] : c.first[u + 1]],
                    strict=True,
                )
            )
            for u in (a, b)
        )
        near_a.pop(int(b))
        near_b.pop(int(a))
        wa, wb = np.array(list(near_a.values())), np.array(list(near_b.values()))
        ha, hb = c.fields[a], c.fields[b]
        second[k] = np.sin(2 * gamma * v) * (
            np.cos(2 * gamma * ha) * np.prod(np.cos(2 * gamma * wa))
            + np.cos(2 * gamma * hb) * np.prod(np.cos(2 * gamma * wb))
        )
        every = sorted(set(near_a) | set(near_b))
        x, y = (np.array([near.get(u, 0.0) for u in every]) for near in (near_a, near_b))
        third[k] = np.cos(2 * gamma * (ha + hb)) * np.prod(np.cos(2 * gamma * (x + y)))
        third[k] -= np.cos(2 * gamma * (ha - hb)) * np.prod(np.cos(2 * gamma * (x - y)))
    return single, second, third


def _product(rows: np.ndarray, factors: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Of the factors of each row: signs, and logarithms of sizes."""
    negative = np.bincount(rows, factors < 0, n)
    with np.errstate(divide="ignore"):
        logs = np.bincount(rows, np.maximum(np.log(np.abs(factors)), -700.0), n)
    return np.where(negative % 2 == 1, -1.0, 1.0), logs
