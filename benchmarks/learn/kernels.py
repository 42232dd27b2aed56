"""A fidelity kernel on 1,000 points and 8 qubits, and a classifier on it, beside the packages of the field.

python benchmarks/learn/kernels.py                # minutes; writes ../results/learn_kernels.json
python benchmarks/learn/kernels.py --rows 200     # quick

All compute the ZZ feature map of two repetitions in double precision on one thread, and all matrices are
compared before anything is timed. Peers: qiskit-machine-learning's FidelityStatevectorKernel; PennyLane's
`qml.kernels.square_kernel_matrix` (a circuit for every pair, as its documentation shows), and as its best
use the states of all rows in one broadcast call, then one matrix product of numpy; sQUlearn's FidelityKernel
on PennyLane; Qulacs's states in a loop, then one product. What takes minutes is timed on fewer rows, and its
pairs are scaled to all of them; the table says so. The classifier is scikit-learn's SVC on each matrix.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from itertools import combinations
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.svm import SVC

sys.path.insert(0, str(Path(__file__).parents[1]))
from measure import interleave, save
from qualms.learn import QuantumKernelClassifier
from qualms.learn.kernel.exact import exact_kernel
from qualms.learn.kernel.feature_maps import feature_map

QUBITS, BANDWIDTH = 8, 0.3
Matrix = Callable[[np.ndarray], np.ndarray]


def ours() -> Matrix:
    kernel = exact_kernel("fidelity", feature_map("zz", QUBITS), 1.0, None, 0.5)
    return lambda X: kernel.square(kernel.represent(X))


def qiskit() -> Matrix:
    from qiskit.circuit.library import zz_feature_map
    from qiskit_machine_learning.kernels import FidelityStatevectorKernel

    return FidelityStatevectorKernel(feature_map=zz_feature_map(QUBITS, reps=2)).evaluate


def _pennylane_layers(qml, x) -> None:
    """The ZZ map; x may be a batch, features last."""
    for _ in range(2):
        for q in range(QUBITS):
            qml.Hadamard(q)
            qml.RZ(2 * x[..., q], q)
        for j, k in combinations(range(QUBITS), 2):
            qml.IsingZZ(2 * (np.pi - x[..., j]) * (np.pi - x[..., k]), [j, k])


def pennylane_pairs() -> Matrix:
    import pennylane as qml

    @qml.qnode(qml.device("lightning.qubit", wires=QUBITS))
    def overlap(a, b):
        _pennylane_layers(qml, a)
        qml.adjoint(_pennylane_layers)(qml, b)
        return qml.probs(wires=range(QUBITS))

    return lambda X: np.asarray(qml.kernels.square_kernel_matrix(X, lambda a, b: overlap(a, b)[0]))


def pennylane_states() -> Matrix:
    import pennylane as qml

    @qml.qnode(qml.device("default.qubit", wires=QUBITS))
    def states(x):
        _pennylane_layers(qml, x)
        return qml.state()

    def run(X: np.ndarray) -> np.ndarray:
        found = np.asarray(states(X))
        return np.abs(found.conj() @ found.T) ** 2

    return run


def squlearn() -> Matrix:
    from qiskit.circuit.library import zz_feature_map
    from squlearn import Executor
    from squlearn.encoding_circuit import QiskitEncodingCircuit
    from squlearn.kernel import FidelityKernel

    circuit = QiskitEncodingCircuit(zz_feature_map(QUBITS, reps=2))
    kernel = FidelityKernel(circuit, Executor("pennylane"), evaluate_duplicates="off_diagonal")
    return kernel.evaluate


def qulacs() -> Matrix:
    from qulacs import ParametricQuantumCircuit, QuantumState

    circuit = ParametricQuantumCircuit(QUBITS)
    pairs = list(combinations(range(QUBITS), 2))
    for _ in range(2):
        for q in range(QUBITS):
            circuit.add_H_gate(q)
            circuit.add_parametric_RZ_gate(q, 0.0)
        for j, k in pairs:
            circuit.add_parametric_multi_Pauli_rotation_gate([j, k], [3, 3], 0.0)

    def run(X: np.ndarray) -> np.ndarray:
        first, second = [j for j, _ in pairs], [k for _, k in pairs]
        layer = np.concatenate([-2 * X, -2 * (np.pi - X[:, first]) * (np.pi - X[:, second])], axis=1)
        found, state = np.empty((len(X), 1 << QUBITS), complex), QuantumState(QUBITS)
        for row, angles in enumerate(np.concatenate([layer, layer], axis=1)):
            for position, angle in enumerate(angles):
                circuit.set_parameter(position, angle)
            state.set_zero_state()
            circuit.update_quantum_state(state)
            found[row] = state.get_vector()
        return np.abs(found.conj() @ found.T) ** 2

    return run


# name: what makes it, and the most rows on which it is timed
PEERS: dict[str, tuple[Callable[[], Matrix], int]] = {
    "PennyLane, broadcast states": (pennylane_states, 1 << 30),
    "Qulacs, states in a loop": (qulacs, 1 << 30),
    "qiskit-machine-learning, FidelityStatevectorKernel": (qiskit, 1000),
    "sQUlearn, FidelityKernel on PennyLane": (squlearn, 40),
    "PennyLane, square_kernel_matrix on lightning.qubit": (pennylane_pairs, 30),
}


PACKAGES = ("qiskit", "qiskit-machine-learning", "pennylane", "pennylane-lightning", "squlearn", "qulacs")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=1000)
    options.add_argument("--budget", type=float, default=5.0, help="seconds for each case")
    chosen = options.parse_args()
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    X = BANDWIDTH * rng.normal(size=(chosen.rows, QUBITS))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    mine, expected = ours(), ours()(X)
    cases: dict[str, Callable[[], object]] = {"Qualms": lambda: mine(X)}
    slow: dict[str, dict[str, float]] = {}
    missing = {}
    for name, (make, most) in PEERS.items():
        try:
            peer = make()
        except ImportError as error:
            missing[name] = str(error)
            continue
        few = X[: min(12, most)]
        difference = np.abs(peer(few) - expected[: len(few), : len(few)]).max()
        assert difference < 1e-6, (name, difference)
        if most >= 1 << 30:
            cases[name] = lambda peer=peer: peer(X)
            continue
        part = X[: min(most, chosen.rows)]
        start = time.perf_counter()
        peer(part)
        taken = time.perf_counter() - start
        scale = (chosen.rows * (chosen.rows - 1)) / (len(part) * (len(part) - 1))
        slow[name] = {"rows": len(part), "measured_ms": 1e3 * taken, "scaled_ms": 1e3 * taken * scale}
    times = interleave(cases, budget=chosen.budget)
    base = times["Qualms"]["median_ms"]
    peers = {name: t["median_ms"] for name, t in times.items() if name != "Qualms"}
    peers |= {name: t["scaled_ms"] for name, t in slow.items()}

    def fit_ours() -> object:
        return QuantumKernelClassifier(bandwidth=BANDWIDTH, C=1.0).fit(X / BANDWIDTH, y)

    fits = interleave(
        {
            "Qualms, QuantumKernelClassifier.fit with its findings": fit_ours,
            "scikit-learn's SVC on a matrix": lambda: SVC(kernel="precomputed").fit(expected, y),
        },
        budget=chosen.budget,
    )
    print(f"kernel matrix, {chosen.rows:,} rows, {QUBITS} qubits")
    print(f"  {'Qualms':<52} {base:10.1f} ms")
    for name, taken in sorted(peers.items(), key=lambda item: item[1]):
        note = (
            f" (from {slow[name]['rows']} rows)" if name in slow and slow[name]["rows"] < chosen.rows else ""
        )
        print(f"  {name:<52} {taken:10.1f} ms  {taken / base:8.1f} ×{note}")
    for name, error in missing.items():
        print(f"  {name:<52} not installed: {error}")
    for name, timed in fits.items():
        print(f"  {name:<52} {timed['median_ms']:10.1f} ms")
    best = min(peers.values())
    fit, machine = (timed["median_ms"] for timed in fits.values())
    print(f"  {best / base:.1f} × the best peer in the matrix, {(best + machine) / fit:.1f} × in the fit")
    if chosen.rows == 1000:
        found = [{"case": name, "rows": chosen.rows, **timed} for name, timed in times.items()]
        found += [{"case": name, **timed} for name, timed in slow.items()]
        found += [{"case": name, "rows": chosen.rows, **timed} for name, timed in fits.items()]
        save("learn_kernels", found, missing=missing, peers={name: _version(name) for name in PACKAGES})


if __name__ == "__main__":
    main()
