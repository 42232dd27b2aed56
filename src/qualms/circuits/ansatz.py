"""Parameterised circuits: the layered ansatz of quantum sublayers, and builders of the field's other
families.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations, pairwise

import numpy as np

from qualms.circuits.circuit import Circuit
from qualms.circuits.observables import PauliSum
from qualms.circuits.operation import Operation
from qualms.circuits.parameter import Parameter
from qualms.data.numbers import plain_integer
from qualms.errors import ConfigError

ENTANGLERS = ("ring", "linear", "full", "none")


@dataclass(frozen=True)
class LayeredAnsatz:
    """RY (and RZ) on every qubit, then CNOTs; `n_layers` times; optionally RY on every qubit at the end.

    Parameters
    ----------
    n_qubits : int
        Number of qubits, at least 1.
    n_layers : int
        Number of layers, at least 1.
    entangler : str | tuple[tuple[int, int], ...], default "ring"
        "ring" (0→1, 1→2, …, n−1→0), "linear" (no closing CNOT), "full" (every pair i<j), "none", or
        (control, target) pairs in order.
    rz : bool, default False
        Put RZ after RY in every layer. Amplitudes are then complex.
    closing_ry : bool, default False
        One more row of RY after the last entangler. Without it, under ⟨Z⟩ readout, angles of a one-layer
        ring can have exactly zero gradient, because the trailing CNOTs make parities.

    Raises
    ------
    ConfigError
        For a size below 1 or an unknown entangler.
    """

    n_qubits: int
    n_layers: int
    entangler: str | tuple[tuple[int, int], ...] = "ring"
    rz: bool = False
    closing_ry: bool = False

    def __post_init__(self) -> None:
        for name in ("n_qubits", "n_layers"):
            count = plain_integer(getattr(self, name))
            if count is None or count < 1:
                raise ConfigError(
                    "a circuit needs at least 1 qubit and 1 layer, got "
                    f"{self.n_qubits!r} and {self.n_layers!r}"
                )
            object.__setattr__(self, name, count)
        if not isinstance(self.entangler, str):
            for control, target in self.entangler:
                if control == target or not (0 <= control < self.n_qubits and 0 <= target < self.n_qubits):
                    raise ConfigError(
                        f"entangler: CNOT({control}, {target}) is impossible on {self.n_qubits} qubits"
                    )
        elif self.entangler not in ENTANGLERS:
            raise ConfigError(f"unknown entangler {self.entangler!r}; choose one of {', '.join(ENTANGLERS)}")

    @property
    def dimension(self) -> int:
        """Number of amplitudes, 2ⁿ."""
        return 1 << self.n_qubits

    @property
    def rows(self) -> tuple[str, ...]:
        """The rotation each row of the angle array belongs to, in order of application."""
        layer = ("ry", "rz") if self.rz else ("ry",)
        return layer * self.n_layers + (("ry",) if self.closing_ry else ())

    @property
    def angle_shape(self) -> tuple[int, int]:
        """Shape (rows, n_qubits) of the angle array."""
        return len(self.rows), self.n_qubits

    @property
    def is_real(self) -> bool:
        """Whether real amplitudes stay real: RY and CNOT are real, RZ is not."""
        return not self.rz

    def cnots(self) -> tuple[tuple[int, int], ...]:
        """(control, target) of one entangler, in order of application."""
        n = self.n_qubits
        if not isinstance(self.entangler, str):
            return self.entangler
        if n == 1 or self.entangler == "none":
            return ()
        if self.entangler == "full":
            return tuple((i, j) for i in range(n) for j in range(i + 1, n))
        chain = tuple((q, q + 1) for q in range(n - 1))
        return (*chain, (n - 1, 0)) if self.entangler == "ring" else chain

    @cached_property
    def cnot_indices(self) -> np.ndarray:
        """`cnots()` as control, target, control, target, …: int32."""
        return np.array(self.cnots(), np.int32).reshape(-1)

    def circuit(self, prefix: str = "t") -> Circuit:
        """As a general circuit; the angle in row r on qubit q is the parameter t{r}_{q}."""
        n, operations, row = self.n_qubits, [], 0
        for _ in range(self.n_layers):
            for gate in ("ry", "rz") if self.rz else ("ry",):
                operations += _row(gate, n, f"{prefix}{row}_")
                row += 1
            operations += [Operation("cx", pair) for pair in self.cnots()]
        if self.closing_ry:
            operations += _row("ry", n, f"{prefix}{row}_")
        return Circuit(n).extended(operations)

    def permutation(self) -> np.ndarray:
        """The entangler as an index map: after it, amplitude i is the former amplitude `permutation()[i]`.
        (2ⁿ,) int64.
        """
        return _permutation(self.n_qubits, self.cnots())


@lru_cache(maxsize=64)
def _permutation(n_qubits: int, cnots: tuple[tuple[int, int], ...]) -> np.ndarray:
    index = np.arange(1 << n_qubits)
    source = index.copy()
    for control, target in cnots:
        control_is_set = (index >> (n_qubits - 1 - control)) & 1
        source = source[np.where(control_is_set, index ^ (1 << (n_qubits - 1 - target)), index)]
    source.setflags(write=False)
    return source


def _row(gate: str, n_qubits: int, prefix: str) -> list[Operation]:
    return [Operation(gate, (q,), (Parameter(f"{prefix}{q}"),)) for q in range(n_qubits)]


def brick_wall(
    n_qubits: int, n_layers: int, rotations: tuple[str, ...] = ("ry", "rz"), entangler: str = "cz"
) -> Circuit:
    """Rotations on every qubit, then a two-qubit gate on pairs (0,1), (2,3), …; in the next layer on (1,2),
    (3,4), …
    """
    operations: list[Operation] = []
    for layer in range(n_layers):
        for k, gate in enumerate(rotations):
            operations += _row(gate, n_qubits, f"t{layer * len(rotations) + k}_")
        operations += [Operation(entangler, (q, q + 1)) for q in range(layer % 2, n_qubits - 1, 2)]
    return Circuit(n_qubits).extended(operations)


def hardware_efficient(
    n_qubits: int, n_layers: int, rotations: tuple[str, ...] = ("ry", "rz"), entangler: str = "cx"
) -> Circuit:
    """Rotations on every qubit and a chain of two-qubit gates between neighbours, `n_layers` times; rotations
    again at the end.

    References
    ----------
    Kandala et al., "Hardware-efficient variational quantum eigensolver" (2017).
    """
    operations: list[Operation] = []
    for layer in range(n_layers + 1):
        for k, gate in enumerate(rotations):
            operations += _row(gate, n_qubits, f"t{layer * len(rotations) + k}_")
        if layer < n_layers:
            operations += [Operation(entangler, (q, q + 1)) for q in range(n_qubits - 1)]
    return Circuit(n_qubits).extended(operations)


def iqp(n_qubits: int) -> Circuit:
    """Instantaneous quantum polynomial circuit: H everywhere, RZ on each qubit and RZZ on each pair, H
    everywhere.
    """
    hadamards = [Operation("h", (q,)) for q in range(n_qubits)]
    pairs = [Operation("rzz", p, (Parameter(f"t{p[0]}_{p[1]}"),)) for p in combinations(range(n_qubits), 2)]
    return Circuit(n_qubits).extended([*hadamards, *_row("rz", n_qubits, "t"), *pairs, *hadamards])


def qaoa(
    cost: PauliSum,
    depth: int,
    start: Iterable[Operation] | None = None,
    mixer: Callable[[Parameter], Iterable[Operation]] | None = None,
) -> Circuit:
    """∏ₖ exp(−i β_k B) exp(−i γ_k C) on a start state, for a diagonal cost C; parameters gamma0, beta0,
    gamma1, …

    start : what prepares the state, default Hadamards. mixer : from β to operations, default exp(−i β Σ X).

    Raises
    ------
    ConfigError
        If the cost has X or Y in it.

    References
    ----------
    Farhi, Goldstone, Gutmann, "A Quantum Approximate Optimization Algorithm" (2014); other mixers: Hadfield
    et al. (2019).
    """
    if not cost.is_diagonal:
        raise ConfigError("the cost of QAOA must be diagonal: Pauli strings of I and Z only")
    n = cost.n_qubits
    operations = [Operation("h", (q,)) for q in range(n)] if start is None else list(start)
    for k in range(depth):
        for string, weight in cost.terms:
            operations += _parity_phase(
                [q for q, c in enumerate(string) if c == "Z"], 2 * weight * Parameter(f"gamma{k}")
            )
        beta = Parameter(f"beta{k}")
        operations += [Operation("rx", (q,), (2 * beta,)) for q in range(n)] if mixer is None else mixer(beta)
    return Circuit(n).extended(operations)


def _parity_phase(qubits: list[int], angle: Parameter) -> list[Operation]:
    """exp(−i angle/2 · Z⊗…⊗Z)."""
    if not qubits:
        return [Operation("gphase", (), (-0.5 * angle,))]
    if len(qubits) <= 2:
        return [Operation(("rz", "rzz")[len(qubits) - 1], tuple(qubits), (angle,))]
    ladder = [Operation("cx", pair) for pair in pairwise(qubits)]
    return [*ladder, Operation("rz", (qubits[-1],), (angle,)), *reversed(ladder)]


def data_reuploading(n_qubits: int, n_layers: int, n_features: int) -> Circuit:
    """Layers of RY(w·x), RZ(b) on every qubit and a CNOT ring; feature k of the data is x{k}, dealt out to
    the qubits in turn.

    References
    ----------
    Pérez-Salinas et al., "Data re-uploading for a universal quantum classifier" (2020).
    """
    operations: list[Operation] = []
    ring = LayeredAnsatz(n_qubits, 1).cnots()
    for layer in range(n_layers):
        for q in range(n_qubits):
            feature = (layer * n_qubits + q) % n_features
            operations.append(Operation("ry", (q,), (Parameter(f"w{layer}_{q}") * Parameter(f"x{feature}"),)))
            operations.append(Operation("rz", (q,), (Parameter(f"b{layer}_{q}"),)))
        operations += [Operation("cx", pair) for pair in ring]
    return Circuit(n_qubits).extended(operations)


def maxcut(n_qubits: int, edges: Iterable[tuple[int, int]]) -> PauliSum:
    """The cut's negative size as a cost to minimise, Σ (Z_i Z_j − 1)/2."""
    terms: dict[str, float] = {}
    for i, j in edges:
        if i == j:
            raise ConfigError(f"edge ({i}, {j}) is a loop")
        string = "".join("Z" if q in (i, j) else "I" for q in range(n_qubits))
        terms[string] = terms.get(string, 0.0) + 0.5
        terms["I" * n_qubits] = terms.get("I" * n_qubits, 0.0) - 0.5
    return PauliSum(terms)
