"""The classical twins of sampling circuits: other samples, as many, and the same work after them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from qualms.errors import ConfigError
from qualms.kernels.annealing import Replicas
from qualms.problems.problem import Problem
from qualms.records.quadrant import CLASSICAL
from qualms.records.twin import Twin
from qualms.solve.encodings import IsingEncoding, ising_encoding
from qualms.solve.qaoa.circuit import warm_angles
from qualms.solve.solvers.annealing import temperatures
from qualms.solve.solvers.gaussian import rounded
from qualms.solve.solvers.samples import choose_one_each, lowest, warm_start
from qualms.solve.solvers.solver import Clock, Effort, Finding, Limits

if TYPE_CHECKING:
    from qualms.solve.solvers.qaoa import QAOASolver


class Placebo:
    """A quantum solver without its circuit: as many samples of the same start, unentangled and unturned, and
    the same work after them.

    How many `Limits.effort` says; without it one batch. Plain and CVaR arms get uniform spins; the XY arm
    uniform choices of each group; the warm arm its start state's own product of coins.

    Parameters
    ----------
    of : QAOASolver
        The solver whose twin it is.
    """

    quadrant = CLASSICAL

    def __init__(self, of: QAOASolver) -> None:
        self.of, self.name = of, UNIFORM.name_of(of.name)

    def refuses(self, problem: Problem) -> str | None:
        return self.of.refuses(problem)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        encoding, rng = ising_encoding(problem), np.random.default_rng([seed, 1])
        c, best, drawn = encoding.model, np.inf, 0
        most = self.of.shots if clock.limits.effort is None else clock.limits.effort
        while drawn < most:
            count = min(most - drawn, self.of.shots)
            spins = self.draw(encoding, count, clock, seed, rng)
            best, found = lowest(c, spins, best, self.of.descend, clock)
            drawn += count
            yield Effort(drawn, "samples")
            if found is not None:
                yield encoding.decode(found)
            clock.made()

    def draw(
        self, encoding: IsingEncoding, count: int, clock: Clock, seed: int, rng: np.random.Generator
    ) -> np.ndarray:
        """(count, n) float64 of −1 and 1."""
        c = encoding.model
        chance = (
            np.sin(warm_angles(warm_start(c, seed)) / 2) ** 2
            if self.of.mixer == "warm"
            else np.full(c.n, 0.5)
        )
        spins = np.where(rng.random((count, c.n)) < chance, -1.0, 1.0)
        if self.of.mixer == "xy":
            choose_one_each(spins, encoding.one_hot, rng)
        return spins


class AnnealedPlacebo(Placebo):
    """As many samples from a classical annealer that sweeps as often as the circuit has layers, each sweep
    using every coupling once, as a layer does.
    """

    def __init__(self, of: QAOASolver) -> None:
        super().__init__(of)
        self.name = ANNEALED.name_of(of.name)

    def draw(
        self, encoding: IsingEncoding, count: int, clock: Clock, seed: int, rng: np.random.Generator
    ) -> np.ndarray:
        c = encoding.model
        replicas = Replicas(c, count, int(rng.integers(2**31)))
        replicas.sweep(1 / np.geomspace(*temperatures(c), self.of.depth), max(clock.left, 0.05))
        return replicas.spins[:count].astype(np.float64)


class GaussianPlacebo(Placebo):
    """As many signs of normal variables that have the means and the two-body correlations of the circuit's
    own samples, which is what a noisy device keeps of a circuit first.

    `Limits.marginals` has them; without it the circuit is run once for them.
    """

    def __init__(self, of: QAOASolver) -> None:
        super().__init__(of)
        self.name = GAUSSIAN.name_of(of.name)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        if clock.limits.marginals is None:
            once = Clock(Limits(clock.left, rounds=1))
            told = [f for f in self.of.run(problem, once, seed) if isinstance(f, Effort)]
            marginals = next((f.marginals for f in reversed(told) if f.marginals is not None), None)
            if marginals is None:
                raise ConfigError(f"{self.of.name} drew no sample, so there are no marginals to imitate")
            clock = Clock(replace(clock.limits, seconds=clock.left, marginals=marginals))
        yield from super().run(problem, clock, seed)

    def draw(
        self, encoding: IsingEncoding, count: int, clock: Clock, seed: int, rng: np.random.Generator
    ) -> np.ndarray:
        assert clock.limits.marginals is not None
        return rounded(clock.limits.marginals, count, rng)


UNIFORM = Twin("placebo", "random classical samples stand in place of the quantum circuit's", Placebo)
ANNEALED = Twin(
    "annealed",
    "samples of a classical annealer, with a sweep for each layer, stand in place of the quantum circuit's",
    AnnealedPlacebo,
)
GAUSSIAN = Twin(
    "gaussian",
    "signs of normal variables with the circuit's means and pair correlations stand in place of its samples",
    GaussianPlacebo,
)
PLACEBOS = (UNIFORM, ANNEALED, GAUSSIAN)
