"""Gates and depth of a circuit, as it is and on a device."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from qualms.backends.calibration import Calibration
from qualms.circuits import Circuit


@dataclass(frozen=True)
class Resources:
    """Counts of a circuit.

    Attributes
    ----------
    qubits : int
        Number of qubits in use.
    depth : int
        Gates on the longest path, virtual ones included.
    one_qubit : int
        Gates on one qubit, without RZ and phases, which devices do for nothing.
    two_qubit : int
        On two or more.
    parameters : int
        Free angles.
    fidelity : float | None
        Product of 1 − error over gates and readouts, a rough upper bound of what comes out right; None
        without a calibration, or where it does not state one of these errors.
    seconds : float | None
        On the longest path with readout, None without durations.
    """

    qubits: int
    depth: int
    one_qubit: int
    two_qubit: int
    parameters: int
    fidelity: float | None = None
    seconds: float | None = None

    def to_dict(self) -> dict[str, float | None]:
        return asdict(self)


_VIRTUAL = ("rz", "p", "z", "s", "sdg", "t", "tdg", "id", "gphase", "barrier", "measure")


def resources(circuit: Circuit, calibration: Calibration | None = None, seed: int = 0) -> Resources:
    """Counts of a circuit; with a calibration, after Qiskit's transpiler has chosen qubits, routed and
    translated it.

    Raises
    ------
    ConfigError
        If the device cannot run it.
    """
    if calibration is None:
        return _count(circuit, len({q for op in circuit.operations for q in op.qubits}) or circuit.n_qubits)
    from qualms.circuits.interchange import transpile

    made = transpile(circuit, calibration.n_qubits, calibration.gates, seed=seed)
    small, _, used = made.compact()
    found = _count(small, len(used))
    gates = [
        calibration.gates.get((op.gate, op.qubits), (None, None))[0]
        for op in made.circuit.operations
        if op.qubits and op.gate != "barrier"
    ]
    reads = [
        None if pair is None else sum(pair) / 2
        for pair in (calibration.readout[place] for place in made.places)
    ]
    errors = [e for e in (*gates, *reads) if e is not None]
    fidelity = math.prod(1 - e for e in errors) if len(errors) == len(gates) + len(reads) else None
    return Resources(
        found.qubits,
        found.depth,
        found.one_qubit,
        found.two_qubit,
        found.parameters,
        fidelity,
        _seconds(made.circuit, calibration),
    )


def _count(circuit: Circuit, qubits: int) -> Resources:
    one = sum(op.is_gate and len(op.qubits) == 1 and op.gate not in _VIRTUAL for op in circuit.operations)
    two = sum(op.is_gate and len(op.qubits) > 1 for op in circuit.operations)
    return Resources(qubits, circuit.depth(), one, two, len(circuit.parameters))


def _seconds(circuit: Circuit, calibration: Calibration) -> float | None:
    clock = [0.0] * calibration.n_qubits
    for op in circuit.operations:
        if op.qubits and op.is_gate:
            duration = calibration.gates.get((op.gate, op.qubits), (None, None))[1]
            if duration is None and op.gate not in _VIRTUAL:
                return None
            ready = max(clock[q] for q in op.qubits) + (duration or 0.0)
            for q in op.qubits:
                clock[q] = ready
    return None if calibration.readout_seconds is None else max(clock) + calibration.readout_seconds
