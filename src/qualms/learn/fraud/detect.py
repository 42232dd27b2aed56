"""Detectors on one stream of transactions: what each is worth, with paired intervals against the baseline."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from qualms.errors import ConfigError, DataError, RunFolderError
from qualms.execution import Call, Done, Event, Executor, Failed, InlineExecutor, Listener, make_executor
from qualms.execution.event import unheard
from qualms.execution.executor import ONE_THREAD
from qualms.learn.deadline import Deadline
from qualms.learn.fraud.design import FraudDesign
from qualms.learn.fraud.methods import BASELINE, detectors
from qualms.learn.fraud.stream import Watch, Watched, watch
from qualms.learn.fraud.worth import Stream, records
from qualms.learn.table import LearningTable
from qualms.records import Record, RunStore, digest

_FEWEST = 5  # frauds in each part, below which nothing can be said
_SCORES = "scores"  # folder of what detectors said, beside the records


@dataclass(frozen=True)
class Detection:
    """What will be done.

    Attributes
    ----------
    name : str
        Of the data.
    stream : Stream
        The rows in the order of time.
    jobs : list of Watch
        The baselines first.
    notes : list of str
        What was assumed.
    """

    name: str
    stream: Stream
    jobs: list[Watch]
    notes: list[str]


@dataclass
class Outcome:
    """What was found: records in the order of detectors, and a line for each that failed."""

    records: list[Record]
    failures: list[str] = field(default_factory=list)


def plan(
    table: LearningTable,
    design: FraudDesign | None = None,
    challengers: Sequence[str] | None = None,
    *,
    time_column: str | None = None,
    amount: str | None = None,
    positive: str | None = None,
) -> Detection:
    """Look at everything that can be looked at before the work.

    Parameters
    ----------
    table : LearningTable
        Two classes; time and amount are in `LearningTable.extra`.
    design : FraudDesign, optional
    challengers : sequence of str, optional
        Registered learners; default: `qualms.learn.fraud.methods.CHALLENGERS`.
    time_column, amount : str, optional
        Names in `LearningTable.extra`. Without a time rows are taken in a random order, and a note says so.
    positive : str, optional
        The label of frauds; default: the rarer one.

    Raises
    ------
    DataError
        For other than two classes, and for parts with too few frauds.
    ConfigError
        For a design or a challenger that does not fit.
    """
    design, notes = design or FraudDesign(), list(table.notes)
    fraud, label = _frauds(table, positive)
    notes.append(f"frauds are the rows with {table.target} = {label}")
    order = _order(table, time_column, design.seed, notes)
    fraud, X = fraud[order], table.X[order]
    when = table.extra[time_column][order] if time_column else np.arange(len(order), dtype=float)
    parts = _parts(when, design, table.name)
    for name, part in zip(("fit on", "choose on", "measure on"), parts, strict=True):
        if fraud[part].sum() < _FEWEST or (~fraud[part]).sum() < _FEWEST:
            raise DataError(
                f"{table.name}: the part to {name} has {fraud[part].sum():,} frauds and "
                f"{(~fraud[part]).sum():,} others; at least {_FEWEST} of each are needed, so give more "
                "rows or other shares"
            )
    X = _filled(X, parts[0], table, notes)
    weights = _weights(fraud, design.prevalence, notes)
    missed = _missed(table, amount, order, design, notes)
    stream = Stream(X, fraud, weights, missed, when, parts)
    task_id = digest(
        ["stream", table.data_hash, design.to_dict(), time_column, amount, label, list(table.extra)]
    )
    sample = _sample(fraud, parts[0], design)
    jobs = [
        Watch(detector, design, X, fraud, weights, parts, sample, task_id)
        for detector in detectors(challengers, X.shape[1], design)
    ]
    return Detection(table.name, stream, jobs, notes)


def _frauds(table: LearningTable, positive: str | None) -> tuple[np.ndarray, str]:
    labels, counts = np.unique(table.y, return_counts=True)
    if table.task != "classification" or len(labels) != 2:
        raise DataError(
            f"{table.name}: the target {table.target!r} has {len(labels):,} different values; two are "
            "needed, for frauds and the rest"
        )
    if positive is not None and positive not in labels:
        raise ConfigError(f"positive={positive!r}: the target has {' and '.join(map(str, labels))}")
    label = positive or str(labels[np.argmin(counts)])
    return table.y == label, label


def _order(table: LearningTable, time_column: str | None, seed: int, notes: list[str]) -> np.ndarray:
    if time_column is None:
        notes.append("there is no column of times: rows were taken in a random order, so drift says nothing")
        return np.random.default_rng(seed).permutation(table.rows)
    return np.argsort(table.extra[time_column], kind="stable")


def _parts(when: np.ndarray, design: FraudDesign, where: str) -> tuple[slice, slice, slice]:
    """Rows in the order of time, cut between two different times, so that copies stay on one side."""
    cuts = []
    for share in (design.fit, design.fit + design.choose):
        cut = round(share * len(when))
        cuts.append(int(np.searchsorted(when, when[min(cut, len(when) - 1)], side="left")))
    first, second = cuts
    if not 0 < first < second < len(when):
        raise DataError(f"{where}: the times cannot be cut into three parts; too many are equal")
    return slice(0, first), slice(first, second), slice(second, len(when))


def _filled(X: np.ndarray, past: slice, table: LearningTable, notes: list[str]) -> np.ndarray:
    """Missing values replaced by what is known before: the median of the rows to fit on."""
    missing = np.isnan(X)
    if not missing.any():
        return X
    empty = missing[past].all(axis=0)
    if empty.any():
        name = table.features[int(np.argmax(empty))]
        raise DataError(f"{table.name}: the column {name!r} has no value in the rows to fit on; drop it")
    notes.append(f"{missing.sum():,} missing values became the median of their column in the rows to fit on")
    return np.where(missing, np.nanmedian(X[past], axis=0), X)


def _weights(fraud: np.ndarray, prevalence: float | None, notes: list[str]) -> np.ndarray:
    share = float(fraud.mean())
    weights = np.ones(len(fraud))
    if prevalence is None:
        notes.append(f"the file's share of frauds, {share:.3%}, was taken as the true one")
        return weights
    weights[~fraud] = fraud.sum() * (1 / prevalence - 1) / (~fraud).sum()
    notes.append(
        f"the file has {share:.3%} frauds; for a true share of {prevalence:.3%} every other row was given "
        f"the weight {weights[~fraud][0]:.4g}, in fits of the baselines and in everything that is measured"
    )
    return weights


def _missed(
    table: LearningTable, amount: str | None, order: np.ndarray, design: FraudDesign, notes: list[str]
) -> np.ndarray:
    if amount is not None and design.missed_cost is None:
        found = table.extra[amount][order]
        if (found < 0).any():
            raise DataError(f"{table.name}: the column {amount!r} has amounts below 0")
        notes.append(f"a fraud that nobody reviews costs its {amount}, a review {design.review_cost:g}")
        return found
    if design.missed_cost is None:
        raise ConfigError("missed_cost=None takes the column of amounts: name it, or give a number")
    notes.append(f"a fraud that nobody reviews costs {design.missed_cost:g}, a review {design.review_cost:g}")
    return np.full(len(order), float(design.missed_cost))


def _sample(fraud: np.ndarray, past: slice, design: FraudDesign) -> np.ndarray:
    """Up to half of the budget for frauds, the rest for others, drawn from the rows to fit on."""
    rng = np.random.default_rng(design.seed)
    rows = np.arange(past.start, past.stop)
    positive, other = rows[fraud[past]], rows[~fraud[past]]
    few = min(len(positive), design.budget // 2)
    chosen = [
        rng.choice(positive, few, replace=False),
        rng.choice(other, min(len(other), design.budget - few), replace=False),
    ]
    return np.sort(np.concatenate(chosen))


def detect(
    detection: Detection,
    folder: str | Path | None = None,
    listener: Listener = unheard,
    *,
    workers: int = 1,
    executor: str = "processes",
    seconds: float | None = None,
) -> Outcome:
    """Run every detector; one whose scores the folder holds is not run again.

    Parameters
    ----------
    detection : Detection
        From `plan`.
    folder : str or Path, optional
        Records go to `records.jsonl`, what detectors said to `scores/ID.npz`.
    listener : Listener, optional
        Told about progress.
    workers, executor, seconds
        As in `qualms.learn.comparison.compare`.

    Returns
    -------
    Outcome
        A detector that fails does not stop the others; without the baseline there is nothing to compare with.

    Raises
    ------
    RunFolderError
        The folder is in use or cannot be written.
    DataError
        If the baseline failed.
    """
    if workers < 1:
        raise ConfigError(f"workers={workers} must be at least 1")
    place = make_executor(executor, workers, ONE_THREAD)
    if executor == "processes" and workers == 1 and seconds is None:
        place = InlineExecutor()
    deadline = Deadline(seconds)
    where = None if folder is None else Path(folder)
    heard: dict[str, Watched] = {}
    failures: list[str] = []
    with RunStore(where) if where is not None else nullcontext() as store, place:
        for job in detection.jobs:
            if where is not None and (known := _known(where, job)) is not None:
                heard[job.detector.name] = known
                listener(Event("skipped", job.detector.name, note="its scores exist"))
        todo = [job for job in detection.jobs if job.detector.name not in heard]
        # the baselines first: what they leave of the time is the challengers'
        for baselines in (True, False):
            wave = [job for job in todo if job.detector.is_baseline == baselines]
            _run(place, wave, deadline, where, heard, failures, listener)
        if BASELINE not in heard:
            raise DataError(f"{detection.name}: the baseline failed: {failures[0]}")
        made = records(detection.stream, detection.name, detection.jobs, heard, detection.notes)
        if store is not None:
            there = {r.id for r in store.records()}
            for record in made:
                if record.id not in there:
                    store.add(record)
    return Outcome(made, failures)


def _run(
    place: Executor,
    jobs: list[Watch],
    deadline: Deadline,
    where: Path | None,
    heard: dict[str, Watched],
    failures: list[str],
    listener: Listener,
) -> None:
    """Run some detectors; what they say goes into `heard` and the folder, what went wrong into `failures`."""
    limit, ended = deadline.limit(len(jobs), place.workers), 0
    calls = [Call(job.detector.name, watch, (job,), seconds=limit) for job in jobs]
    for result in place.run(calls, listener) if not deadline.is_over else ():
        ended += 1
        if isinstance(result, Done):
            job: Watch = result.call.arguments[0]
            heard[job.detector.name] = result.value
            if where is not None:
                _keep(where, job, result.value)
            listener(result.event(f"{result.value.seconds:.2f} s to fit"))
        else:
            why = str(result.error) if isinstance(result, Failed) else result.reason
            failures.append(f"{result.call.label}: {why}")
            listener(result.event())
        if deadline.is_over:
            break
    if ended < len(jobs):
        failures.append(f"the time is over: {len(jobs) - ended} of {len(jobs)} detectors have not ended")


def _path(folder: Path, job: Watch) -> Path:
    return folder / _SCORES / f"{job.id}.npz"


def _known(folder: Path, job: Watch) -> Watched | None:
    """What a detector said in an earlier run; None if it did not finish, or the file is damaged."""
    try:
        with np.load(_path(folder, job), allow_pickle=False) as file:
            told = json.loads(str(file["told"]))
            return Watched(file["choosing"], file["measuring"], file["latencies"], **told)
    except (OSError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def _keep(folder: Path, job: Watch, said: Watched) -> None:
    path = _path(folder, job)
    told = {k: getattr(said, k) for k in ("seconds", "stream_seconds", "rows", "account")}
    try:
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_suffix(".part.npz")
        np.savez_compressed(
            temporary, choosing=said.choosing, measuring=said.measuring, latencies=said.latencies,
            told=np.array(json.dumps(told)),
        )  # fmt: skip
        temporary.replace(path)
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be written: {error.strerror or error}") from None
