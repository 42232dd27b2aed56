"""Quantum kernels the slow way, in Qiskit: one circuit, one state, one pair after another."""

import numpy as np
from qiskit.circuit import QuantumCircuit
from qiskit.circuit.library import pauli_feature_map, zz_feature_map
from qiskit.quantum_info import Statevector, partial_trace


def circuit(name, x, repeats, paulis=None, entangling=True):
    """The feature map of one row, built with Qiskit's own library where it has it."""
    n = len(x)
    if name == "zz" and n > 1 and entangling:
        return zz_feature_map(n, reps=repeats).assign_parameters(x)
    if name == "pauli":
        # Qiskit writes Pauli strings from right to left
        strings = [string[::-1] for string in paulis]
        return pauli_feature_map(n, reps=repeats, paulis=strings).assign_parameters(x)
    made = QuantumCircuit(n)
    for layer in range(repeats):
        for q in range(n):
            if name == "angle":
                (made.rz if layer % 2 else made.ry)(x[q], q)
            else:
                made.h(q)
                made.rz(2 * x[q], q)
        if name == "iqp" and entangling:
            for j in range(n):
                for k in range(j + 1, n):
                    made.rzz(2 * x[j] * x[k], j, k)
    return made


def state(name, x, repeats, paulis=None, entangling=True):
    if name == "amplitude":
        n = int(np.ceil(np.log2(len(x) + 1)))
        vector = np.zeros(1 << n)
        vector[: len(x) + 1] = [1, *x]
        return Statevector(vector / np.linalg.norm(vector)).reverse_qargs()
    return Statevector(circuit(name, x, repeats, paulis, entangling))


def fidelity(a, b):
    return abs(np.vdot(a.data, b.data)) ** 2


def projected(a, b, gamma):
    total = 0.0
    for q in range(a.num_qubits):
        others = [k for k in range(a.num_qubits) if k != q]
        difference = (partial_trace(a, others) - partial_trace(b, others)).data
        total += np.linalg.norm(difference) ** 2
    return np.exp(-gamma * total)


def hamming(a, b, decay):
    """A double sum over bit strings in each of the three bases."""
    total = 0.0
    for basis in "XYZ":
        turn = QuantumCircuit(a.num_qubits)
        for q in range(a.num_qubits):
            if basis == "Y":
                turn.sdg(q)
            if basis != "Z":
                turn.h(q)
        p, r = a.evolve(turn).probabilities(), b.evolve(turn).probabilities()
        for z, pz in enumerate(p):
            for w, rw in enumerate(r):
                total += pz * rw * decay ** bin(z ^ w).count("1") / 3
    return total


def matrix(name, A, B, kernel, repeats, **settings):
    more = {k: settings[k] for k in ("paulis", "entangling") if k in settings}
    first = [state(name, x, repeats, **more) for x in A]
    second = [state(name, x, repeats, **more) for x in B]
    pair = {
        "fidelity": fidelity,
        "projected": lambda a, b: projected(a, b, settings.get("gamma", 0.7)),
        "hamming": lambda a, b: hamming(a, b, settings.get("decay", 0.4)),
    }[kernel]
    return np.array([[pair(a, b) for b in second] for a in first])
