"""Every spin vector, one after the other: the oracle."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qualms.problems.problem import Problem
from qualms.records.quadrant import CLASSICAL
from qualms.solve.encodings import ising_encoding
from qualms.solve.solvers.solver import Clock, Finding, without_spins

_MOST = 26
_BLOCK = 14  # low spins taken at once


class ExactSolver:
    """Enumeration of up to 26 spins; what it ends with is the optimum, if the time was enough."""

    name = "exact"
    quadrant = CLASSICAL

    def refuses(self, problem: Problem) -> str | None:
        why = without_spins(problem)
        if why is not None:
            return why
        n = ising_encoding(problem).model.n
        return f"{n} spins are too many to enumerate; at most {_MOST}" if n > _MOST else None

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        encoding = ising_encoding(problem)
        c = encoding.model
        low = min(_BLOCK, c.n)
        i, j, values = c.pairs()
        dense = np.zeros((c.n, c.n))
        dense[i, j] = values
        codes = np.arange(1 << low)
        block = (2 * ((codes[:, None] >> np.arange(low)) & 1) - 1).astype(np.float64)  # (2^low, low)
        inside = np.einsum("bi,ij,bj->b", block, dense[:low, :low], block) + block @ c.fields[:low]
        best = np.inf
        for code in range(1 << (c.n - low)):
            high = 2.0 * ((code >> np.arange(c.n - low)) & 1) - 1
            energies = (
                inside
                + block @ (dense[:low, low:] @ high)
                + high @ dense[low:, low:] @ high
                + high @ c.fields[low:]
            )
            k = int(energies.argmin())
            if energies[k] < best:
                best = energies[k]
                yield encoding.decode(np.concatenate([block[k], high]))
            if clock.left == 0:
                return
            clock.made()
