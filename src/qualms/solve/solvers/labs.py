"""Memetic tabu search for low-autocorrelation sequences."""

from __future__ import annotations

from collections.abc import Iterator

from qualms.kernels.labs import MOST, LabsSearch
from qualms.problems.labs import LABS
from qualms.problems.problem import Problem
from qualms.records.quadrant import CLASSICAL
from qualms.solve.solvers.solver import Clock, Finding

_ROUND = 1000  # offspring
_PIECE = 20  # offspring between looks at Ctrl-C, where rounds count
_SLICE = 0.1  # seconds between looks at Ctrl-C


class MemeticLABSSolver:
    """Gallardo, Cotta and Fernández's memetic tabu search (2009) on the compiled kernel.

    A round is 1,000 offspring.
    """

    name = "memetic-labs"
    quadrant = CLASSICAL

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem, LABS):
            return f"the memetic search of sequences takes labs, not a problem of kind {problem.kind!r}"
        return f"{problem.n} elements; at most {MOST}" if problem.n > MOST else None

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        search, left = LabsSearch(problem.size, seed), _ROUND
        while not clock.over() or search.made == 0:
            if clock.limits.rounds is None:
                made, better = search.improve(left, min(_SLICE, clock.left))
            else:  # slices have a size and not a time, so that two runs are the same
                made, better = search.improve(min(left, _PIECE), clock.left)
            if better:
                yield search.best.astype(int).copy()
            left -= made
            if left <= 0:
                clock.made()
                left = _ROUND
