"""The records of HHL on a linear system: one for HHL, one for conjugate gradient."""

from __future__ import annotations

from typing import Any

from qualms.data.numbers import finite, plain
from qualms.learn.learner import hash_of
from qualms.learn.linear_systems.hhl import HHLResult
from qualms.records import Cost, Metric, Record, digest
from qualms.records.kinds import Learning
from qualms.records.provenance import LEARNERS, provenance
from qualms.records.quadrant import CLASSICAL


def records(result: HHLResult, data: str = "", seconds: float = 0.0) -> list[Record]:
    """What a run leaves in a store.

    Parameters
    ----------
    result : HHLResult
        From `hhl`.
    data : str
        The system's name.
    seconds : float
        Of the simulation, which says nothing about a device.

    Returns
    -------
    list[Record]
        Of kind "learning", task "linear system": "hhl", and its twin "hhl/cg".
    """
    twin = result.twins[0]
    ours: dict[str, Metric] = {
        "relative_error": Metric(result.relative_error, "1", "lower"),
        "fidelity": Metric(result.fidelity, "1", "higher"),
        "success_probability": Metric(result.success_probability, "1", "higher"),
        "condition_number": Metric(result.condition_number, "1", None),
    }
    settings = {"clock_qubits": result.clock_qubits, "method": result.method}
    theirs = {"relative_error": Metric(result.classical.relative_error, "1", "lower")}
    return [
        _record(result, "hhl", settings, ours, result.resources.to_dict(), data, seconds),
        _record(
            result,
            twin.name_of("hhl"),
            {"method": result.classical.method},
            theirs,
            result.classical.to_dict(),
            data,
            result.classical.seconds,
        ),
    ]


def _record(
    result: HHLResult,
    method: str,
    params: dict[str, Any],
    metrics: dict[str, Metric],
    findings: dict[str, Any],
    data: str,
    seconds: float,
) -> Record:
    twin, own = result.twins[0], method == "hhl"
    data_hash = hash_of(*_parts(result))
    task_id = digest(["linear system", data_hash])
    return Record(
        id=digest([task_id, method, params]),
        kind="learning",
        task_id=task_id,
        method=method,
        seed=0,
        twin_of=None if own else "hhl",
        twin_is=None if own else twin.control,
        quadrant=result.quadrant if own else CLASSICAL,
        metrics=metrics,
        cost=Cost(float(seconds), 0.0, 0),
        provenance=provenance(LEARNERS),
        payload=Learning(
            task="linear system",
            learner="hhl" if own else "cg",
            data=data,
            data_hash=data_hash,
            rows=result.system.size,
            features=result.system.size,
            classes=None,
            params=params,
            split={"judged": "relative_error"},
            usage={},
            findings=finite(plain(findings)),
            notes=[],
        ),
    )


def _parts(result: HHLResult) -> list[Any]:
    system = result.system
    return [part for held in (system.matrix, system.b) for part in (held.real, held.imag)]
