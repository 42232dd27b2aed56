"""One method on one fold: settings chosen inside, measured outside. Runs in a worker."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.metrics import average_precision_score, get_scorer
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from qualms.data.numbers import plain
from qualms.errors import one_line
from qualms.execution import Tell
from qualms.learn.comparison.candidates import Candidate
from qualms.learn.comparison.design import METRICS, Design
from qualms.learn.comparison.folds import alike, splits
from qualms.learn.record import record
from qualms.learn.table import LearningTable
from qualms.records import Metric, Record, digest

LEARNER = "learner"  # the pipeline's last step
_MOST_NOTES = 5


@dataclass(frozen=True)
class Job:
    """A method, a seed and an outer fold.

    Attributes
    ----------
    table : LearningTable
        All rows.
    candidate : Candidate
    design : Design
    seed, fold : int
    train, test : np.ndarray
        Row numbers.
    task_id : str
        Of the comparison.
    """

    table: LearningTable = field(repr=False)
    candidate: Candidate
    design: Design
    seed: int
    fold: int
    train: np.ndarray = field(repr=False)
    test: np.ndarray = field(repr=False)
    task_id: str

    @property
    def label(self) -> str:
        return f"{self.candidate.name} seed {self.seed} fold {self.fold + 1}"

    @property
    def metric(self) -> str:
        return self.design.judged(self.table.task, len(np.unique(self.table.y)))

    @cached_property
    def tried(self) -> list[dict[str, Any]]:
        """The settings that are tried: all of the grid, or as many as the design allows.

        Where that is not all, the estimator's own defaults are among them, and the others are drawn.
        """
        grid = list(ParameterGrid(dict(self.candidate.grid)))
        if len(grid) > self.design.settings:
            rng = np.random.default_rng([self.seed, self.fold])
            own = self.candidate.estimator.get_params(deep=False)
            first = [k for k, point in enumerate(grid) if all(own[n] == v for n, v in point.items())]
            others = [k for k in rng.permutation(len(grid)).tolist() if k not in first]
            grid = [grid[k] for k in sorted([*first, *others][: self.design.settings])]
        return [{f"{LEARNER}__{name}": value for name, value in point.items()} for point in grid]

    @property
    def id(self) -> str:
        """Hash of everything that determines the run."""
        c = self.candidate
        settings = {k: str(v) for k, v in c.estimator.get_params(deep=False).items()}
        return digest([self.task_id, c.name, settings, plain(self.tried), self.seed, self.fold, c.twin_of])


def measure(job: Job, tell: Tell) -> Record:
    """Choose settings on the inner folds, fit on all rows of the outer fold, measure on the rest.

    Parameters
    ----------
    job : Job
        What to do.
    tell : Tell
        Told when the settings are chosen.

    Returns
    -------
    Record
        Of kind "learning", with the job's id.
    """
    table, design = job.table, job.design
    X, y = table.X[job.train], table.y[job.train]
    inner = splits(y, alike(X), design.inner, job.seed, table.task == "classification")
    scorer = METRICS[table.task][job.metric][0]
    began = time.perf_counter()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        chosen = _search(job, X, y, inner, scorer)
        searched = time.perf_counter() - began
        tell(1, 2, f"chose among {len(job.tried)} settings")
        fitted = clone(_pipeline(job)).set_params(**chosen).fit(X, y)
        fit_seconds = time.perf_counter() - began - searched
        metrics = _measured(fitted, table, job.test)
    metrics["search_seconds"] = Metric(searched, "s", "lower")
    made = record(
        fitted[LEARNER],
        metrics,
        task=table.task,
        method=job.candidate.name,
        data=table.name,
        data_hash=table.data_hash,
        shape=(len(job.train), table.X.shape[1]),
        seconds=fit_seconds,
        seed=job.seed,
        twin_of=job.candidate.twin_of,
        twin_is=job.candidate.twin_is,
        split={
            "protocol": "nested cross-validation",
            "fold": job.fold,
            "folds": design.folds,
            "inner": design.inner,
            "tested": len(job.test),
            "tried": len(job.tried),
            "judged": job.metric,
            "baseline": job.candidate.is_baseline,
        },
        notes=[*table.notes, *_told(heard)],
    )
    return replace(made, id=job.id, task_id=job.task_id, quadrant=job.candidate.quadrant)


def _pipeline(job: Job) -> Pipeline:
    """Imputer and scaler are fitted on the rows of a fold, and never on those that are measured."""
    steps: list[tuple[str, Any]] = []
    if np.isnan(job.table.X).any():
        steps.append(("imputer", SimpleImputer(strategy="median", keep_empty_features=True)))
    steps += [("scaler", StandardScaler()), (LEARNER, clone(job.candidate.estimator))]
    made = Pipeline(steps)
    seeded = [name for name in made.get_params() if name.split("__")[-1] == "random_state"]
    return made.set_params(**dict.fromkeys(seeded, job.seed * 1000 + job.fold))


def _search(job: Job, X: np.ndarray, y: np.ndarray, inner: Sequence[Any], scorer: str) -> dict[str, Any]:
    if len(job.tried) < 2:
        return job.tried[0]
    grid = [{name: [value] for name, value in point.items()} for point in job.tried]
    search = GridSearchCV(_pipeline(job), grid, scoring=scorer, cv=inner, refit=False, error_score="raise")
    found: dict[str, Any] = search.fit(X, y).best_params_
    return found


def _measured(fitted: Pipeline, table: LearningTable, test: np.ndarray) -> dict[str, Metric]:
    X, y = table.X[test], table.y[test]
    binary = len(np.unique(table.y)) == 2
    out: dict[str, Metric] = {}
    for name, (scorer, unit, better, two) in METRICS[table.task].items():
        if two and not (
            binary and (hasattr(fitted, "decision_function") or hasattr(fitted, "predict_proba"))
        ):
            continue
        value = _score(scorer, fitted, X, y)
        out[name] = Metric(-value if scorer.startswith("neg_") else value, unit, better)  # type: ignore[arg-type]
    began = time.perf_counter()
    fitted.predict(X)
    out["predict_microseconds"] = Metric((time.perf_counter() - began) / len(X) * 1e6, "µs a row", "lower")
    return out


def _score(scorer: str, fitted: Pipeline, X: np.ndarray, y: np.ndarray) -> float:
    """scikit-learn's scorer, but for average precision, which takes its positive class to be 1; here it is
    the second one in the classes' order.
    """
    if scorer != "average_precision":
        return float(get_scorer(scorer)(fitted, X, y))
    by_margin = hasattr(fitted, "decision_function")
    scores = fitted.decision_function(X) if by_margin else fitted.predict_proba(X)[:, 1]
    return float(average_precision_score(y == fitted.classes_[1], scores))


def _told(heard: Sequence[warnings.WarningMessage]) -> list[str]:
    """What a method warned of, each once: it belongs to its record and not onto the screen."""
    told = dict.fromkeys(
        f"did not converge: {one_line(w.message)}"
        if issubclass(w.category, ConvergenceWarning)
        else one_line(w.message)
        for w in heard
        if not issubclass(w.category, FutureWarning | DeprecationWarning)
    )
    return list(told)[:_MOST_NOTES]
