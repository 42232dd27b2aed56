"""Vehicles with capacities: a linear relaxation with rounded capacity inequalities."""

from __future__ import annotations

import time

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from qualms.problems.routing import Routing
from qualms.solve.bounds.linear import proven

_NEAR = 12  # neighbours whose edges are in from the start
_CUTS = 150  # of a pass
_IDLE = 4  # passes after which a set that does not matter is let go


def rounded_capacities(problem: Routing, seconds: float) -> float | None:
    """Each customer has two edges; a set S of customers holds at most |S| − ⌈demand(S) / capacity⌉ of them
    (Laporte and Nobert 1983).

    Sets are looked for by components and by growing from every customer; edges that are left out are priced
    at the end, so that the multipliers prove the bound for all of them. In units of 1 / scale; None if the
    time was too short for a pass.
    """
    began = time.monotonic()
    n, q = problem.size, problem.capacity
    d = np.minimum(problem.distance, problem.distance.T).astype(float)
    i, j = np.triu_indices(n, 1)
    cost, top = d[i, j], np.where(i == 0, 2.0, 1.0)
    kept = _first_edges(d, i, j)
    least = -(-int(problem.demand.sum()) // q) if q else 1
    fleet = float(problem.vehicles if problem.vehicles is not None else n - 1)
    if least > fleet:
        return None
    sets: list[np.ndarray] = []
    idle: dict[bytes, int] = {}  # passes that each set has not mattered
    best = None
    while True:
        solved = _relaxed(
            n, i, j, cost, top, kept, sets, problem, least, fleet, began + seconds - time.monotonic()
        )
        if solved is None:
            return best
        x, y = solved
        rows, low, high = _rows(n, i, j, np.arange(len(i)), sets, problem, least, fleet)
        value, _ = proven(cost, rows, low, high, np.zeros(len(i)), top, y)
        best = value if best is None else max(best, value)
        slope = cost - rows.T @ y
        wanted = np.flatnonzero((slope < -1e-7 * (1 + cost)) & ~kept)
        kept[wanted[np.argsort(slope[wanted], kind="stable")[: 5 * n]]] = True
        idle = {
            k: idle.get(k, 0) + 1 if multiplier == 0 else 0
            for k, multiplier in zip(map(bytes, sets), y[n:], strict=True)
        }
        sets = [s for s in sets if idle[bytes(s)] < _IDLE]
        found = _violated(n, i, j, x, problem, sets, began + seconds)
        sets += found
        if (not len(wanted) and not found) or time.monotonic() - began > 0.8 * seconds:
            return best


def _first_edges(d: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    n = len(d)
    near = np.argsort(d + np.where(np.eye(n, dtype=bool), np.inf, 0), 1, kind="stable")[:, :_NEAR]
    mask = np.zeros((n, n), bool)
    mask[np.arange(n)[:, None], near] = True
    return (mask | mask.T)[i, j] | (i == 0)


def _rows(
    n: int,
    i: np.ndarray,
    j: np.ndarray,
    kept: np.ndarray,
    sets: list[np.ndarray],
    problem: Routing,
    least: int,
    fleet: float,
) -> tuple[csr_matrix, np.ndarray, np.ndarray]:
    """Degrees of all nodes, then a row a set, over the edges that are kept (their places among all)."""
    m = len(kept)
    degree = csr_matrix(
        (np.ones(2 * m), (np.concatenate([i[kept], j[kept]]), np.tile(np.arange(m), 2))), (n, m)
    )
    low, high = np.full(n, 2.0), np.full(n, 2.0)
    low[0], high[0] = 2.0 * least, 2.0 * fleet
    if not sets:
        return degree, low, high
    place = np.full(len(i), -1)
    place[kept] = np.arange(m)
    at, edge = [], []
    for k, members in enumerate(sets):
        a, b = np.triu_indices(len(members), 1)
        first, second = members[a], members[b]  # sorted, so first < second
        found = place[first * n - first * (first + 1) // 2 + second - first - 1]
        edge.append(found[found >= 0])
        at.append(np.full(len(edge[-1]), k))
    from scipy.sparse import vstack

    inside = csr_matrix(
        (np.ones(sum(map(len, edge))), (np.concatenate(at), np.concatenate(edge))), (len(sets), m)
    )
    rows = csr_matrix(vstack([degree, inside]))
    sides = np.array([len(s) - _needed(problem, s) for s in sets], float)
    return rows, np.append(low, np.full(len(sets), -np.inf)), np.append(high, sides)


def _needed(problem: Routing, customers: np.ndarray) -> int:
    """Vehicles that a set needs."""
    return -(-int(problem.demand[customers].sum()) // problem.capacity) if problem.capacity else 1


def _relaxed(
    n: int, i: np.ndarray, j: np.ndarray, cost: np.ndarray, top: np.ndarray, kept: np.ndarray,
    sets: list[np.ndarray], problem: Routing, least: int, fleet: float, seconds: float,
) -> tuple[np.ndarray, np.ndarray] | None:  # fmt: skip
    from scipy.optimize import linprog

    if seconds <= 0:
        return None
    rows, low, high = _rows(n, i, j, np.flatnonzero(kept), sets, problem, least, fleet)
    equal, above = np.arange(1, n), np.arange(n, len(low))
    upper = csr_matrix(coo_matrix(rows[np.concatenate([[0], above])]))
    first = -rows[[0]]
    from scipy.sparse import vstack

    found = linprog(
        cost[kept], vstack([upper, first], format="csr"), np.concatenate([[high[0]], high[above], [-low[0]]]),
        rows[equal], low[equal], np.stack([np.zeros(kept.sum()), top[kept]], 1), method="highs",
        options={"time_limit": seconds},
    )  # fmt: skip
    if found.status != 0:
        return None
    y = np.zeros(len(low))
    marginal = np.minimum(0.0, found.ineqlin.marginals)
    y[0] = marginal[0] - marginal[-1]
    y[above] = marginal[1:-1]
    y[equal] = found.eqlin.marginals
    x = np.zeros(len(i))
    x[kept] = found.x
    return x, y


def _violated(
    n: int,
    i: np.ndarray,
    j: np.ndarray,
    x: np.ndarray,
    problem: Routing,
    known: list[np.ndarray],
    deadline: float,
) -> list[np.ndarray]:
    """Sets of customers with more edges inside than they may have."""
    used = (x > 1e-6) & (i > 0)
    w = np.zeros((n, n))
    w[i[used], j[used]] = w[j[used], i[used]] = x[used]
    count, part = connected_components(csr_matrix(w[1:, 1:]), directed=False)
    tried = [1 + np.flatnonzero(part == k) for k in range(count)]
    tried += [np.setdiff1d(np.arange(1, n), s) for s in tried if len(s) < n - 1]
    seen = {s.tobytes() for s in known}
    found: list[tuple[float, np.ndarray]] = []

    def look(s: np.ndarray) -> None:
        if len(s) >= 2 and s.tobytes() not in seen:
            excess = w[np.ix_(s, s)].sum() / 2 - (len(s) - _needed(problem, s))
            if excess > 0.02:
                seen.add(s.tobytes())
                found.append((float(excess), s))

    for s in tried:
        look(np.sort(s))
    for start in range(1, n):
        if time.monotonic() > deadline:
            break
        members, weight = [start], w[start].copy()
        weight[[0, start]] = -np.inf
        for _ in range(min(n - 2, 40)):
            k = int(weight.argmax())
            if weight[k] <= 1e-9:
                break
            members.append(k)
            weight += w[k]
            weight[[0, *members]] = -np.inf
            look(np.sort(np.array(members)))
    found.sort(key=lambda f: -f[0])
    return [s for _, s in found[:_CUTS]]
