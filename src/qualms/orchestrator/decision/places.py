"""Where a problem's circuit could run: every simulator and device, whether it fits, how right it would be,
and what it would cost.

The circuit is one layer of QAOA on the problem's Ising encoding, the smallest that says anything about the
problem. Where a device does not connect all qubits, routing adds gates that are not counted: gates are then a
lower bound and the fidelity an upper one, in favour of the device.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from qualms.backends.facts import DEVICES, Device
from qualms.orchestrator.decision.features import Features
from qualms.records.quadrant import Quadrant

SIMULATED = 20  # qubits that the solvers simulate exactly, see `qualms.solve.solvers.qaoa`
_SIMULATORS = {  # without the noise that they may be told to add; importing them would take seconds
    "statevector": ("exact simulation", SIMULATED),
    "sampled": ("finitely many shots of an exact simulation", SIMULATED),
    "density_matrix": ("density matrices, with noise if told", 16),
    "aer": ("Qiskit Aer, with noise if told", 14),
    "mps": ("a tensor network, exact up to what it cuts off", SIMULATED),
}
_SIGNAL = 100  # shots for a signal of an undisturbed circuit: a tenth of the spread of one shot
_LEAST_SHOTS = 1000
_COUNTABLE = 10**9  # shots
_MOST_SHOTS = 100_000  # where a device does not say


@dataclass(frozen=True)
class CircuitSize:
    """One layer of QAOA in gates.

    Attributes
    ----------
    qubits, pairs : int
        Spins, and couplings between them.
    neighbours : int
        Most couplings that one spin can have on average, rounded up: layers of gates in a row at least.
    """

    qubits: int
    pairs: int

    @property
    def neighbours(self) -> int:
        return math.ceil(2 * self.pairs / max(1, self.qubits))

    def two_qubit(self, gates: str) -> int:
        """Gates on two qubits: one for each coupling where the device's own gate is a rotation about ZZ, else
        two.
        """
        return self.pairs * (1 if gates == "zz" else 2)

    def depth(self, gates: str) -> int:
        """Gates in a row, at least."""
        return 2 + self.neighbours * (1 if gates == "zz" else 2)

    @property
    def one_qubit(self) -> int:
        """Preparing the superposition, and the mixer; rotations about Z cost nothing on devices."""
        return 2 * self.qubits


@dataclass(frozen=True)
class Place:
    """A simulator or a device, and this problem's circuit on it. What is not known is None.

    Attributes
    ----------
    name, title : str
        Of the place.
    quadrant : Quadrant
        What a run there is.
    qubits : int or None
        It has.
    fits : bool
        Whether it has enough qubits and runs gates.
    two_qubit, depth : int or None
        Of the circuit there.
    routed : bool
        Whether its wiring needs no more gates than these.
    fidelity : float or None
        Product of 1 − error over gates and readouts.
    shots : int or None
        For a signal at this fidelity.
    max_shots : int or None
        Of one circuit.
    seconds, dollars : float or None
        For so many shots of one circuit, without the queue.
    queue_seconds : float or None
        Of waiting, where it was told.
    why : str
        What does not fit, or is missing.
    sources : str
        Of the numbers.
    """

    name: str
    title: str
    quadrant: Quadrant
    qubits: int | None
    fits: bool
    two_qubit: int | None
    depth: int | None
    routed: bool
    fidelity: float | None
    shots: int | None
    max_shots: int | None
    seconds: float | None
    dollars: float | None
    queue_seconds: float | None
    why: str
    sources: str

    @property
    def hardware(self) -> bool:
        return self.quadrant.compute == "quantum hardware"

    @property
    def most_shots(self) -> int:
        """The most shots of one circuit, or what is reckoned with where the device does not say."""
        return self.max_shots or _MOST_SHOTS

    @property
    def signals(self) -> bool:
        """Whether it is known to give a signal within its most shots."""
        return self.fits and self.shots is not None and self.shots <= self.most_shots

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "quadrant": self.quadrant.to_dict()}


def shots_for_signal(fidelity: float) -> int | None:
    """Shots until a mean that noise has shrunk by the fidelity is known to a tenth of a shot's spread,
    relative to that mean; None where that is beyond counting.
    """
    return math.ceil(_SIGNAL / fidelity**2) if _COUNTABLE * fidelity**2 >= _SIGNAL else None


def places(seen: Features, queue_seconds: float | None = None) -> list[Place]:
    """The readiness of every place for a problem's circuit.

    Parameters
    ----------
    seen : Features
        Of the problem.
    queue_seconds : float, optional
        Of waiting for a device, where the user knows it; nothing is asked of any provider.
    """
    circuit = None if seen.spins is None or seen.pairs is None else CircuitSize(seen.spins, seen.pairs)
    found = [_simulator(name, circuit) for name in _SIMULATORS]
    found += [_device(name, device, circuit, queue_seconds) for name, device in DEVICES.items()]
    return found


def best_place(found: list[Place]) -> Place | None:
    """The device that speaks most for running the circuit: one that gives a signal and whose price is known,
    at the highest fidelity; None where it fits on none.
    """
    fitting = [p for p in found if p.hardware and p.fits]
    return max(
        fitting,
        key=lambda p: (p.signals, p.signals and p.dollars is not None, p.fidelity or 0.0),
        default=None,
    )


def _simulator(name: str, circuit: CircuitSize | None) -> Place:
    title, most = _SIMULATORS[name]
    fits = circuit is not None and circuit.qubits <= most
    why = _NO_SPINS
    if circuit is not None:
        why = "" if fits else f"{circuit.qubits:,} qubits, it simulates {most}"
    two, depth = (circuit.two_qubit("zz"), circuit.depth("zz")) if circuit is not None else (None, None)
    return Place(
        name, title, Quadrant("classical", "simulated quantum"), most, fits, two, depth, True,
        1.0 if fits else None, _SIGNAL if fits else None, None, None, 0.0, 0.0, why, "runs on this machine",
    )  # fmt: skip


_NO_SPINS = "the problem has no spins here"


def _device(name: str, device: Device, circuit: CircuitSize | None, queue: float | None) -> Place:
    qubits = None if device.qubits.value is None else int(device.qubits.value)
    most = None if device.max_shots.value is None else int(device.max_shots.value)
    why = ""
    if circuit is None:
        why = _NO_SPINS
    elif device.coupling == "analog":
        why = "an analog device runs no gates"
    elif qubits is None:
        why = "how many qubits it has is not known"
    elif circuit.qubits > qubits:
        why = f"{circuit.qubits:,} qubits, it has {qubits}"
    sources = f"{device.qubits.source}, {device.qubits.date}"
    hardware = Quadrant("classical", "quantum hardware")
    if circuit is None or why:
        return Place(
            name, device.title, hardware, qubits, False, None, None, False, None, None, most, None, None,
            queue, why, sources,
        )  # fmt: skip
    two = circuit.two_qubit(device.gates)
    routed = device.coupling == "all-to-all"
    fidelity = _fidelity(device, circuit, two)
    shots = None if fidelity is None else shots_for_signal(fidelity)
    seconds, dollars = _bill(device, two, max(_LEAST_SHOTS, shots)) if shots is not None else (None, None)
    price = f"price: {device.price.note()}" if device.price else "price unknown"
    return Place(
        name, device.title, hardware, qubits, True, two, circuit.depth(device.gates), routed, fidelity, shots,
        most, seconds, dollars, queue,
        "" if routed else "without routing: gates are a lower bound and the fidelity an upper one",
        f"{device.error2.source}, {device.error2.date}; {price}",
    )  # fmt: skip


def _fidelity(device: Device, circuit: CircuitSize, two: int) -> float | None:
    errors = (device.error1.value, device.error2.value, device.readout_error.value)
    if any(e is None for e in errors):
        return None
    one_error, two_error, read_error = (float(e) for e in errors if e is not None)
    return float(
        (1 - one_error) ** circuit.one_qubit * (1 - two_error) ** two * (1 - read_error) ** circuit.qubits
    )


def _bill(device: Device, two: int, shots: int) -> tuple[float | None, float | None]:
    """(seconds, dollars) of so many shots of one circuit."""
    repetition, gate = device.shot_seconds.value, device.gate2_seconds.value
    known = repetition is not None and (gate is not None or not two)
    seconds = shots * ((repetition or 0.0) + two * (gate or 0.0)) if known else None
    price = device.price
    if price is None or (price.per_second and seconds is None):
        return seconds, None
    return seconds, price.cost(1, shots, seconds or 0.0)
