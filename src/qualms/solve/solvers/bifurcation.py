"""Simulated bifurcation: classical oscillators that settle into spins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qualms.problems.problem import Problem
from qualms.records.quadrant import Quadrant
from qualms.solve.encodings import ising_encoding
from qualms.solve.solvers.solver import Clock, Finding, positive, without_spins

_FIRST, _GROWTH, _STEP = 200, 3, 1.0
_LOOK = 32  # steps between two looks at the clock


class BifurcationSolver:
    """Discrete simulated bifurcation, oscillators in batches; rounds of more and more steps.

    References
    ----------
    Goto et al., "High-performance combinatorial optimization based on classical mechanics", Science Advances
    7, eabe7953 (2021): its dSB, with c₀ = .5 / (√n · σ_J). Inspired by a quantum machine and wholly
    classical.
    """

    name = "bifurcation"
    quadrant = Quadrant("classical", "quantum-inspired")

    def __init__(self, replicas: int = 32) -> None:
        self.replicas = positive("replicas", replicas)

    def refuses(self, problem: Problem) -> str | None:
        return without_spins(problem)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        encoding = ising_encoding(problem)
        from scipy.sparse import csr_matrix

        c, best, steps, attempt = encoding.model, np.inf, _FIRST, 0
        matrix = csr_matrix((c.values, c.neighbours, c.first), (c.n, c.n))
        spread = np.sqrt((c.values**2).sum() / max(1, c.n * (c.n - 1)) + (c.fields**2).sum() / max(1, c.n))
        strength = 0.5 / max(1e-12, spread * np.sqrt(max(1, c.n)))
        rate = None
        while not clock.over() or best == np.inf:
            if rate is not None and clock.limits.rounds is None:
                steps = max(20, min(steps, int(0.95 * rate * clock.left)))
            rng, began = np.random.default_rng([seed, attempt]), clock.spent
            x, y = rng.uniform(-0.1, 0.1, (c.n, self.replicas)), rng.uniform(-0.1, 0.1, (c.n, self.replicas))
            made = 0
            for made in range(1, steps + 1):
                signs = np.where(x >= 0, 1.0, -1.0)
                y -= _STEP * ((1 - made / steps) * x + strength * (matrix @ signs + c.fields[:, None]))
                x += _STEP * y
                wall = np.abs(x) > 1
                x[wall], y[wall] = np.sign(x[wall]), 0.0
                if made % _LOOK == 0 and clock.left == 0:
                    break
            rate = made / max(1e-6, clock.spent - began)
            spins = np.where(x >= 0, 1, -1).T
            energies = c.energies(spins)
            k = int(energies.argmin())
            if energies[k] < best:
                best = energies[k]
                yield encoding.decode(spins[k])
            steps, attempt = steps * _GROWTH, attempt + 1
            clock.made()
