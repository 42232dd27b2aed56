"""Circuits of the kinds QASMBench collects, read as OpenQASM 2, against Qiskit's Statevector.

python benchmarks/qasm.py [FILE.qasm …]    # or your own files
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit, qasm2, transpile
from qiskit.circuit import library
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Statevector

from measure import interleave, save
from qualms.backends import statevector
from qualms.circuits import Circuit
from qualms.kernels.program import compile_circuit


def ghz(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    circuit.h(0)
    for q in range(n - 1):
        circuit.cx(q, q + 1)
    return circuit


def bernstein_vazirani(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    circuit.x(n - 1)
    circuit.h(range(n))
    for q in range(0, n - 1, 2):
        circuit.cx(q, n - 1)
    circuit.h(range(n - 1))
    return circuit


def w_state(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    circuit.x(0)
    for q in range(n - 1):
        circuit.cry(2 * np.arccos(np.sqrt(1 / (n - q))), q, q + 1)
        circuit.cx(q + 1, q)
    return circuit


def grover(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    circuit.h(range(n))
    for _ in range(2):
        for gates in ((), (circuit.h, circuit.x)):
            for gate in gates:
                gate(range(n))
            circuit.h(n - 1)
            circuit.mcx(list(range(n - 1)), n - 1)
            circuit.h(n - 1)
            for gate in reversed(gates):
                gate(range(n))
    return circuit


def ising(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for _ in range(5):
        for q in range(n - 1):
            circuit.rzz(0.3, q, q + 1)
        circuit.rx(0.7, range(n))
    return circuit


def variational(n: int) -> QuantumCircuit:
    circuit = library.efficient_su2(n, reps=3)
    return circuit.assign_parameters(np.random.default_rng(0).uniform(-3, 3, circuit.num_parameters))


def phase_estimation(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    circuit.h(range(n - 1))
    circuit.x(n - 1)
    for q in range(n - 1):
        circuit.cp(2 * np.pi * 0.31 * 2**q, q, n - 1)
    return circuit.compose(library.QFT(n - 1, inverse=True), range(n - 1))


def adder(n: int) -> QuantumCircuit:
    bits = (n - 2) // 2
    circuit = QuantumCircuit(n)
    circuit.x([1, 3])
    return circuit.compose(library.CDKMRippleCarryAdder(bits), range(2 * bits + 2))


FAMILIES = {
    "ghz": ghz, "bernstein-vazirani": bernstein_vazirani, "w state": w_state, "qft": library.QFT,
    "grover": grover, "ising": ising, "variational": variational, "phase estimation": phase_estimation,
    "adder": adder, "random": lambda n: random_circuit(n, 12, max_operands=3, seed=n),
}  # fmt: skip


def texts(files: list[str]) -> dict[str, str]:
    if files:
        return {Path(f).name: Path(f).read_text() for f in files}
    basis = [
        "u3",
        "u2",
        "u1",
        "cx",
        "h",
        "x",
        "t",
        "tdg",
        "s",
        "sdg",
        "rz",
        "ry",
        "rx",
        "ccx",
        "cp",
        "rzz",
        "swap",
        "cry",
    ]
    made = {f"{name} {n}": build(n) for name, build in FAMILIES.items() for n in (4, 8, 12)}
    return {
        name: qasm2.dumps(transpile(c, basis_gates=basis, optimization_level=0)) for name, c in made.items()
    }


def main() -> None:
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*")
    parser.add_argument("--seconds", type=float, default=0.5)
    args = parser.parse_args()
    rows = []
    for name, text in texts(args.files).items():
        circuit = Circuit.from_qasm(text)
        other = QuantumCircuit.from_qasm_str(text)
        other.remove_final_measurements()
        error = float(np.abs(statevector(circuit) - Statevector(other).data).max())

        def ours(c: Circuit = circuit) -> np.ndarray:
            compile_circuit.cache_clear()  # a second call would only hand out what the first one made
            return statevector(c)

        times = interleave(
            {"qualms": ours, "qiskit Statevector": lambda c=other: Statevector(c)}, args.seconds
        )
        rows.append(
            {"circuit": name, "qubits": circuit.n_qubits, "gates": len(circuit), "error": error, **times}
        )
        print(
            f"{name:22} {circuit.n_qubits:2} qubits {len(circuit):5} gates  error {error:.1e}  "
            f"{times['qualms']['min_ms']:8.2f} ms, qiskit {times['qiskit Statevector']['min_ms']:8.2f} ms",
            flush=True,
        )
    worst = max(r["error"] for r in rows)
    assert worst < 1e-10, worst
    if not args.files:
        print(save("qasm", rows, worst_error=worst))


if __name__ == "__main__":
    main()
