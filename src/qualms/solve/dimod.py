"""dimod both ways: its models as problems, its samplers as solvers, and ours as `dimod.Sampler`s."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from qualms.errors import ConfigError, DataError, MissingExtraError
from qualms.kernels.annealing import IsingModel, Replicas
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Problem
from qualms.problems.quadratic import QUBO, Ising
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.solve.encodings import ising_encoding
from qualms.solve.solvers.annealing import temperatures
from qualms.solve.solvers.solver import Clock, Finding, without_spins

try:
    import dimod
except ImportError:
    raise MissingExtraError("dimod", "solve", "dimod's models and samplers") from None


def read_model(path: Path) -> Problem:
    """A binary or constrained quadratic model as dimod's `to_file` writes it.

    Raises
    ------
    DataError : if dimod cannot read it. ConfigError : for a model that has no form here, see `from_cqm`.
    """
    try:
        with path.open("rb") as file:
            model = dimod.CQM.from_file(file) if path.suffix.lower() == ".cqm" else dimod.BQM.from_file(file)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except Exception as error:
        raise DataError(f"{path}: dimod cannot read it: {str(error).splitlines()[0] if str(error) else type(error).__name__}") from None
    return from_cqm(model, path.stem) if path.suffix.lower() == ".cqm" else from_bqm(model, path.stem)


def from_bqm(bqm: dimod.BQM, name: str = "bqm") -> QUBO | Ising:
    """A binary quadratic model; variables in its own order. Raises ConfigError for one without variables."""
    if not bqm.num_variables:
        raise ConfigError(f"{name}: a model without variables")
    place = {v: k for k, v in enumerate(bqm.variables)}
    linear = [float(bqm.linear[v]) for v in bqm.variables]
    ends = [(place[u], place[v], float(b)) for (u, v), b in bqm.quadratic.items()]
    i = np.array([min(a, b) for a, b, _ in ends], np.int64)
    j = np.array([max(a, b) for a, b, _ in ends], np.int64)
    values = [b for _, _, b in ends]
    offset = Decimals.of([float(bqm.offset)]).total()
    labels = () if list(bqm.variables) == list(range(len(linear))) else tuple(str(v) for v in bqm.variables)
    if bqm.vartype is dimod.SPIN:
        return Ising(len(linear), i, j, Decimals.of(values), Decimals.of(linear), offset, name=name, labels=labels)
    every = np.arange(len(linear))
    return QUBO(
        len(linear), np.concatenate([every, i]), np.concatenate([every, j]), Decimals.of([*linear, *values]), offset, name=name, labels=labels
    )


def from_cqm(cqm: dimod.CQM, name: str = "cqm") -> MixedInteger:
    """A constrained quadratic model with linear constraints; spins become bits.

    Raises
    ------
    ConfigError : for products in constraints, soft constraints, or a model without variables.
    """
    soft = [c for c in cqm.constraint_labels if cqm.is_soft(c)] if hasattr(cqm, "is_soft") else [c for c in cqm.constraints if c in cqm._soft]
    if soft:
        raise ConfigError(f"{name}: constraint {soft[0]!r} is soft, which has no form here")
    spins = [str(v) for v in cqm.variables if cqm.vartype(v) is dimod.SPIN]
    notes = (f"{len(spins)} spins ({', '.join(spins[:5])}{', …' * (len(spins) > 5)}) were turned into bits x: the spin is 2 x − 1",) if spins else ()
    cqm = cqm.spin_to_binary(inplace=False)
    variables = list(cqm.variables)
    if not variables:
        raise ConfigError(f"{name}: a model without variables")
    place = {v: k for k, v in enumerate(variables)}
    n = len(variables)
    cost = np.array([float(cqm.objective.linear.get(v, 0.0)) if v in cqm.objective.variables else 0.0 for v in variables])
    ends = [(place[u], place[v], float(b)) for (u, v), b in cqm.objective.quadratic.items()]
    at, columns, values, low, high, labels = [], [], [], [], [], []
    for k, (label, c) in enumerate(cqm.constraints.items()):
        if c.lhs.num_interactions:
            raise ConfigError(f"{name}: constraint {label!r} has products, which have no form here")
        for v, b in c.lhs.linear.items():
            if b:
                at.append(k)
                columns.append(place[v])
                values.append(float(b))
        side = float(c.rhs) - float(c.lhs.offset)
        low.append(side if c.sense in (dimod.sym.Sense.Eq, dimod.sym.Sense.Ge) else -np.inf)
        high.append(side if c.sense in (dimod.sym.Sense.Eq, dimod.sym.Sense.Le) else np.inf)
        labels.append(str(label))
    return MixedInteger(
        cost, np.array([float(cqm.lower_bound(v)) for v in variables]), np.array([float(cqm.upper_bound(v)) for v in variables]),
        np.array([cqm.vartype(v) is not dimod.REAL for v in variables]), csr_matrix((values, (at, columns)), (len(low), n)),
        np.array(low, float), np.array(high, float), np.array([min(a, b) for a, b, _ in ends], np.int64),
        np.array([max(a, b) for a, b, _ in ends], np.int64), np.array([b for _, _, b in ends], float), float(cqm.objective.offset), name=name,
        names=[str(v) for v in variables], row_names=labels, notes=notes,
    )  # fmt: skip


def to_bqm(c: IsingModel) -> dimod.BQM:
    """Spins 0 … n − 1 as a model of spins."""
    i, j, values = c.pairs()
    bqm = dimod.BQM(dimod.SPIN)
    bqm.add_linear_from(zip(range(c.n), c.fields.tolist(), strict=True))
    bqm.add_quadratic_from(zip(i.tolist(), j.tolist(), values.tolist(), strict=True))
    bqm.offset = c.offset
    return bqm


class AnnealingSampler(dimod.Sampler, dimod.Initialized):
    """Simulated annealing on the compiled kernel, as a `dimod.Sampler`: ``AnnealingSampler().sample(bqm, num_reads=100, seed=1)``."""

    parameters: ClassVar[Mapping[str, Any]] = {
        "num_reads": [], "num_sweeps": [], "seed": [], "beta_range": [], "initial_states": [], "initial_states_generator": [], "threads": [],
    }  # fmt: skip
    properties: ClassVar[Mapping[str, Any]] = {}

    def sample(
        self, bqm: dimod.BQM, *, num_reads: int | None = None, num_sweeps: int = 1000, seed: int | None = None,
        beta_range: tuple[float, float] | None = None, initial_states: Any = None, initial_states_generator: str = "random", threads: int = 2,
        **unknown: Any,
    ) -> dimod.SampleSet:  # fmt: skip
        """Independent samples.

        Parameters
        ----------
        bqm : of spins or bits. num_reads : samples, default 1, or as many as there are initial states. num_sweeps : of each. seed : decides
            everything; without one it is drawn. beta_range : first and last inverse temperature; default from the model.
        initial_states, initial_states_generator : see `dimod.Initialized`; without states, random ones.

        Raises
        ------
        ValueError : for counts below one, or a keyword that is not listed.
        """
        if unknown:
            raise ValueError(f"unknown keyword {next(iter(unknown))!r}; there are {', '.join(self.parameters)}")
        if num_sweeps < 1 or (num_reads is not None and num_reads < 1):
            raise ValueError(f"num_reads={num_reads} and num_sweeps={num_sweeps}: at least 1 of each")
        seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
        if not bqm.num_variables:
            return dimod.SampleSet.from_samples_bqm(np.empty((num_reads or 1, 0), np.int8), bqm)
        spin = bqm.spin
        variables = list(bqm.variables)
        c = _couplings(spin, variables)
        starts = None
        if initial_states is not None:
            parsed = self.parse_initial_states(bqm, initial_states, initial_states_generator, num_reads, seed)
            states = parsed.initial_states.record.sample[:, [parsed.initial_states.variables.index(v) for v in variables]]
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
    """Any `dimod.Sampler` as a solver: ``DimodSolver(neal_sampler, num_reads=100)``. A round is one call of it.

    Parameters
    ----------
    sampler : with dimod's `sample`. quadrant : what it computes on; a sampler does not say, so hardware must be told.
    options : for every call. A keyword `seed` is passed on where the sampler lists one.
    """

    def __init__(self, sampler: dimod.Sampler, quadrant: Quadrant = CLASSICAL, name: str | None = None, **options: Any) -> None:
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


def _couplings(spin: dimod.BQM, variables: list[Any]) -> IsingModel:
    vectors = spin.to_numpy_vectors(variable_order=variables)
    return IsingModel.from_pairs(
        len(variables), vectors.quadratic.row_indices, vectors.quadratic.col_indices, vectors.quadratic.biases, vectors.linear_biases, vectors.offset
    )
