"""Simulated quantum annealing: a transverse field as coupled copies of the spins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qualms.kernels.annealing import IsingModel, Replicas
from qualms.problems.problem import Problem
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.records.twin import Twin
from qualms.solve.encodings import ising_encoding
from qualms.solve.solvers.annealing import temperatures
from qualms.solve.solvers.solver import Clock, Effort, Finding, positive, without_spins

_FIRST, _GROWTH = 60, 2  # field strengths of the first round, and how many more each next has
_MOST = 4_000_000  # spins of all slices


class PathIntegralSolver:
    """Path-integral Monte Carlo of the transverse-field Ising model, its field lowered from strong to none.

    P slices of the spins, each at the temperature P·T, coupled to their neighbours in imaginary time by J⊥ =
    −(P T / 2) ln tanh(Γ / (P T)): one larger classical system, swept by the annealing kernel. Simulated on a
    classical computer; the path integral is the physics of a quantum annealer in equilibrium, not its
    dynamics. Its effort is sweeps over all slices.

    References
    ----------
    Martoňák, Santoro, Tosatti, "Quantum annealing by the path-integral Monte Carlo method", Phys. Rev. B 66,
    094203 (2002).
    """

    name = "path-integral"
    quadrant = Quadrant("classical", "simulated quantum")

    def __init__(self, slices: int = 16, replicas: int = 8, threads: int = 2, sweeps: int = 4) -> None:
        self.slices, self.replicas = positive("slices", slices, 3), positive("replicas", replicas)
        self.threads, self.sweeps = positive("threads", threads), positive("sweeps", sweeps)

    @property
    def twins(self) -> tuple[Twin, ...]:
        return (THERMAL,)

    def refuses(self, problem: Problem) -> str | None:
        why = without_spins(problem)
        if why is not None:
            return why
        n = ising_encoding(problem).model.n
        return (
            f"{n} spins in {self.slices} slices; at most {_MOST:,} in all"
            if n * self.slices > _MOST
            else None
        )

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        encoding = ising_encoding(problem)
        c, best, steps, attempt = encoding.model, np.inf, _FIRST, 0
        sweeps = 0
        stacked, across = _stacked(c, self.slices)
        hot, cold = temperatures(c)
        rate = None  # field strengths a second
        while not clock.over() or best == np.inf:
            if rate is not None and clock.limits.rounds is None:
                steps = max(10, min(steps, int(0.95 * rate * clock.left)))
            replicas, before = (
                Replicas(stacked, self.replicas, seed + 7919 * attempt, self.threads),
                clock.spent,
            )
            temperature = self.slices * cold  # T of a slice's own energy
            made = 0
            for field in np.geomspace(3 * hot, 1e-2 * cold, steps):
                made += 1
                coupling = -0.5 * temperature * np.log(np.tanh(max(field / temperature, 1e-300)))
                replicas.reweighted(across, -min(coupling, 50 * temperature))
                sweeps += replicas.sweep(np.full(self.sweeps, 1 / temperature), max(clock.left, 0.05))
                if clock.left == 0:
                    break
            rate = made / max(1e-6, clock.spent - before)
            yield Effort(sweeps, "sweeps")
            slices = replicas.spins.reshape(-1, c.n)
            energies = c.energies(slices)
            k = int(energies.argmin())
            if energies[k] < best:
                best = energies[k]
                yield encoding.decode(slices[k])
            steps, attempt = steps * _GROWTH, attempt + 1
            clock.made()


class ThermalTwin:
    """As many sweeps over as many spins by temperature alone: every slice of every replica is annealed by
    itself, from hot to cold.

    How many `Limits.effort` says. What differs from path-integral annealing is the transverse field that
    couples the slices.
    """

    quadrant = CLASSICAL

    def __init__(self, of: PathIntegralSolver) -> None:
        self.of, self.name = of, THERMAL.name_of(of.name)

    def refuses(self, problem: Problem) -> str | None:
        return self.of.refuses(problem)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        encoding = ising_encoding(problem)
        c, best, steps, attempt, made = encoding.model, np.inf, _FIRST * self.of.sweeps, 0, 0
        hot, cold = temperatures(c)
        rate = None  # sweeps a second
        while best == np.inf or not clock.over(made):
            if rate is not None and clock.limits.rounds is None:
                steps = max(10, min(steps, int(0.95 * rate * clock.left)))
            if clock.limits.effort is not None:
                steps = min(steps, clock.limits.effort - made)
            replicas = Replicas(c, self.of.slices * self.of.replicas, seed + 7919 * attempt, self.of.threads)
            before = clock.spent
            done = replicas.sweep(1 / np.geomspace(hot, cold, steps), max(clock.left, 0.05))
            rate = done / max(1e-6, clock.spent - before)
            made += done
            yield Effort(made, "sweeps")
            k = int(replicas.energies.argmin())
            if replicas.energies[k] < best:
                best = replicas.energies[k]
                yield encoding.decode(replicas.spins[k])
            steps, attempt = steps * _GROWTH, attempt + 1
            clock.made()


THERMAL = Twin(
    "thermal", "as many spins are annealed by temperature alone, without the transverse field", ThermalTwin
)


def _stacked(c: IsingModel, slices: int) -> tuple[IsingModel, np.ndarray]:
    """The system P times over, each spin coupled to itself in the next slice; and where those couplings stand
    among the values.
    """
    i, j, values = c.pairs()
    shift = np.arange(slices)[:, None] * c.n
    own = np.arange(c.n)
    nexts = (np.arange(slices)[:, None] + 1) % slices * c.n
    first = np.concatenate([(i + shift).reshape(-1), (own + shift).reshape(-1)])
    second = np.concatenate([(j + shift).reshape(-1), (own + nexts).reshape(-1)])
    weight = np.concatenate([np.tile(values, slices), np.ones(own.size * len(shift))])
    stacked = IsingModel.from_pairs(slices * c.n, first, second, weight, np.tile(c.fields, slices))
    rows = np.repeat(np.arange(stacked.n), np.diff(stacked.first))
    across = rows // c.n != stacked.neighbours // c.n
    return stacked, across
