"""A comparison: every method × every seed × every fold of one table, resumed from its records."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from qualms.errors import ConfigError, RunFolderError, TooLargeError
from qualms.execution import (
    Call,
    Died,
    Done,
    Event,
    Executor,
    Failed,
    InlineExecutor,
    Listener,
    make_executor,
)
from qualms.execution.event import unheard
from qualms.execution.executor import ONE_THREAD
from qualms.learn.comparison.candidates import Candidate, candidates
from qualms.learn.comparison.design import Design
from qualms.learn.comparison.folds import alike, check_folds, contradictions, repeated_rows, splits
from qualms.learn.comparison.job import Job, measure
from qualms.learn.deadline import Deadline
from qualms.learn.table import LearningTable
from qualms.records import Record, RunStore, digest

_KERNELS = 3  # matrices of rows × rows that a kernel method holds at a time, at most


@dataclass(frozen=True)
class Comparison:
    """What will be compared.

    Attributes
    ----------
    table : LearningTable
    design : Design
    candidates : list of Candidate
    jobs : list of Job
        By seed, method and fold, the classical baselines first.
    task_id : str
        Records with the same one may stand in one table.
    """

    table: LearningTable
    design: Design
    candidates: list[Candidate]
    jobs: list[Job]
    task_id: str


@dataclass
class Outcome:
    """What a comparison left.

    Attributes
    ----------
    records : list of Record
        In the order of methods, seeds and folds.
    failures : list of str
        A line for every run that raised an error, was ended at a limit, or died.
    unsaved : list of str
        A line for every record that could not be written.
    """

    records: list[Record]
    failures: list[str] = field(default_factory=list)
    unsaved: list[str] = field(default_factory=list)


def plan(
    table: LearningTable, design: Design | None = None, learners: Sequence[str] | None = None
) -> Comparison:
    """Look at everything that can be looked at before the work.

    Parameters
    ----------
    table : LearningTable
        From `qualms.learn.table.read_learning_table`.
    design : Design, optional
        The budget of every method.
    learners : sequence of str, optional
        Names of registered learners; default: all for the table's task. Their twins and the classical
        baselines take part in any case.

    Returns
    -------
    Comparison
        With notes in its table about equal rows.

    Raises
    ------
    ConfigError
        For a design, a learner or a metric that does not fit the table.
    DataError
        For too few rows of a class.
    TooLargeError
        If kernel matrices of so many rows would not fit in memory.
    """
    design = design or Design()
    where = table.name
    stratify = table.task == "classification"
    classes = len(np.unique(table.y)) if stratify else 2
    design.judged(table.task, classes)
    found = candidates(table.task, learners, table.X.shape[1], design, where, classes)
    groups = alike(table.X)
    check_folds(table.y, groups, design.folds, design.inner, stratify, where)
    _check_memory(table, design, where)
    table = table if not repeated_rows(groups) else _with_notes(table, groups)
    budget = {k: v for k, v in design.to_dict().items() if k != "seeds"}
    task_id = digest(["nested cross-validation", table.task, table.data_hash, budget])
    jobs = [
        Job(table, candidate, design, seed, fold, train, test, task_id)
        for seed in design.seeds
        for candidate in found
        for fold, (train, test) in enumerate(splits(table.y, groups, design.folds, seed, stratify))
    ]
    return Comparison(table, design, found, jobs, task_id)


def _with_notes(table: LearningTable, groups: np.ndarray) -> LearningTable:
    count, clashing = repeated_rows(groups), contradictions(table.y, groups)
    note = f"{count:,} rows repeat an earlier one; equal rows are kept on one side of every split"
    if clashing:
        note += (
            f", and {clashing:,} sets of equal rows have different targets, which nobody can get all right"
        )
    return table.taken(np.arange(table.rows), note)


def _check_memory(table: LearningTable, design: Design, where: str) -> None:
    rows = table.rows * (design.folds - 1) // design.folds
    needed, there = 8 * _KERNELS * rows**2, psutil.virtual_memory().available
    if needed > there:
        raise TooLargeError(
            f"{where}: kernel matrices of {rows:,} rows need about {needed / 2**30:.0f} GiB, and "
            f"{there / 2**30:.1f} GiB are free; --rows takes a sample of the rows"
        )


def compare(
    comparison: Comparison,
    folder: str | Path | None = None,
    listener: Listener = unheard,
    *,
    workers: int = 1,
    executor: str = "processes",
    seconds: float | None = None,
) -> Outcome:
    """Run a comparison; what the folder holds already is not run again.

    Parameters
    ----------
    comparison : Comparison
        From `plan`.
    folder : str or Path, optional
        Where records go as they are made, to `records.jsonl`.
    listener : Listener, optional
        Told about progress.
    workers : int, default 1
        Runs at a time, one thread each. One without a limit of time runs in this process.
    executor : str, default "processes"
        As in `qualms.execution.make_executor`.
    seconds : float, optional
        After which no run is begun. The baselines come first. A run that takes several times its equal share
        of what is left is ended and counts as failed.

    Returns
    -------
    Outcome
        Failures do not stop the others.

    Raises
    ------
    ConfigError
        For an unknown executor or a number that is out of bounds.
    RunFolderError
        The folder is in use or cannot be written.
    ExecutionError
        What runs the jobs is gone.
    """
    if workers < 1:
        raise ConfigError(f"workers={workers} must be at least 1")
    if seconds is not None and not 0 < seconds < float("inf"):
        raise ConfigError(f"seconds={seconds} must be a number above 0")
    deadline = Deadline(seconds)
    with RunStore(folder) if folder is not None else nullcontext() as store:
        have = {r.id: r for r in store.records()} if store is not None else {}
        for job in comparison.jobs:
            if job.id in have:
                listener(Event("skipped", job.label, note="its record exists"))
        todo = [job for job in comparison.jobs if job.id not in have]
        outcome = Outcome([])
        with _executor(executor, workers, seconds) as place:
            for wave in (
                [job for job in todo if job.candidate.is_baseline],
                [job for job in todo if not job.candidate.is_baseline],
            ):
                _run(place, wave, deadline, store, have, outcome, listener)
    order = {c.name: k for k, c in enumerate(comparison.candidates)}
    jobs = sorted(comparison.jobs, key=lambda job: (order[job.candidate.name], job.seed, job.fold))
    outcome.records = [have[job.id] for job in jobs if job.id in have]
    return outcome


def _executor(name: str, workers: int, seconds: float | None) -> Executor:
    made = make_executor(name, workers, ONE_THREAD)
    return InlineExecutor() if name == "processes" and workers == 1 and seconds is None else made


def _run(
    place: Executor,
    jobs: list[Job],
    deadline: Deadline,
    store: RunStore | None,
    have: dict[str, Record],
    outcome: Outcome,
    listener: Listener,
) -> None:
    """Make some jobs; results go into `have` and the store, what went wrong into the outcome."""
    limit, ended = deadline.limit(len(jobs), place.workers), 0
    calls = [Call(job.label, measure, (job,), 2, seconds=limit) for job in jobs]
    for result in place.run(calls, listener) if not deadline.is_over else ():
        ended += 1
        if isinstance(result, Done):
            made: Record = result.value
            have[made.id] = made
            judged = made.payload.split["judged"]
            listener(result.event(f"{judged} {made.value(judged):.4f}"))
            try:
                if store is not None:
                    store.add(made)
            except RunFolderError as error:
                outcome.unsaved.append(f"{result.call.label}: {error}")
        else:
            assert isinstance(result, Failed | Died)
            why = result.reason if isinstance(result, Died) else str(result.error)
            outcome.failures.append(f"{result.call.label}: {why}")
            listener(result.event())
        if deadline.is_over:
            break
    if ended < len(jobs):
        outcome.failures.append(f"the time is over: {len(jobs) - ended} of {len(jobs)} runs have not ended")
