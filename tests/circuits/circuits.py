"""Random circuits for the property tests."""

import numpy as np
from hypothesis import strategies as st

from qualms.circuits import Circuit, Operation, Parameter
from qualms.circuits.gates import GATES

_angles = st.floats(-6, 6, allow_nan=False)
_names = st.sampled_from(["a", "b", "c", "d"])
_parameters = st.builds(
    lambda names, scale, shift: Parameter(tuple(names), scale, shift),
    st.lists(_names, min_size=1, max_size=2),
    st.floats(0.2, 2),
    st.floats(-1, 1),
)


@st.composite
def random_circuits(draw, most_qubits=5, most_gates=25, free=True):
    n = draw(st.integers(1, most_qubits))
    gates = [g for g in GATES.values() if g.n_qubits <= n]
    operations = []
    for _ in range(draw(st.integers(0, most_gates))):
        gate = draw(st.sampled_from(gates))
        qubits = tuple(draw(st.permutations(range(n))))[: gate.n_qubits]
        angle = st.one_of(_angles, _parameters) if free else _angles
        operations.append(Operation(gate.name, qubits, tuple(draw(angle) for _ in range(gate.n_params))))
    return Circuit(n, tuple(operations))


def random_values(circuit, seed=0):
    rng = np.random.default_rng(seed)
    return dict(zip(circuit.parameters, rng.uniform(-2, 2, len(circuit.parameters)), strict=True))


def seeded_circuit(n, gates, seed, free=0.5, names=6):
    """A wide circuit without hypothesis's overhead."""
    rng = np.random.default_rng(seed)
    table = [g for g in GATES.values() if g.n_qubits <= n]
    operations = []
    for _ in range(gates):
        gate = table[rng.integers(len(table))]
        qubits = tuple(int(q) for q in rng.permutation(n)[: gate.n_qubits])
        angles = [
            rng.normal() * Parameter(f"p{rng.integers(names)}") + rng.normal()
            if rng.random() < free
            else rng.normal()
            for _ in range(gate.n_params)
        ]
        operations.append(Operation(gate.name, qubits, tuple(angles)))
    return Circuit(n, tuple(operations))
