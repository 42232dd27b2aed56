"""What a variational circuit looks like: its architecture, its sizes, and the circuit for any backend."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from qualms.circuits import Circuit, LayeredAnsatz, Operation, Parameter, PauliSum
from qualms.data.numbers import as_integer
from qualms.errors import ConfigError

ARCHITECTURES = ("re-uploading", "hardware-efficient", "iqp")
GATES = ("ry", "rz", "ry")  # of one layer on one qubit, in order of application: any rotation, up to a phase


@dataclass(frozen=True)
class Layout:
    """The circuit of a variational model. A layer has RY, RZ, RY on each qubit, together any rotation.

    - "re-uploading": the data are in the angles of every layer, θ + ω·x with trainable θ and ω; CZ gates
      stand between two layers. A qubit takes up to three features, one in each of its rotations.
    - "hardware-efficient": RY(x) on every qubit, then layers of CZ gates and rotations with angles θ.
    - "iqp": Hadamards, RZ(x_i) and RZZ(x_i x_j) for all pairs, `repeats` times; then layers of rotations with
      CZ gates between them.

    Parameters
    ----------
    architecture : str
        One of the three.
    n_features : int
        Features of a row. Where there are more places for them than features, they are dealt out in turn.
    n_qubits : int, optional
        Default: one for each feature.
    n_layers : int, default 4
    entangler : str | tuple[tuple[int, int], ...], default "ring"
        The pairs of qubits with a CZ between them: "ring", "linear", "full", or pairs. "none" leaves out
        every gate on two qubits, those of the IQP encoding too: the classical control.
    repeats : int, default 1
        How often the IQP encoding is applied; the other architectures take 1 only.

    Raises
    ------
    ConfigError
        For unknown names, sizes below 1, and more features than the qubits take.

    References
    ----------
    Pérez-Salinas et al., "Data re-uploading for a universal quantum classifier", Quantum 4, 226 (2020).
    Kandala et al., "Hardware-efficient variational quantum eigensolver", Nature 549 (2017).
    Havlíček et al., "Supervised learning with quantum-enhanced feature spaces", Nature 567 (2019), whose
    classifier Bowles et al., "Better than classical?" (2024), call the IQP variational classifier.
    """

    architecture: str
    n_features: int
    n_qubits: int | None = None
    n_layers: int = 4
    entangler: str | tuple[tuple[int, int], ...] = "ring"
    repeats: int = 1

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise ConfigError(
                f"architecture={self.architecture!r} is unknown; choose one of {', '.join(ARCHITECTURES)}"
            )
        if self.n_qubits is None:
            object.__setattr__(self, "n_qubits", self.n_features)
        for name in ("n_features", "n_qubits", "n_layers", "repeats"):
            object.__setattr__(self, name, as_integer(getattr(self, name), f"{name}=", 1))
        if self.architecture != "iqp" and self.repeats != 1:
            raise ConfigError(f"repeats={self.repeats} belongs to architecture='iqp'")
        if not isinstance(self.entangler, str):
            pairs = tuple((int(a), int(b)) for a, b in self.entangler)
            object.__setattr__(self, "entangler", pairs)
        LayeredAnsatz(self.qubits, 1, self.entangler)  # checks the entangler
        if self.n_features > self.capacity:
            raise ConfigError(
                f"{self.n_features} features do not fit on {self.qubits} qubits of architecture="
                f"{self.architecture!r}, which take at most {self.capacity}; set more qubits, "
                "reduction='pca', or choose columns"
            )

    @property
    def qubits(self) -> int:
        """The number of qubits, as an int."""
        assert self.n_qubits is not None
        return self.n_qubits

    @property
    def capacity(self) -> int:
        """Most features that fit."""
        return self.qubits * (3 if self.architecture == "re-uploading" else 1)

    @property
    def entangled(self) -> bool:
        """Whether there is any gate on two qubits."""
        encoded = self.architecture == "iqp" and self.entangler != "none" and self.qubits > 1
        return encoded or (bool(self.pairs) and self.blocks > 0)

    @property
    def blocks(self) -> int:
        """How often the CZ gates stand in the circuit."""
        return self.n_layers if self.architecture == "hardware-efficient" else self.n_layers - 1

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs of qubits with a CZ between them, each once: two CZ gates on a pair cancel."""
        found = LayeredAnsatz(self.qubits, 1, self.entangler).cnots()
        return tuple(dict.fromkeys((min(p), max(p)) for p in found))

    @cached_property
    def features_per_qubit(self) -> int:
        """Features that one qubit takes, 1 … 3."""
        return -(-self.n_features // self.qubits)

    @cached_property
    def feature_of(self) -> np.ndarray:
        """(qubits, features per qubit): which feature stands there."""
        count = self.qubits * self.features_per_qubit
        return (np.arange(count) % self.n_features).reshape(self.qubits, -1)

    @cached_property
    def encoded_pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs of the IQP encoding."""
        if self.architecture != "iqp" or self.entangler == "none":
            return ()
        return tuple(combinations(range(self.qubits), 2))

    @cached_property
    def circuit(self) -> Circuit:
        """As a circuit for any backend. Parameters x0, x1, … are the angles of the encoding (with x0_1, … of
        pairs), t{layer}_{gate}_{qubit} those of the layers.
        """
        operations = self._encoding()
        cz = [Operation("cz", pair) for pair in self.pairs]
        for layer in range(self.n_layers):
            if layer or self.architecture == "hardware-efficient":
                operations += cz
            for k, gate in enumerate(GATES):
                operations += [
                    Operation(gate, (q,), (Parameter(f"t{layer}_{k}_{q}"),)) for q in range(self.qubits)
                ]
        return Circuit(self.qubits).extended(operations)

    def _encoding(self) -> list[Operation]:
        n = self.qubits
        if self.architecture == "re-uploading":
            return []
        if self.architecture == "hardware-efficient":
            return [Operation("ry", (q,), (Parameter(f"x{q}"),)) for q in range(n)]
        once = [Operation("h", (q,)) for q in range(n)]
        once += [Operation("rz", (q,), (Parameter(f"x{q}"),)) for q in range(n)]
        once += [Operation("rzz", pair, (Parameter("x{}_{}".format(*pair)),)) for pair in self.encoded_pairs]
        return once * self.repeats

    @cached_property
    def encoding_parameters(self) -> tuple[str, ...]:
        """Names of the circuit's parameters that belong to the encoding; they come first."""
        return tuple(name for name in self.circuit.parameters if name.startswith("x"))

    @cached_property
    def observables(self) -> list[PauliSum]:
        """Z of every qubit."""
        return [PauliSum.z(q, self.qubits) for q in range(self.qubits)]
