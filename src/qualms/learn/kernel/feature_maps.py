"""Feature maps: from a row of numbers to a circuit whose state stands for the row in a quantum kernel."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
import torch

from qualms.circuits import Circuit, Operation, Parameter
from qualms.circuits.encode import amplitude_loading, iqp_encoding
from qualms.errors import ConfigError
from qualms.kernels import loading_angles

FEATURE_MAPS = ("zz", "angle", "iqp", "pauli", "amplitude")
_Turns = dict[str, list[tuple[str, tuple[float, ...]]]]  # gates and angles by letter
# how often the circuit is repeated where the setting says nothing
_REPEATS = {"zz": 2, "iqp": 2, "pauli": 2, "angle": 1, "amplitude": 1}


@dataclass(frozen=True)
class FeatureMap:
    """A circuit with free parameters, and what their values are for a row of numbers.

    Attributes
    ----------
    name : str
        One of `FEATURE_MAPS`.
    n_features : int
        Numbers in a row.
    repeats : int
        How often the encoding layer is repeated.
    entangling : bool
        Whether gates on two and more qubits are there.
    paulis : tuple of str
        The Pauli strings of the "pauli" map.
    circuit : Circuit
        Its parameters are named x0, x1, … (the numbers), y0, y1, … (π − x) or a0, a1, … (the loading angles
        of amplitudes).
    """

    name: str
    n_features: int
    repeats: int
    entangling: bool
    paulis: tuple[str, ...]
    circuit: Circuit

    @property
    def n_qubits(self) -> int:
        return self.circuit.n_qubits

    @property
    def is_product(self) -> bool:
        """Whether no gate acts on two qubits, so that every state is a product of states of one qubit."""
        return all(len(op.qubits) < 2 for op in self.circuit.operations)

    @property
    def is_diagonal(self) -> bool:
        """Whether it is made of Hadamards on all qubits and of gates that only turn phases."""
        return self.name in ("zz", "iqp")

    def columns(self, X: np.ndarray) -> dict[str, np.ndarray]:
        """The value of every parameter by its name, (rows,) float64 each, for rows (rows, n_features)."""
        if self.name == "amplitude":
            angles = loading_angles(torch.from_numpy(amplitudes(X, self.n_qubits))).numpy()
            return {f"a{k}": angles[:, k] for k in range(angles.shape[1])}
        found = {f"x{k}": X[:, k] for k in range(self.n_features)}
        return found | {f"y{k}": math.pi - X[:, k] for k in range(self.n_features)}

    def values(self, X: np.ndarray) -> np.ndarray:
        """Values of the parameters in the circuit's order, (rows, parameters) float64."""
        found = self.columns(X)
        return np.stack([found[name] for name in self.circuit.parameters], axis=1)

    def phase_columns(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients of Z_k and of Z_j Z_k (j < k) in the exponent of one layer of a diagonal map.

        Returns
        -------
        tuple of np.ndarray
            (rows, n) and (rows, pairs); the layer multiplies basis state z by exp(−i Σ c s(z)), where the
            signs s are the eigenvalues of the Paulis.
        """
        other = math.pi - X if self.name == "zz" else X
        pairs = list(combinations(range(self.n_features), 2)) if self.entangling else []
        first, second = [j for j, _ in pairs], [k for _, k in pairs]
        return X, other[:, first] * other[:, second]


def amplitudes(X: np.ndarray, n_qubits: int) -> np.ndarray:
    """(rows, 2ⁿ) real states: (1, x₁, x₂, …, 0, …) divided by its norm.

    The leading 1 keeps the length of a row, which would be lost by the division, and gives the row of zeros
    a state.
    """
    states = np.zeros((len(X), 1 << n_qubits))
    states[:, 0] = 1.0
    states[:, 1 : 1 + X.shape[1]] = X
    # the largest value is divided out first, so that the squares of very large values do not overflow
    states /= np.abs(states).max(axis=1, keepdims=True)
    return states / np.linalg.norm(states, axis=1, keepdims=True)


def feature_map(
    name: str,
    n_features: int,
    repeats: int | None = None,
    entangling: bool = True,
    paulis: Sequence[str] = ("Z", "YY"),
) -> FeatureMap:
    """A feature map by its name.

    Parameters
    ----------
    name : str
        "zz": Hadamards, RZ(2 x_k), RZZ(2 (π − x_j)(π − x_k)) on all pairs, repeated (Havlíček et al. 2019; it
        is Qiskit's ZZFeatureMap up to a global phase). "iqp": the same with products of the numbers
        themselves. "pauli": Hadamards and exp(−i φ_S P) for each Pauli string P of `paulis` on all sets S of
        as many qubits, φ_S = x_k for one qubit and Π (π − x_k) for more (Qiskit's
        PauliFeatureMap, which writes the strings from right to left). "angle":
        RY(x_k), then RZ(x_k), RY(x_k), … with repeats; it has no entangling gates. "amplitude": the row,
        after a 1, as amplitudes.
    n_features : int
        Numbers in a row; all maps but "amplitude" take as many qubits, and this one ⌈log₂(n_features + 1)⌉.
    repeats : int, optional
        Default 2 for zz, iqp and pauli, and 1 for angle and amplitude.
    entangling : bool, default True
        False leaves out all gates on two and more qubits: the control that shows whether they help.
    paulis : sequence of str
        For "pauli": words of X, Y and Z.

    Returns
    -------
    FeatureMap

    Raises
    ------
    ConfigError
        For an unknown name, repeats below 1 or of the amplitude map, what is no Pauli string, and Pauli
        strings that leave no angle.
    """
    if name not in FEATURE_MAPS:
        raise ConfigError(f"feature_map={name!r} is unknown; choose {', '.join(FEATURE_MAPS)}")
    count = _REPEATS[name] if repeats is None else repeats
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ConfigError(f"repeats={repeats!r}: a feature map is repeated 1, 2, … times")
    if name == "amplitude" and count != 1:
        raise ConfigError(f"repeats={repeats}: the amplitude map loads the row once; set repeats=1 or None")
    strings = tuple(paulis)
    if name == "pauli" and (not strings or any(not s or set(s) - set("XYZ") for s in strings)):
        raise ConfigError(f"paulis={paulis!r}: give words of X, Y and Z, such as ('Z', 'YY')")
    if entangling:
        circuit = _BUILDERS[name](n_features, int(count), strings)
    else:
        circuit = _WITHOUT[name](n_features, int(count), strings)
    if not circuit.parameters:
        raise ConfigError(
            f"feature_map={name!r} with paulis={strings} has no gate with an angle on {n_features} qubits; "
            "add 'Z' to the strings"
        )
    return FeatureMap(name, n_features, int(count), entangling, strings, circuit)


def qubits_of(name: str, n_features: int) -> int:
    """Qubits that a map takes for so many numbers."""
    return max(1, math.ceil(math.log2(n_features + 1))) if name == "amplitude" else n_features


def most_features(name: str, n_qubits: int) -> int:
    """Most numbers in a row that a map takes on so many qubits."""
    return (1 << n_qubits) - 1 if name == "amplitude" else n_qubits


def joined(first: FeatureMap) -> Circuit:
    """The circuit that makes the state of one row and undoes that of another.

    The probability of measuring zeros only is the fidelity of the two. Parameters of the
    second row have b_ before their names.
    """
    return first.circuit.then(_renamed(first.circuit, "b_").inverse())


def joined_values(first: FeatureMap, A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Values of the parameters of `joined`, (rows, parameters), for rows A and B, pair by pair."""
    found = first.columns(A) | {f"b_{name}": column for name, column in first.columns(B).items()}
    return np.stack([found[name] for name in joined(first).parameters], axis=1)


def _renamed(circuit: Circuit, prefix: str) -> Circuit:
    """The same circuit with `prefix` before the name of each parameter."""

    def angle(given: Parameter | float) -> Parameter | float:
        if not isinstance(given, Parameter):
            return given
        return Parameter(tuple(prefix + name for name in given.names), given.scale, given.shift)

    return Circuit(
        circuit.n_qubits,
        tuple(replace(op, params=tuple(map(angle, op.params))) for op in circuit.operations),
    )


def _zz(n: int, repeats: int, _: tuple[str, ...]) -> Circuit:
    layer = [Operation("h", (q,)) for q in range(n)]
    layer += [Operation("rz", (q,), (2 * Parameter(f"x{q}"),)) for q in range(n)]
    layer += [
        Operation("rzz", (j, k), (2 * Parameter(f"y{j}") * Parameter(f"y{k}"),))
        for j, k in combinations(range(n), 2)
    ]
    return Circuit(n).extended(layer * repeats)


def _pauli(n: int, repeats: int, paulis: tuple[str, ...]) -> Circuit:
    layer = [Operation("h", (q,)) for q in range(n)]
    for string in paulis:
        for qubits in combinations(range(n), len(string)):
            layer += _exponential(string, qubits)
    return Circuit(n).extended(layer * repeats)


def _exponential(string: str, qubits: tuple[int, ...]) -> list[Operation]:
    """exp(−i φ P): into the basis of Z, the parity into the last qubit, RZ(2φ), and back."""
    turn: _Turns = {"X": [("h", ())], "Y": [("rx", (math.pi / 2,))], "Z": []}
    back: _Turns = {"X": [("h", ())], "Y": [("rx", (-math.pi / 2,))], "Z": []}
    angle = 2 * Parameter(f"x{qubits[0]}")
    if len(qubits) > 1:
        angle = 2 * Parameter(tuple(f"y{q}" for q in qubits))
    there = [Operation(g, (q,), p) for c, q in zip(string, qubits, strict=True) for g, p in turn[c]]
    ladder = [Operation("cx", pair) for pair in pairwise(qubits)]
    home = [Operation(g, (q,), p) for c, q in zip(string, qubits, strict=True) for g, p in back[c]]
    return [*there, *ladder, Operation("rz", (qubits[-1],), (angle,)), *reversed(ladder), *home]


def _angle(n: int, repeats: int, _: tuple[str, ...]) -> Circuit:
    return Circuit(n).extended(
        Operation("rz" if r % 2 else "ry", (q,), (Parameter(f"x{q}"),))
        for r in range(repeats)
        for q in range(n)
    )


def _singles(n: int, repeats: int, _: tuple[str, ...]) -> Circuit:
    layer = [Operation("h", (q,)) for q in range(n)]
    layer += [Operation("rz", (q,), (2 * Parameter(f"x{q}"),)) for q in range(n)]
    return Circuit(n).extended(layer * repeats)


def _uncontrolled(n: int, _: int, __: tuple[str, ...]) -> Circuit:
    loading = amplitude_loading(qubits_of("amplitude", n))
    return Circuit(loading.n_qubits).extended(op for op in loading.operations if len(op.qubits) < 2)


_Builder = Callable[[int, int, tuple[str, ...]], Circuit]
_BUILDERS: dict[str, _Builder] = {
    "zz": _zz,
    "iqp": lambda n, repeats, _: iqp_encoding(n, repeats),
    "pauli": _pauli,
    "angle": _angle,
    "amplitude": lambda n, _, __: amplitude_loading(qubits_of("amplitude", n)),
}
_WITHOUT: dict[str, _Builder] = {  # the same without entangling gates
    "zz": _singles,
    "iqp": _singles,
    "pauli": lambda n, repeats, paulis: _pauli(n, repeats, tuple(s for s in paulis if len(s) == 1)),
    "angle": _angle,
    "amplitude": _uncontrolled,
}
