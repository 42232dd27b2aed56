"""PennyLane both ways: our simulator as its device "qualms.simulator", and any device of PennyLane as our
backend. This file alone imports it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qualms.backends.base import BaseBackend
from qualms.backends.protocol import batch_size, check_values
from qualms.circuits import Circuit, Diagonal, Observable, Operation
from qualms.circuits.encode import amplitude_encoding
from qualms.data.numbers import as_real
from qualms.errors import ConfigError, MissingExtraError, translated
from qualms.kernels import simulate
from qualms.kernels.program import without_measurements
from qualms.records.quadrant import Quadrant

try:
    import pennylane as qml
    from pennylane import CompilePipeline, defer_measurements
    from pennylane.devices import Device, ExecutionConfig
    from pennylane.devices import preprocess as stages
    from pennylane.devices.modifiers import simulator_tracking, single_tape_support
    from pennylane.exceptions import DeviceError as PennyLaneError
    from pennylane.transforms import broadcast_expand, split_non_commuting
except ImportError:
    raise MissingExtraError(
        "pennylane", "pennylane", "PennyLane's devices and ours inside PennyLane"
    ) from None

_OURS = {
    "Identity": "id", "PauliX": "x", "PauliY": "y", "PauliZ": "z", "Hadamard": "h", "S": "s", "T": "t",
    "SX": "sx", "Adjoint(S)": "sdg", "Adjoint(T)": "tdg", "Adjoint(SX)": "sxdg", "CNOT": "cx", "CY": "cy",
    "CZ": "cz", "CH": "ch", "SWAP": "swap", "ISWAP": "iswap", "ECR": "ecr", "Toffoli": "ccx", "CCZ": "ccz",
    "CSWAP": "cswap", "RX": "rx", "RY": "ry", "RZ": "rz", "PhaseShift": "p", "U1": "p", "U3": "u",
    "CRX": "crx", "CRY": "cry", "CRZ": "crz", "ControlledPhaseShift": "cp", "IsingXX": "rxx",
    "IsingYY": "ryy", "IsingZZ": "rzz", "GlobalPhase": "gphase",
}  # fmt: skip
_THEIRS = {ours: theirs for theirs, ours in _OURS.items() if theirs != "U1"}
# taken as they are
_MATRICES = (
    "QubitUnitary",
    "BlockEncode",
    "DiagonalQubitUnitary",
    "DoubleExcitationPlus",
    "DoubleExcitationMinus",
)
_NOTHING = ("Barrier", "Snapshot", "WireCut")
_OBSERVABLES = {
    "Identity",
    "PauliX",
    "PauliY",
    "PauliZ",
    "Hadamard",
    "Hermitian",
    "Projector",
    "Prod",
    "SProd",
    "Sum",
    "Exp",
    "LinearCombination",
}


# Our simulator as a device ----------------------------------------------------------------------------------


def from_operators(operators: Sequence[Any], wires: Any) -> Circuit:
    """PennyLane operators as a circuit; the first wire is qubit 0, the most significant bit, as there.

    Raises
    ------
    ConfigError
        With index and name of the operator that has no counterpart here.
    """
    operations = []
    for index, op in enumerate(operators):
        try:
            with translated("PennyLane says"):
                if op.name not in _NOTHING and op.name != "Identity":
                    operations.append(_operation(op, tuple(wires.indices(op.wires))))
        except ConfigError as error:
            raise ConfigError(
                f"operator {index}, {getattr(op, 'name', type(op).__name__)}: {error}"
            ) from None
    return Circuit(max(1, len(wires))).extended(operations)


def _operation(op: Any, qubits: tuple[int, ...]) -> Operation:
    if op.name == "GlobalPhase":  # exp(−iφ) there, exp(+iγ) here
        return Operation("gphase", (), (-_number(op.data[0]),))
    if op.name in _OURS:
        return Operation(_OURS[op.name], qubits, tuple(map(_number, op.data)))
    matrix = np.asarray(qml.matrix(op, wire_order=op.wires), np.complex128)
    if not np.allclose(matrix @ matrix.conj().T, np.eye(len(matrix)), atol=1e-8):
        raise ConfigError("its matrix is not unitary")
    return Operation("unitary", qubits, matrices=(matrix,), label=op.name)


def _number(angle: Any) -> float:
    """An angle of any of PennyLane's interfaces; their gradients are PennyLane's own affair."""
    return as_real(qml.math.toarray(qml.math.unwrap([angle])[0]), "angle", "a number of radians")


def _run(operators: Sequence[Any], wires: Any, state: np.ndarray) -> np.ndarray:
    if not len(wires):
        return state
    with torch.no_grad():
        return simulate(
            from_operators(operators, wires), initial=torch.as_tensor(state), dtype=torch.complex128
        ).numpy()


def _rotations(measurements: Sequence[Any]) -> list[Any]:
    """Gates that make commuting measurements diagonal; a basis that several share is changed once."""
    gates, basis = [], {}
    for measurement in measurements:
        if measurement.obs is not None and qml.pauli.is_pauli_word(measurement.obs):
            (word,) = measurement.obs.pauli_rep
            basis.update(word)
        else:
            gates += measurement.diagonalizing_gates()
    for wire, letter in basis.items():
        gates += {"X": qml.X, "Y": qml.Y, "Z": qml.Z}[letter](wire).diagonalizing_gates()
    return gates


def _is_taken(op: Any) -> bool:
    return op.name in _OURS or op.name in _MATRICES or op.name in _NOTHING


def _is_measurable(observable: Any, exact: bool = False) -> bool:
    parts = getattr(observable, "operands", None) or (
        [observable.base] if hasattr(observable, "base") else []
    )
    known = _OBSERVABLES | ({"SparseHamiltonian"} if exact else set())
    return observable.name in known and all(_is_measurable(p, exact) for p in parts)


@qml.transform
def _split(tape: Any) -> Any:
    """With shots one tape for each group of commuting measurements; without, one run serves them all."""
    if not tape.shots:
        return (tape,), lambda results: results[0]
    try:
        return split_non_commuting(tape)
    except RuntimeError as error:  # PennyLane takes sums apart for expectation values alone
        raise PennyLaneError(
            f"with shots, a sum of observables is supported in expval only: {error}"
        ) from error


@simulator_tracking
@single_tape_support
class QualmsDevice(Device):
    """``qml.device("qualms.simulator", wires=4)``: state vectors, exact or with shots; gradients by
    PennyLane's parameter shift.

    Parameters
    ----------
    wires, shots : Any, optional
        As for every device of PennyLane.
    seed : int, optional
        Seed of the shots.

    Notes
    -----
    Not there: mid-circuit measurements other than deferred ones, postselection, channels, classical shadows;
    with shots, sums of observables in anything but `expval`.
    """

    name = "qualms.simulator"

    def __init__(self, wires: Any = None, shots: Any = None, seed: int | None = None) -> None:
        super().__init__(wires=wires, shots=shots)
        self._rng = np.random.default_rng(seed)

    def setup_execution_config(self, config: Any = None, circuit: Any = None) -> ExecutionConfig:
        config = super().setup_execution_config(config, circuit)
        method = config.mcm_config.mcm_method
        if method not in (None, "deferred"):
            raise PennyLaneError(
                f"mid-circuit measurements: {self.name} supports mcm_method='deferred' only, got {method!r}"
            )
        return replace(config, mcm_config=replace(config.mcm_config, mcm_method="deferred"))

    def preprocess_transforms(self, execution_config: Any = None) -> CompilePipeline:
        pipeline, name = CompilePipeline(), self.name
        pipeline.add_transform(defer_measurements, allow_postselect=False)
        pipeline.add_transform(
            stages.decompose,
            stopping_condition=_is_taken,
            target_gates=set(_OURS),
            device_wires=self.wires,
            name=name,
        )
        pipeline.add_transform(stages.device_resolve_dynamic_wires, wires=self.wires, allow_resets=False)
        pipeline.add_transform(stages.validate_device_wires, self.wires, name=name)
        pipeline.add_transform(
            stages.validate_observables, partial(_is_measurable, exact=True), _is_measurable, name=name
        )
        pipeline.add_transform(stages.validate_measurements, name=name)
        pipeline.add_transform(_split)
        pipeline.add_transform(broadcast_expand)
        return pipeline

    def execute(self, circuits: Any, execution_config: Any = None) -> tuple[Any, ...]:
        return tuple(self._one(tape) for tape in circuits)

    def _one(self, tape: Any) -> Any:
        wires, operators = tape.wires, tape.operations
        state = np.zeros(1 << len(wires), np.complex128)
        state[0] = 1
        if operators and isinstance(operators[0], qml.operation.StatePrepBase):
            state, operators = (
                np.asarray(operators[0].state_vector(wire_order=wires), np.complex128).reshape(-1),
                operators[1:],
            )
        state = _run(operators, wires, state)
        if not tape.shots:
            found = tuple(self._exact(m, state, wires) for m in tape.measurements)
            return found[0] if len(found) == 1 else found
        state = _run(_rotations(tape.measurements), wires, state)
        chances = np.abs(state) ** 2
        drawn = self._rng.choice(state.size, tape.shots.total_shots, p=chances / chances.sum())
        bits = drawn[:, None] >> np.arange(len(wires))[::-1] & 1
        parts = []
        for low, high in tape.shots.bins():
            found = tuple(m.process_samples(bits[low:high], wires) for m in tape.measurements)
            parts.append(found[0] if len(found) == 1 else found)
        return tuple(parts) if tape.shots.has_partitioned_shots else parts[0]

    def _exact(self, measurement: Any, state: np.ndarray, wires: Any) -> Any:
        observable = measurement.obs
        if isinstance(measurement, qml.measurements.ExpectationMP) and observable is not None:
            if isinstance(observable, qml.ops.Sum):
                coefficients, parts = observable.terms()
                return sum(
                    c * self._exact(type(measurement)(p), state, wires)
                    for c, p in zip(coefficients, parts, strict=True)
                )
            if observable.name == "SparseHamiltonian":
                return np.vdot(state, observable.sparse_matrix(wire_order=wires) @ state).real
        return measurement.process_state(_run(measurement.diagonalizing_gates(), wires, state), wires)


# Their devices as a backend ---------------------------------------------------------------------------------


class PennyLaneBackend(BaseBackend):
    """Any PennyLane device.

    Not differentiable here; wrap it in `SampledBackend` for shots with parameter-shift gradients. See
    `Backend`.

    Parameters
    ----------
    name : str
        As for `qml.device`, such as "default.qubit", "default.mixed", "lightning.qubit".
    hardware : bool, default False
        True for a device that is no simulator: the record says so.
    options : Any
        The device's own.

    Notes
    -----
    Shots of `sample` are drawn from the device's probabilities, so that a seed means the same counts on every
    device. Circuits with channels need a device that takes them, such as default.mixed.
    """

    max_sublayer_qubits = 12

    def __init__(self, name: str, hardware: bool = False, **options: Any) -> None:
        self.device_name, self.options = name, options
        self.name = f"pennylane:{name}"
        if hardware:
            self.quadrant = Quadrant("classical", "quantum hardware")
        self._device(1)  # an unknown name is refused now

    def _device(self, n: int, **more: Any) -> Any:
        try:
            return qml.device(self.device_name, wires=n, **self.options, **more)
        except Exception as error:  # plugins raise what they like
            raise ConfigError(
                f"PennyLane has no device {self.device_name!r} here: {' '.join(str(error).split())[:200]}"
            ) from None

    def _probabilities(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> Tensor:
        wires = range(circuit.n_qubits)
        found = self._execute(circuit, values, inputs, [qml.probs(wires=wires)])
        return torch.as_tensor(np.stack([np.asarray(r, np.float64) for r in found]))

    def _means(
        self, circuit: Circuit, observables: list[Observable], values: Tensor | None, inputs: Tensor | None
    ) -> Tensor:
        found = self._execute(circuit, values, inputs, [qml.expval(_observable(o)) for o in observables])
        return torch.as_tensor(np.array(found, np.float64).reshape(len(found), len(observables)))

    def _execute(
        self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None, measurements: list[Any]
    ) -> list[Any]:
        check_values(values, circuit.parameters)
        rows: list[Any] = [None] if values is None else torch.atleast_2d(values).tolist()
        states: list[Any] = [None] if inputs is None else list(torch.atleast_2d(inputs))
        tapes = []
        for k in range(batch_size(values, inputs)):
            row, state = rows[k % len(rows)], states[k % len(states)]
            bound = circuit if row is None else circuit.bind(dict(zip(circuit.parameters, row, strict=True)))
            whole = bound if state is None else amplitude_encoding(state.cpu().numpy()).then(bound)
            tapes.append(
                qml.tape.QuantumScript([_operator(op) for op in without_measurements(whole)], measurements)
            )
        device = self._device(circuit.n_qubits)
        self._count(len(tapes))
        with translated(f"{self.name} cannot run the circuit"):
            return list(qml.execute(tapes, device, diff_method=None))


def _operator(op: Operation) -> Any:
    if op.gate == "gphase":
        return qml.GlobalPhase(-float(op.params[0]))  # type: ignore[arg-type]
    if op.gate == "channel":
        return qml.QubitChannel(list(op.matrices), wires=op.qubits)
    if op.gate == "reset":
        raise ConfigError(f"reset on qubits {op.qubits} has no counterpart in PennyLane's circuits")
    name = _THEIRS.get(op.gate)
    if name is None:
        return qml.QubitUnitary(op.matrix(), wires=op.qubits)
    if name.startswith("Adjoint("):
        return qml.adjoint(getattr(qml, name[8:-1])(wires=op.qubits))
    return getattr(qml, name)(*op.params, wires=op.qubits)


def _observable(observable: Observable) -> Any:
    if isinstance(observable, Diagonal):
        return qml.Hermitian(observable.matrix(), wires=range(observable.n_qubits))
    words = [
        qml.pauli.string_to_pauli_word(s) if set(s) != {"I"} else qml.Identity(0) for s, _ in observable.terms
    ]
    # qml.Hamiltonian loses results of single terms in one tape
    return qml.dot([c for _, c in observable.terms], words)
