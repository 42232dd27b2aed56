"""dimod's samplers as solvers, and our annealing as a `dimod.Sampler`; `formats.dimod` has its models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from qualms.formats.dimod import dimod, from_spins, to_bqm
from qualms.kernels.annealing import Replicas
from qualms.problems.problem import Problem
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.solve.encodings import ising_encoding
from qualms.solve.solvers.annealing import temperatures
from qualms.solve.solvers.solver import Clock, Finding, without_spins


class AnnealingSampler(dimod.Sampler, dimod.Initialized):
    """Simulated annealing on the compiled kernel, as a `dimod.Sampler`: ``AnnealingSampler().sample(bqm,
    num_reads=100, seed=1)``.
    """

    parameters: ClassVar[Mapping[str, Any]] = {
        "num_reads": [], "num_sweeps": [], "seed": [], "beta_range": [], "initial_states": [],
        "initial_states_generator": [], "threads": [],
    }  # fmt: skip
    properties: ClassVar[Mapping[str, Any]] = {}

    def sample(
        self, bqm: dimod.BQM, *, num_reads: int | None = None, num_sweeps: int = 1000,
        seed: int | None = None, beta_range: tuple[float, float] | None = None, initial_states: Any = None,
        initial_states_generator: str = "random", threads: int = 2, **unknown: Any,
    ) -> dimod.SampleSet:  # fmt: skip
        """Independent samples.

        Parameters
        ----------
        bqm : dimod.BQM
            The model, of spins or bits.
        num_reads : int, optional
            Samples, default 1, or as many as there are initial states.
        num_sweeps : int, default 1000
            Sweeps of each sample.
        seed : int, optional
            Decides everything; without one it is drawn.
        beta_range : tuple[float, float], optional
            First and last inverse temperature; default from the model.
        initial_states : Any, optional
            States to begin with, in a form that `dimod.Initialized` takes; without them, random ones.
        initial_states_generator : str, default "random"
            Where more states are needed than given, see `dimod.Initialized`.

        Raises
        ------
        ValueError
            For counts below one, or a keyword that is not listed.
        """
        if unknown:
            raise ValueError(
                f"unknown keyword {next(iter(unknown))!r}; there are {', '.join(self.parameters)}"
            )
        if num_sweeps < 1 or (num_reads is not None and num_reads < 1):
            raise ValueError(f"num_reads={num_reads} and num_sweeps={num_sweeps} must be at least 1")
        seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
        if not bqm.num_variables:
            return dimod.SampleSet.from_samples_bqm(np.empty((num_reads or 1, 0), np.int8), bqm)
        spin = bqm.spin
        variables = list(bqm.variables)
        c = from_spins(spin)
        starts = None
        if initial_states is not None:
            parsed = self.parse_initial_states(bqm, initial_states, initial_states_generator, num_reads, seed)
            states = parsed.initial_states.record.sample[
                :, [parsed.initial_states.variables.index(v) for v in variables]
            ]
            starts, num_reads = np.where(states > 0, 1, -1), len(states)
        reads = num_reads or 1
        hot, cold = temperatures(c)
        betas = np.geomspace(*(beta_range or (1 / hot, 1 / cold)), num_sweeps)
        replicas = Replicas(c, reads, seed, threads)
        if starts is not None:
            replicas.spins = np.resize(starts, (len(replicas), c.n))
        replicas.sweep(betas)
        found = dimod.SampleSet.from_samples_bqm((replicas.spins[:reads], variables), spin)
        return found.change_vartype(bqm.vartype, inplace=False)


class DimodSolver:
    """Any `dimod.Sampler` as a solver: ``DimodSolver(neal_sampler, num_reads=100)``.

    A round is one call of it.

    Parameters
    ----------
    sampler : dimod.Sampler
        With dimod's `sample`.
    quadrant : Quadrant, optional
        What it computes on; a sampler does not say, so hardware must be told.
    options : Any
        Options for every call. A keyword `seed` is passed on where the sampler lists one.
    """

    def __init__(
        self, sampler: dimod.Sampler, quadrant: Quadrant = CLASSICAL, name: str | None = None, **options: Any
    ) -> None:
        self.sampler, self.quadrant, self.options = sampler, quadrant, options
        self.name = name or f"dimod/{type(sampler).__name__}"

    def refuses(self, problem: Problem) -> str | None:
        return without_spins(problem)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        encoding = ising_encoding(problem)
        bqm, best, made = to_bqm(encoding.model), np.inf, 0
        while made == 0 or not clock.over():
            seeded = {"seed": (seed + 7919 * made) % 2**31} if "seed" in self.sampler.parameters else {}
            lowest = self.sampler.sample(bqm, **self.options, **seeded).first
            if lowest.energy < best:
                best = lowest.energy
                yield encoding.decode(np.array([lowest.sample[k] for k in range(encoding.model.n)]))
            made += 1
            clock.made()
            if not seeded and clock.limits.rounds is None and made >= 1000:
                return
