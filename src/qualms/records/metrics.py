"""Numbers that say how good a run was, with their unit and the direction that is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from qualms.records.real import Real

Direction = Literal["lower", "higher"]


@dataclass(frozen=True)
class Metric:
    """One measured number.

    Attributes
    ----------
    value : float
        The number; not finite where training diverged, and then NaN after it was written and read.
    unit : str
        "nats", "1" for a share or a score without a unit, "objective" for the unit of a problem's own
        objective.
    better : "lower", "higher" or None
        Which direction is better; None for numbers that only describe.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 (read by pydantic when a record is read)

    value: Real
    unit: str
    better: Direction | None = None


_KNOWN: dict[str, tuple[str, Direction | None]] = {
    "nll": ("nats", "lower"),
    "shuffled_nll": ("nats", None),
    "conditionality": ("nats", "higher"),
    "accuracy": ("1", "higher"),
    "f1": ("1", "higher"),
    "rouge1": ("1", "higher"),
    "rouge2": ("1", "higher"),
    "rougeL": ("1", "higher"),
    "bleu": ("of 100", "higher"),
    "bertscore": ("1", "higher"),
    "distinct1": ("1", None),
    "distinct2": ("1", None),
}


def language_metrics(values: Mapping[str, float]) -> dict[str, Metric]:
    """Units and directions for the measurements of language models that studies make.

    Parameters
    ----------
    values : Mapping[str, float]
        Numbers by name. "test_nll" is "nll" on the test split, and so on.

    Returns
    -------
    dict[str, Metric]
        The same names. A name that is not known gets the unit "1" and no direction.
    """
    return {
        name: Metric(value, *_KNOWN.get(name.removeprefix("test_"), ("1", None)))
        for name, value in values.items()
    }
