"""What it would take to fine-tune with circuits on a device: circuits, shots, time, money, energy.

Nothing is left out to look better.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from qualms.backends.facts import Device
from qualms.backends.gradients import shifts
from qualms.backends.sublayer import sublayer_circuit
from qualms.circuits import LayeredAnsatz
from qualms.errors import ConfigError


@dataclass(frozen=True)
class Workload:
    """A fine-tuning run.

    Attributes
    ----------
    ansatz : LayeredAnsatz
        Ansatz of every sublayer.
    sublayers : int
        How many the model has.
    first : int
        How many of them are in the first block, whose inputs need no gradient.
    tokens : int
        Tokens of a training step.
    steps : int
        Steps of the run.
    shots : int
        Shots for each circuit.
    gradient : str
        "parameter-shift" or "spsa".
    """

    ansatz: LayeredAnsatz
    sublayers: int
    first: int
    tokens: int
    steps: int
    shots: int = 1000
    gradient: str = "parameter-shift"

    def __post_init__(self) -> None:
        if self.gradient not in ("parameter-shift", "spsa"):
            raise ConfigError(f"gradient={self.gradient!r} is unknown; choose parameter-shift or spsa")

    def circuits_forward(self) -> int:
        """Circuits of a forward pass: one for each token and sublayer.

        ⟨Z⟩ of all qubits is one measurement.
        """
        return self.tokens * self.sublayers

    def circuits_backward(self) -> int:
        """Circuits of a gradient: shifted ones for every angle, and beyond the first block for every loading
        angle too, through which the blocks below get their gradient.
        """
        if self.gradient == "spsa":
            return 2 * self.circuits_forward()
        own = len(shifts(self.ansatz.circuit()))
        loading = len(shifts(sublayer_circuit(self.ansatz))) - own
        return self.tokens * (self.sublayers * own + (self.sublayers - self.first) * loading)

    def circuits_per_step(self) -> int:
        return self.circuits_forward() + self.circuits_backward()


@dataclass(frozen=True)
class Bill:
    """The cost of a workload on a device; None where a price, a duration or the power is not known.

    Attributes
    ----------
    circuits_per_step, circuits, shots : int
        Of the run.
    seconds, dollars, kilowatt_hours : float | None
        What the device takes, without queues.
    price_note : str
        Source and date of the price.
    """

    device: str
    circuits_per_step: int
    circuits: int
    shots: int
    seconds: float | None
    dollars: float | None
    kilowatt_hours: float | None
    price_note: str

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


def bill(work: Workload, name: str, device: Device, two_qubit_gates: int) -> Bill:
    """Price a workload.

    Parameters
    ----------
    two_qubit_gates : int
        Two qubit gates of one circuit on this device, for its duration.
    """
    circuits = work.circuits_per_step() * work.steps
    shots = circuits * work.shots
    repetition, gate = device.shot_seconds.value, device.gate2_seconds.value
    known = repetition is not None and (gate is not None or not two_qubit_gates)
    seconds = shots * ((repetition or 0.0) + two_qubit_gates * (gate or 0.0)) if known else None
    price = device.price
    dollars: float | None = None
    if price is not None and not (price.per_second and seconds is None):
        tasks = circuits if price.per_task else 0  # a task holds one circuit
        dollars = price.cost(tasks, shots, seconds or 0.0)
    power = device.power.value
    energy = None if power is None or seconds is None else power * seconds / 3600
    return Bill(
        name,
        work.circuits_per_step(),
        circuits,
        shots,
        seconds,
        dollars,
        energy,
        "unknown" if price is None else price.note(),
    )
