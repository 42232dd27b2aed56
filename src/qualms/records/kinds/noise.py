"""The payload of a run that measured a trained adapter under shots, device noise and mitigation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qualms.records.real import Real


@dataclass(frozen=True)
class Condition:
    """How the circuits were run.

    Attributes
    ----------
    device : str
        "ideal", a simulated device by the name of its calibration, or "ibm:NAME" and "braket:NAME".
    shots : int or None
        Measurements of every circuit; None is the limit of infinitely many.
    mitigation : str
        What was done against the noise, "none" for nothing.
    scale : float
        Factor on the calibration's noise.
    seed : int
        Seed of the shots.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    device: str
    shots: int | None
    mitigation: str
    scale: Real
    seed: int


@dataclass(frozen=True)
class Calibration:
    """The published measurements that a simulated device is made of.

    Attributes
    ----------
    device, date : str
    two_qubit_error : float or None
        Median error of a two-qubit gate.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    device: str
    date: str
    two_qubit_error: float | None


@dataclass(frozen=True)
class Noise:
    """One adapter under one condition.

    Attributes
    ----------
    condition : Condition
    dataset : str
        The data set's name.
    dataset_account : Mapping[str, Any]
        Examples that were used, and what was cut, left out or is missing.
    adapter_hash : str
        Hash of the adapter's files; empty in records from before it was kept.
    calibration : Calibration or None
        None without simulated device noise.
    circuits : int or None
        Circuits that ran; None for a classical twin.
    two_qubit_gates : int or None
        Of one circuit, as the device runs it.
    device_seconds, device_dollars : float or None
        What the circuits take and cost on the device: measured on a real one, estimated for a simulated one.
    jobs : int or None
        Jobs on a real device.
    queue_seconds : float or None
        How long these jobs waited.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    condition: Condition
    dataset: str
    dataset_account: Mapping[str, Any]
    adapter_hash: str = ""
    calibration: Calibration | None = None
    circuits: int | None = None
    two_qubit_gates: int | None = None
    device_seconds: float | None = None
    device_dollars: float | None = None
    jobs: int | None = None
    queue_seconds: float | None = None
