"""The record of a learner's fit and of what was measured on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qualms.backends.protocol import Usage
from qualms.data.numbers import plain
from qualms.learn.learner import Learner
from qualms.records import Cost, Metric, Record, digest
from qualms.records.kinds import Learning
from qualms.records.provenance import LEARNERS as PACKAGES
from qualms.records.provenance import provenance
from qualms.records.quadrant import CLASSICAL


def record(
    estimator: Any,
    metrics: Mapping[str, Metric],
    *,
    task: str = "",
    method: str = "",
    data: str = "",
    data_hash: str = "",
    shape: tuple[int, int] | None = None,
    seconds: float | None = None,
    seed: int = 0,
    twin_of: str | None = None,
    twin_is: str | None = None,
    budget: Mapping[str, Any] | None = None,
    split: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> Record:
    """What a fitted estimator leaves behind; a `Learner` knows most of it itself.

    Parameters
    ----------
    estimator : Any
        Fitted. A classical one of scikit-learn needs `task`, `data_hash`, `shape` and `seconds`.
    metrics : Mapping[str, Metric]
        What was measured.
    task, method, data, data_hash : str
        As in `Learning` and `Record`; the method defaults to the class's name. The hash should be that of
        all data, when folds of one data set are to be compared.
    shape : (int, int), optional
        Rows and features that it was fitted on.
    seconds : float, optional
        Of its fit.
    seed : int, default 0
    twin_of, twin_is : str, optional
        The learner whose classical control this is, and what is different.
    budget : Mapping, optional
        What every method of the comparison was given.
    split, notes
        As in `Learning`.

    Returns
    -------
    Record
        Of kind "learning". Records of the same task, data and budget have the same `task_id`.
    """
    account = getattr(estimator, "account_", None)
    quadrant = estimator.quadrant if isinstance(estimator, Learner) and twin_of is None else CLASSICAL
    rows, features = shape or ((account.rows, account.features) if account else (0, 0))
    usage = account.usage if account else Usage()
    task = task or getattr(estimator, "task", "")
    data_hash = data_hash or (account.data_hash if account else "")
    params = {k: _listed(v) if _is_plain(v) else str(v) for k, v in estimator.get_params(deep=False).items()}
    method, split = method or type(estimator).__name__, dict(split or {})
    task_id = digest([task, data_hash, dict(budget or {})])
    classes = getattr(estimator, "classes_", None)
    return Record(
        id=digest([task_id, method, params, seed, twin_of, split]),
        kind="learning",
        task_id=task_id,
        method=method,
        seed=seed,
        twin_of=twin_of,
        twin_is=twin_is,
        quadrant=quadrant,
        metrics=dict(metrics),
        cost=Cost(
            float(seconds if seconds is not None else account.seconds if account else 0.0),
            float(usage.money),
            int(usage.shots),
        ),
        provenance=provenance(PACKAGES),
        payload=Learning(
            task=task,
            learner=type(estimator).__name__,
            data=data,
            data_hash=data_hash,
            rows=int(rows),
            features=int(features),
            classes=None if classes is None else len(classes),
            params=params,
            split=split,
            usage={name: getattr(usage, name) for name in Usage.__dataclass_fields__},
            findings=plain(dict(getattr(estimator, "findings_", {}))),
            notes=list(notes),
        ),
    )


def _listed(value: Any) -> Any:
    """In Python's own types, with lists for tuples, as JSON gives it back."""
    return [_listed(part) for part in value] if isinstance(value, list | tuple) else plain(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(part) for part in value)
    return value is None or isinstance(value, bool | int | float | str | np.generic)
