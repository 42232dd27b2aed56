"""The payload of a learner's run: what it learned from, with which settings, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Learning:
    """One learner, fitted and measured.

    Attributes
    ----------
    task : str
        "classification", "regression", "distribution", "anomaly detection", "transform" or "linear system".
    learner : str
        The class's name.
    data : str
        The data set's name; empty where only the numbers are known.
    data_hash : str
        Hash of the numbers that the learner was fitted on.
    rows, features : int
        Of these numbers.
    classes : int or None
        How many there are, in a classification.
    params : Mapping[str, Any]
        Every setting, as `get_params` has it.
    split : Mapping[str, Any]
        How the rows were divided for measuring: fold, folds, rows measured on; empty where nothing was
        measured.
    usage : Mapping[str, Any]
        What the backend ran for the fit: circuits, shots, jobs, money, queue_seconds.
    findings : Mapping[str, Any]
        What the learner says about its fit: the nearest RBF kernel, a condition number, a warning.
    notes : list of str
        What was assumed.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    task: str
    learner: str
    data: str
    data_hash: str
    rows: int
    features: int
    classes: int | None
    params: Mapping[str, Any]
    split: Mapping[str, Any]
    usage: Mapping[str, Any]
    findings: Mapping[str, Any]
    notes: list[str]
