"""One detector on the stream: fitted on the past, then asked in the order of time. Runs in a worker."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qualms.data.numbers import plain
from qualms.errors import one_line
from qualms.execution import Tell
from qualms.learn.fraud.design import FraudDesign
from qualms.learn.fraud.methods import Detector
from qualms.records import digest

_ASKED_ALONE = 100  # transactions that are scored one by one, to measure how long an answer takes
_LONGEST = 10.0  # seconds for that


@dataclass(frozen=True)
class Watch:
    """A detector and the rows, in the order of time.

    Attributes
    ----------
    detector : Detector
    design : FraudDesign
    X : np.ndarray
        (rows, features).
    fraud : np.ndarray
        (rows,) bool.
    weights : np.ndarray
        (rows,).
    parts : tuple of slice
        Rows to fit on, to choose on, to measure on.
    sample : np.ndarray
        Row numbers of the budgeted sample, all from the first part.
    task_id : str
    """

    detector: Detector
    design: FraudDesign
    X: np.ndarray = field(repr=False)
    fraud: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    parts: tuple[slice, slice, slice]
    sample: np.ndarray = field(repr=False)
    task_id: str

    @property
    def id(self) -> str:
        """Hash of everything that determines what it says."""
        d = self.detector
        settings = {k: str(v) for k, v in d.estimator.get_params(deep=False).items()}
        return digest([self.task_id, d.name, settings, d.how, d.twin_of])


@dataclass(frozen=True)
class Watched:
    """What a detector said.

    Attributes
    ----------
    choosing, measuring : np.ndarray
        Scores of the rows to choose on, and of those to measure on.
    latencies : np.ndarray
        Seconds of answers to single transactions.
    seconds, stream_seconds : float
        Of the fit, and of scoring the rows to measure on in chunks.
    rows : int
        Fitted on.
    account : dict
        Of the learner: params, usage, findings, notes.
    """

    choosing: np.ndarray
    measuring: np.ndarray
    latencies: np.ndarray
    seconds: float
    stream_seconds: float
    rows: int
    account: dict[str, Any]


def watch(job: Watch, tell: Tell) -> Watched:
    """Fit, then score what comes after in chunks.

    Parameters
    ----------
    job : Watch
        What to do.
    tell : Tell
        Told about chunks.
    """
    past, choose, measure = job.parts
    rows = np.arange(past.start, past.stop) if job.detector.everything else job.sample
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        began = time.perf_counter()
        fitted = job.detector.fitted(job.X[rows], job.fraud[rows], job.weights[rows], job.design.seed)
        seconds = time.perf_counter() - began
        chosen = _in_chunks(job, fitted, job.X[choose], tell)
        began = time.perf_counter()
        measured = _in_chunks(job, fitted, job.X[measure], tell)
        streamed = time.perf_counter() - began
        alone = _alone(job, fitted, job.X[measure])
    return Watched(chosen, measured, alone, seconds, streamed, len(rows), _account(fitted, heard))


def _in_chunks(job: Watch, fitted: Any, X: np.ndarray, tell: Tell) -> np.ndarray:
    chunks = range(0, len(X), job.design.chunk)
    out = []
    for k, start in enumerate(chunks):
        out.append(job.detector.scores(fitted, X[start : start + job.design.chunk]))
        tell(k + 1, len(chunks), f"{min(start + job.design.chunk, len(X)):,} transactions")
    return np.concatenate(out)


def _alone(job: Watch, fitted: Any, X: np.ndarray) -> np.ndarray:
    """Seconds of answers to single transactions, after one that does not count."""
    job.detector.scores(fitted, X[:1])
    out, ends = [], time.perf_counter() + _LONGEST
    for row in X[:_ASKED_ALONE]:
        began = time.perf_counter()
        job.detector.scores(fitted, row[None])
        out.append(time.perf_counter() - began)
        if time.perf_counter() > ends:
            break
    return np.array(out)


def _account(fitted: Any, heard: list[warnings.WarningMessage]) -> dict[str, Any]:
    learner = fitted[-1]
    account = getattr(learner, "account_", None)
    notes = dict.fromkeys(
        one_line(w.message) for w in heard if not issubclass(w.category, FutureWarning | DeprecationWarning)
    )
    return {
        "learner": type(learner).__name__,
        "params": {k: v if isinstance(v, int | float | str | None) else str(v)
                   for k, v in learner.get_params(deep=False).items()},
        "usage": {} if account is None else plain(account.to_dict()["usage"]),
        "findings": plain(dict(getattr(learner, "findings_", {}))),
        "notes": list(notes)[:5],
    }  # fmt: skip
