"""Which algorithm fits which device, how right its output can be, what a run costs.

Every number is sourced and dated, or unknown.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache

from qualms.analysis.resources import Resources, resources
from qualms.backends.facts import DEVICES, Device
from qualms.backends.sublayer import sublayer_circuit
from qualms.circuits import Circuit, LayeredAnsatz
from qualms.circuits.ansatz import hardware_efficient, maxcut, qaoa
from qualms.circuits.encode import iqp_encoding
from qualms.errors import MissingExtraError, install_line

SHOTS = 1000


@dataclass(frozen=True)
class Cell:
    """An algorithm on a device.

    Attributes
    ----------
    fits : bool | None
        Whether the device has enough qubits and runs gates; None where unknown.
    two_qubit : int | None
        Gates on the device; `routed` says whether the device's wiring is in it, otherwise it is a lower
        bound.
    fidelity : float | None
        Product of 1 − error over gates and readouts; None where an error is unknown.
    dollars : float | None
        Price of a thousand shots of one circuit.
    why : str
        What is missing or does not fit.
    sources : str
        Sources of the numbers, with dates.
    """

    algorithm: str
    device: str
    fits: bool | None
    two_qubit: int | None
    routed: bool
    fidelity: float | None
    dollars: float | None
    why: str
    sources: str

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


@lru_cache(maxsize=1)
def algorithms() -> dict[str, Circuit]:
    """One representative circuit of each kind that the package builds."""
    ring = [(k, (k + 1) % 16) for k in range(16)] + [(k, k + 8) for k in range(8)]  # a 3-regular graph
    return {
        "sublayer, 4 qubits": sublayer_circuit(LayeredAnsatz(4, 2)),
        "sublayer, 6 qubits": sublayer_circuit(LayeredAnsatz(6, 2)),
        "sublayer, 8 qubits": sublayer_circuit(LayeredAnsatz(8, 2)),
        "kernel (IQP), 8 features": iqp_encoding(8).then(iqp_encoding(8).inverse()),
        "variational classifier, 10 qubits": hardware_efficient(10, 4),
        "QAOA p=1, MaxCut n=16": qaoa(maxcut(16, ring), 1),
        "QAOA p=3, MaxCut n=16": qaoa(maxcut(16, ring), 3),
    }


def readiness() -> list[Cell]:
    """Every algorithm on every device."""
    return [
        _cell(a, circuit, d, device) for a, circuit in algorithms().items() for d, device in DEVICES.items()
    ]


def _cell(algorithm: str, circuit: Circuit, name: str, device: Device) -> Cell:
    qubits = device.qubits
    if device.coupling == "analog":
        return Cell(
            algorithm,
            name,
            False,
            None,
            False,
            None,
            None,
            "an analog device runs no gates",
            f"{qubits.source}, {qubits.date}",
        )
    if qubits.value is not None and circuit.n_qubits > qubits.value:
        return Cell(
            algorithm,
            name,
            False,
            None,
            False,
            None,
            None,
            f"{circuit.n_qubits} qubits, it has {qubits.value:g}",
            f"{qubits.source}, {qubits.date}",
        )
    counted, why = _on_device(circuit, device)
    own = counted if counted is not None else resources(circuit)
    fidelity = own.fidelity
    if fidelity is None:
        errors = (device.error1.value, device.error2.value, device.readout_error.value)
        if None not in errors:
            one, two, read = (float(e) for e in errors if e is not None)
            fidelity = (
                (1 - one) ** own.one_qubit * (1 - two) ** own.two_qubit * (1 - read) ** circuit.n_qubits
            )
    dollars = _dollars(device, own.two_qubit)
    sources = f"{device.error2.source}, {device.error2.date}" + (
        f"; price: {device.price.note()}" if device.price else "; price unknown"
    )
    return Cell(algorithm, name, True, own.two_qubit, counted is not None, fidelity, dollars, why, sources)


def _on_device(circuit: Circuit, device: Device) -> tuple[Resources | None, str]:
    """Counts with the device's wiring where we have it, and what is missing."""
    if not device.calibration:
        routed = device.coupling == "all-to-all"
        return (
            None,
            ""
            if routed
            else (
                "without routing: its wiring is not in our tables, so gates are a lower bound and "
                "fidelity an upper one"
            ),
        )
    try:
        from qualms.backends.ibm import calibration
    except MissingExtraError:
        return None, f"without routing: the device's calibration needs the extra ibm; {install_line('ibm')}"
    return resources(circuit, calibration(device.calibration)), ""


def _dollars(device: Device, two_qubit: int) -> float | None:
    price = device.price
    if price is None:
        return None
    if not price.per_second:
        return price.cost(1, SHOTS)
    repetition, gate = device.shot_seconds.value, device.gate2_seconds.value
    if repetition is None or (gate is None and two_qubit):
        return None
    return price.cost(1, SHOTS, SHOTS * (repetition + two_qubit * (gate or 0.0)))
