"""The jobs that are no optimization: tell a column of a table, solve a linear system, draw states.

Each is done by serious classical methods, with the quantum learner of the field and its twins beside them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qualms.data.numbers import finite, plain
from qualms.errors import ConfigError, DataError, TooLargeError
from qualms.execution.event import Listener, unheard
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.intake import Understood
from qualms.records import Record
from qualms.specification.base import number
from qualms.specification.other_jobs import Classification, LinearSystem, Sampling

if TYPE_CHECKING:
    from qualms.learn.comparison.candidates import Candidate
    from qualms.learn.table import LearningTable

OtherJob = Classification | LinearSystem | Sampling

MOST_SAMPLED = 20  # variables whose states are all looked at
_MOST_CHAINS = 9  # variables up to which exact gaps of chains take seconds
_MOST_TOLD = 20  # unknowns or states that sentences name
_MOST_DRAWN = 1_000_000
_FOLDS, _SETTINGS = 3, 2


@dataclass(frozen=True)
class JobAnswer:
    """What came of a job that is no optimization.

    Attributes
    ----------
    understood : Understood
        What was read, in types and in words.
    sentences : tuple of str
        The answer, and what the quantum method adds to it. Empty for a classification, whose sentences are
        made from its records.
    answer : dict
        The answer as plain data.
    records : tuple of Record
        Of kind "learning"; none of them for a job that no learner did.
    failures : tuple of str
        Lines about methods that did not end.
    """

    understood: Understood
    sentences: tuple[str, ...]
    answer: dict[str, Any]
    records: tuple[Record, ...] = ()
    failures: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "status": "done",
            "specification": json.loads(self.understood.specification.model_dump_json()),
            "paraphrase": list(self.understood.paraphrase),
            "read_by": self.understood.source,
            "answer": self.answer,
            "sentences": list(self.sentences),
            "failures": list(self.failures),
        }


def do(found: Understood, budget: Budget, seed: int = 0, listener: Listener = unheard) -> JobAnswer:
    """Do a job that is no optimization.

    Parameters
    ----------
    found : Understood
        With a specification of one of the three kinds.
    budget : Budget
        Seconds of a classification: no further learner begins after them, and what runs is not cut off. The
        two other jobs take as long as they take.
    seed : int
        Of folds, methods and draws.
    listener : Listener, optional
        Told about the runs of a classification.

    Raises
    ------
    ConfigError
        For a system or a model that contradicts itself, or is singular.
    DataError
        For a table that cannot be read.
    MissingExtraError
        Without scikit-learn, for a classification and a linear system.
    TooLargeError
        For more variables than can be sampled exactly.
    """
    job = found.specification
    if isinstance(job, Classification):
        return _classified(found, job, budget, seed, listener)
    if isinstance(job, LinearSystem):
        return _solved(found, job)
    assert isinstance(job, Sampling)
    return _sampled(found, job, seed)


def _classified(
    found: Understood, job: Classification, budget: Budget, seed: int, listener: Listener
) -> JobAnswer:
    from qualms.learn.comparison import Design, compare, plan

    table = _read(job)
    if job.features:
        unknown = sorted(set(job.features) - set(table.features))
        if unknown:
            raise ConfigError(f"{job.table}: there is no column {', '.join(unknown)} to learn from")
        dropped = [name for name in table.features if name not in job.features]
        table = _read(job, dropped)
    rare = np.unique(table.y, return_counts=True)[1].min() if table.task == "classification" else _FOLDS
    design = Design(
        folds=int(max(2, min(_FOLDS, rare))), inner=2, seeds=(seed,), settings=_SETTINGS, reduction="pca"
    )
    comparison = plan(table, design)
    records, failures = list[Record](), list[str]()
    ends = time.monotonic() + budget.seconds
    for names in _groups(comparison.candidates):
        if records and time.monotonic() > ends:  # the classical methods run in any case
            failures.append(f"{names[0]} and its twins were not run, since the time was over")
            continue
        jobs = [job for job in comparison.jobs if job.candidate.name in names]
        done = compare(replace(comparison, jobs=jobs), None, listener)
        records += done.records
        failures += done.failures
    answer = {"notes": comparison.table.notes, "methods": [c.name for c in comparison.candidates]}
    return JobAnswer(found, (), answer, tuple(records), tuple(failures))


def _read(job: Classification, dropped: Sequence[str] = ()) -> LearningTable:
    from qualms.learn.table import read_learning_table

    try:
        return read_learning_table(job.table, job.target, drop=dropped)
    except DataError as error:
        hint = f"; options are those of: qualms learn {job.table} --target {job.target}"
        raise DataError(f"{error}{hint if '--' in str(error) else ''}") from None


def _groups(candidates: Sequence[Candidate]) -> list[list[str]]:
    """The classical methods, and then each learner with its twins: what stands together runs together."""
    groups: dict[str, list[str]] = {"": []}
    for candidate in candidates:
        leader = "" if candidate.is_baseline else candidate.twin_of or candidate.name
        groups.setdefault(leader, []).append(candidate.name)
    return list(groups.values())


def _solved(found: Understood, job: LinearSystem) -> JobAnswer:
    A, b, names = _system(job)
    try:
        x = np.linalg.solve(A, b)
    except np.linalg.LinAlgError:
        rank = int(np.linalg.matrix_rank(A))
        raise ConfigError(
            f"{job.name}: the system has no unique solution: its {len(b)} equations have rank {rank}"
        ) from None
    error = float(np.linalg.norm(A @ x - b) / (np.linalg.norm(b) or 1.0))
    told = [f"{name} = {value:.10g}" for name, value in list(zip(names, x, strict=True))[:_MOST_TOLD]]
    if len(names) > _MOST_TOLD:
        told.append(f"and {len(names) - _MOST_TOLD:,} more, which --json has.")
    told.append(f"By Gaussian elimination; what is left of the equations is {error:.1e} of the right side.")
    quantum, records = _by_hhl(A, b, job.name)
    answer = {
        "solution": dict(zip(names, x.tolist(), strict=True)),
        "residual": error,
        **{k: v for k, v in quantum.items() if k != "sentences"},
    }
    return JobAnswer(found, (*told, *quantum["sentences"]), finite(plain(answer)), records)


def _system(job: LinearSystem) -> tuple[np.ndarray, np.ndarray, list[str]]:
    rows, right = len(job.matrix), len(job.right)
    wide = {len(row) for row in job.matrix}
    if wide != {rows} or right != rows:
        raise ConfigError(
            f"{job.name}: a system needs as many equations as unknowns, and a right side for each; it has "
            f"{rows} rows of {' or '.join(map(str, sorted(wide)))} numbers and {right} right sides"
        )
    if job.unknowns and len(job.unknowns) != rows:
        raise ConfigError(f"{job.name}: {len(job.unknowns)} unknowns are named, and there are {rows}")
    A = np.array([[float(number(v)) for v in row] for row in job.matrix])
    b = np.array([float(number(v)) for v in job.right])
    return A, b, list(job.unknowns) or [f"x{k}" for k in range(1, rows + 1)]


def _by_hhl(A: np.ndarray, b: np.ndarray, name: str) -> tuple[dict[str, Any], tuple[Record, ...]]:
    """What the quantum algorithm would make of a system, or why it cannot be tried."""
    from qualms.learn.linear_systems.hhl import hhl
    from qualms.learn.linear_systems.record import records

    started = time.perf_counter()
    try:
        result = hhl(A, b)
    except (ConfigError, TooLargeError) as error:
        return {"hhl": None, "sentences": [f"HHL was not tried. {error}."]}, ()
    sentences = [
        f"The quantum algorithm HHL, simulated with {result.clock_qubits} clock qubits, ends in a state of "
        f"fidelity {result.fidelity:.4f} with the solution; a run succeeds with probability "
        f"{result.success_probability:.2g}, and the condition number is {result.condition_number:.3g}.",
        f"Its relative error is {result.relative_error:.1e}, that of conjugate gradient on the same system "
        f"{result.classical.relative_error:.1e} in {result.classical.seconds:.2g} s. No device ran.",
    ]
    made = tuple(records(result, name, time.perf_counter() - started))
    return {"hhl": result.to_dict(), "sentences": sentences}, made


def _sampled(found: Understood, job: Sampling, seed: int) -> JobAnswer:
    names, temperature = job.model.variables, float(number(job.temperature))
    if len(names) > MOST_SAMPLED:
        raise TooLargeError(
            f"{job.name}: states of {len(names):,} variables cannot all be looked at; at most {MOST_SAMPLED} "
            "can be sampled"
        )
    if not temperature > 0 or not np.isfinite(temperature):
        raise ConfigError(f"{job.name}: the temperature is {temperature:g}, and must be above 0")
    if job.count > _MOST_DRAWN:
        raise TooLargeError(f"{job.name}: {job.count:,} states; at most {_MOST_DRAWN:,} are drawn at a time")
    energies, values = _states(job)
    chances = np.exp(-(energies - energies.min()) / temperature)
    chances /= chances.sum()
    counts = np.random.default_rng(seed).multinomial(job.count, chances)
    order = np.flatnonzero(counts)[np.argsort(-counts[counts > 0], kind="stable")]
    drawn: list[dict[str, Any]] = [
        {
            "state": dict(zip(names, values[k].tolist(), strict=True)),
            "energy": float(energies[k]),
            "count": int(counts[k]),
            "probability": float(chances[k]),
        }
        for k in order
    ]
    told = [
        f"{row['count']:,} times: "
        + ", ".join(f"{name} = {value}" for name, value in row["state"].items())
        + f" (energy {row['energy']:g}, probability {row['probability']:.4f})"
        for row in drawn[:_MOST_TOLD]
    ]
    if len(drawn) > _MOST_TOLD:
        told.append(f"and {len(drawn) - _MOST_TOLD:,} other states, which --json has.")
    told.append(f"Drawn from the exact probabilities of all {len(chances):,} states.")
    answer: dict[str, Any] = {"states": drawn}
    if len(names) <= _MOST_CHAINS:
        answer["chains"], sentence = _chains(job, temperature)
        told.append(sentence)
    return JobAnswer(found, tuple(told), finite(plain(answer)))


def _states(job: Sampling) -> tuple[np.ndarray, np.ndarray]:
    """The energies of all states, low is likely, and the states in the user's values."""
    from qualms.solve.encodings import ising_encoding

    n = len(job.model.variables)
    model = ising_encoding(job.model.build()).model
    bits = (np.arange(1 << n)[:, None] >> np.arange(n - 1, -1, -1)) & 1
    spins = 2 * bits - 1
    rows = np.repeat(np.arange(n), np.diff(model.first))
    upper = rows < model.neighbours
    energies = model.offset + spins @ model.fields
    for i, j, value in zip(rows[upper], model.neighbours[upper], model.values[upper], strict=True):
        energies = energies + value * spins[:, i] * spins[:, j]
    return energies, spins if job.model.kind == "ising" else bits


def _chains(job: Sampling, temperature: float) -> tuple[dict[str, Any] | None, str]:
    """How fast a quantum-enhanced chain and its twins would forget their start on this model."""
    from qualms.learn.mcmc.chains import quantum_enhanced_mcmc
    from qualms.solve.encodings import ising_encoding

    model = ising_encoding(job.model.build()).model
    n = model.n
    couplings = np.zeros((n, n))
    couplings[np.repeat(np.arange(n), np.diff(model.first)), model.neighbours] = model.values
    if not couplings.any() and not model.fields.any():  # the drawn states are right all the same
        return None, "Quantum-enhanced chains were not tried, because all states have the same energy."
    chains = quantum_enhanced_mcmc(couplings, model.fields, temperature)
    return chains.to_dict(), chains.sentence()
