"""Noise models: which channels follow which gate, and how readout errs.

Applying one to a circuit makes a circuit with channels.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from qualms.backends.calibration import Calibration
from qualms.backends.protocol import check_values
from qualms.circuits import Circuit, Operation, channels
from qualms.circuits.channels import Kraus
from qualms.data.numbers import as_real
from qualms.errors import ConfigError, QualmsWarning

_CHANNELS: dict[str, Callable[[float], Kraus]] = {
    "depolarizing": channels.depolarizing,
    "amplitude_damping": channels.amplitude_damping,
    "phase_damping": channels.phase_damping,
    "bit_flip": channels.bit_flip,
    "phase_flip": channels.phase_flip,
}
_SILENT = frozenset(("barrier", "measure", "channel", "gphase", "reset"))


@dataclass(frozen=True, eq=False)
class NoisyCircuit:
    """A circuit ready for a noisy simulator.

    Attributes
    ----------
    circuit : Circuit
        With channels.
    places : tuple[int, ...]
        Where the original's qubits are in it at the end.
    confusion : np.ndarray
        (n, 2, 2) of the original's qubits, see `NoiseModel.confusions`.
    columns : tuple[int, ...] | None
        Which of the original's values it takes, in its order; None for all as they are.
    parameters : tuple[str, ...]
        Names of the original's.
    """

    circuit: Circuit
    places: tuple[int, ...]
    confusion: np.ndarray
    columns: tuple[int, ...] | None
    parameters: tuple[str, ...]

    @property
    def misreads(self) -> bool:
        return bool(np.abs(self.confusion - np.eye(2)).max() > 0)

    def inputs(self, values: Tensor | None, states: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
        """Values for this circuit.

        Raises
        ------
        ConfigError
            For values that do not fit, and for states given to a device, which has to load them.
        """
        check_values(values, self.parameters)
        if self.columns is None:
            return values, states
        if states is not None:
            raise ConfigError(
                "a device starts from |0…0⟩: load the states with a circuit "
                "(qualms.circuits.encode.amplitude_loading)"
            )
        return (None if values is None or not self.columns else values[..., list(self.columns)]), None

    def marginal(self, chances: Tensor) -> Tensor:
        """(B, 2^m) probabilities of this circuit's qubits → (B, 2ⁿ) of the original's, as they are read."""
        m, n = self.circuit.n_qubits, len(self.places)
        shaped = chances.reshape(-1, *[2] * m)
        rest = [1 + q for q in range(m) if q not in self.places]
        shaped = (
            shaped.permute(0, *(1 + p for p in self.places), *rest).reshape(len(chances), 1 << n, -1).sum(-1)
        )
        if self.misreads:
            shaped = shaped.reshape(-1, *[2] * n)
            for q, matrix in enumerate(self.confusion):
                turned = torch.tensordot(shaped, torch.as_tensor(matrix).to(chances), dims=([1 + q], [1]))
                shaped = torch.movedim(turned, -1, 1 + q)
        return shaped.reshape(len(chances), 1 << n)


@dataclass(frozen=True, eq=False)
class NoiseModel:
    """Channels after gates, and readout errors.

    Attributes
    ----------
    name : str
        The name that records show.
    everywhere : tuple[tuple[str, Kraus], ...]
        Channels on one qubit that follow every gate on each of its qubits, in this order.
    local : Mapping[tuple[str, tuple[int, ...]], Kraus]
        (gate, qubits) → a channel on those qubits, which follows that gate there.
    confusion : tuple[float, float] | Mapping[int, tuple[float, float]]
        (p(1|0), p(0|1)) of every qubit, or of each by number.
    calibration : Calibration | None
        What it was made of, if it was a device.
    """

    name: str
    everywhere: tuple[tuple[str, Kraus], ...] = ()
    local: Mapping[tuple[str, tuple[int, ...]], Kraus] = field(default_factory=dict)
    confusion: tuple[float, float] | Mapping[int, tuple[float, float]] = (0.0, 0.0)
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        pairs = {"all qubits": self.confusion} if isinstance(self.confusion, tuple) else self.confusion
        for qubit, pair in pairs.items():
            if len(pair) != 2 or not all(
                0 <= as_real(p, f"noise {self.name!r}: readout error of {qubit}") <= 1 for p in pair
            ):
                raise ConfigError(
                    f"noise {self.name!r}: readout errors {tuple(pair)} of "
                    f"{qubit} must be two numbers in [0, 1]"
                )

    @classmethod
    def uniform(cls, settings: Mapping[str, float]) -> NoiseModel:
        """The same noise everywhere.

        ``NoiseModel.uniform({"depolarizing": 0.01, "amplitude_damping": 0.002, "readout": 0.02})``

        Each named channel follows every gate on each of its qubits, in the order given; "readout" is the
        chance to misread a bit.

        Raises
        ------
        ConfigError
            For an unknown channel or a value that is no probability.
        """
        readout, everywhere = 0.0, []
        for name, given in settings.items():
            value = as_real(given, f"noise: {name}=", "a number")
            if name == "readout":
                if not 0 <= value <= 1:
                    raise ConfigError(f"noise: readout={value} must be in [0, 1]")
                readout = value
            elif name in _CHANNELS:
                everywhere.append((name, _CHANNELS[name](value)))
            else:
                raise ConfigError(
                    f"noise: {name!r} is unknown; there are: {', '.join([*_CHANNELS, 'readout'])}"
                )
        label = ", ".join(f"{k} {float(v):g}" for k, v in settings.items()) or "none"
        return cls(label, tuple(everywhere), {}, (readout, readout))

    @classmethod
    def from_calibration(cls, calibration: Calibration) -> NoiseModel:
        """Thermal relaxation for each gate's duration, and depolarizing for what is left of its error;
        readout errors. No idle noise, no cross-talk.

        The same construction as Qiskit Aer's `NoiseModel.from_backend`, which takes T2 beyond 2 T1 as 2 T1,
        and what is not stated as no error. `prepared` warns of what it had to take so for a circuit;
        `Calibration.assumptions` lists it.
        """
        local = {}
        for (gate, qubits), (error, seconds) in calibration.gates.items():
            found = _device_channel(calibration, qubits, error, seconds)
            if found is not None:
                local[gate, qubits] = found
        confusion = {q: pair for q, pair in enumerate(calibration.readout) if pair is not None}
        return cls(calibration.name, (), local, confusion, calibration)

    def after(self, op: Operation) -> list[Operation]:
        """The channels that follow an operation.

        Raises
        ------
        ConfigError
            If a device's calibration has no such gate on these qubits.
        """
        if op.gate in _SILENT:
            return []
        out = [
            Operation("channel", (q,), matrices=kraus, label=name)
            for q in op.qubits
            for name, kraus in self.everywhere
        ]
        if op.gate == "unitary" and self.local:
            raise ConfigError(
                f"{self.name}: a matrix on qubits {op.qubits} has no calibration; transpile the circuit to "
                "the device's gates first"
            )
        calibration = self.calibration
        if calibration is not None and (op.gate, op.qubits) not in calibration.gates:
            raise ConfigError(
                f"{self.name}: the calibration has no {op.gate} on qubits {op.qubits}; it has "
                f"{', '.join(calibration.basis)} on coupled qubits: transpile the circuit first"
            )
        if (op.gate, op.qubits) in self.local:
            out.append(
                Operation(
                    "channel", op.qubits, matrices=self.local[op.gate, op.qubits], label=f"{op.gate} error"
                )
            )
        return out

    def applied(self, circuit: Circuit) -> Circuit:
        """The circuit with a channel after every gate that errs."""
        return Circuit(circuit.n_qubits).extended(
            step for op in circuit.operations for step in (op, *self.after(op))
        )

    def noisy_circuit(self, circuit: Circuit) -> NoisyCircuit:
        """The circuit as this noise sees it: for a device transpiled to its gates and qubits, then with
        channels, on the qubits in use alone.
        """
        if self.calibration is None:
            n = circuit.n_qubits
            return NoisyCircuit(
                self.applied(circuit), tuple(range(n)), self.confusions(range(n)), None, circuit.parameters
            )
        from qualms.circuits.interchange import Transpiled, transpile

        made = transpile(circuit, self.calibration.n_qubits, self.calibration.gates)
        assumed = self.calibration.assumptions(made.circuit, made.places)
        if assumed:
            warnings.warn(f"noise of {self.name}: {'; '.join(assumed)}", QualmsWarning, stacklevel=3)
        small, places, used = Transpiled(self.applied(made.circuit), made.places).compact()
        columns = tuple(circuit.parameters.index(name) for name in small.parameters)
        return NoisyCircuit(
            small, places, self.confusions([used[p] for p in places]), columns, circuit.parameters
        )

    def confusions(self, qubits: Sequence[int]) -> np.ndarray:
        """(n, 2, 2): entry (k, i, j) is the probability to read qubit `qubits[k]` as i when it is j."""
        pairs = [
            self.confusion if isinstance(self.confusion, tuple) else self.confusion.get(q, (0.0, 0.0))
            for q in qubits
        ]
        return np.array([[[1 - wrong1, wrong0], [wrong1, 1 - wrong0]] for wrong1, wrong0 in pairs])

    @property
    def misreads(self) -> bool:
        """Whether any readout can go wrong."""
        pairs = [self.confusion] if isinstance(self.confusion, tuple) else self.confusion.values()
        return any(max(p) > 0 for p in pairs)

    def scaled(self, factor: float) -> NoiseModel:
        """Another strength: the error of every gate of a device times `factor`, its times and readout errors
        accordingly.

        Errors of gates grow up to 1 and readout errors up to 0.5; a `QualmsWarning` says how many would go
        beyond.
        """
        factor = as_real(factor, f"noise {self.name!r}: scale")
        if factor < 0:
            raise ConfigError(f"noise {self.name!r}: scale {factor} must not be negative")
        if self.calibration is None:
            raise ConfigError(
                f"noise {self.name!r} is not a device's; make a uniform one with other values instead"
            )
        old = self.calibration
        gates = sum(e is not None and e < 1 < e * factor for e, _ in old.gates.values())
        reads = sum(p is not None and any(x < 0.5 < x * factor for x in p) for p in old.readout)
        if gates or reads:
            warnings.warn(
                (
                    f"noise of {old.name} × {factor:g}: errors of {gates} gates are held at 1, readout "
                    f"errors of {reads} qubits at 0.5"
                ),
                QualmsWarning,
                stacklevel=2,
            )
        made = Calibration(
            f"{old.name} × {factor:g}",
            old.date,
            old.n_qubits,
            old.coupling,
            {
                k: (None if e is None else e if e >= 1 else min(1.0, e * factor), d)
                for k, (e, d) in old.gates.items()
            },
            tuple(None if t is None else t / factor if factor else math.inf for t in old.t1),
            tuple(None if t is None else t / factor if factor else math.inf for t in old.t2),
            tuple(
                None
                if p is None
                else (min(max(0.5, p[0]), p[0] * factor), min(max(0.5, p[1]), p[1] * factor))
                for p in old.readout
            ),
            old.readout_seconds,
        )
        return NoiseModel.from_calibration(made)


def _device_channel(
    calibration: Calibration, qubits: tuple[int, ...], error: float | None, seconds: float | None
) -> Kraus | None:
    relaxation: Kraus | None = None
    if seconds:
        for q in qubits:
            single = _relaxation(calibration.t1[q], calibration.t2[q], seconds)
            relaxation = single if relaxation is None else channels.beside(relaxation, single)
    fidelity = channels.average_gate_fidelity(relaxation) if relaxation else 1.0
    d = 1 << len(qubits)
    if not error or error <= 1 - fidelity:
        return relaxation
    p = d * (min(error, d / (d + 1)) - (1 - fidelity)) / (d * fidelity - 1)
    noise = _depolarizing(min(p, d * d / (d * d - 1)), len(qubits))
    return channels.composed(noise, relaxation) if relaxation else noise


def _relaxation(t1: float | None, t2: float | None, seconds: float) -> Kraus:
    t1 = math.inf if t1 is None else t1
    t2 = min(2 * t1, math.inf if t2 is None else t2)
    if math.isinf(t1):
        return channels.phase_damping(0.0 if math.isinf(t2) else 1 - math.exp(-2 * seconds / t2))
    return channels.thermal_relaxation(t1, t2, seconds)


@lru_cache(maxsize=256)
def _depolarizing(p: float, n_qubits: int) -> Kraus:
    return channels.depolarizing(p, n_qubits)
