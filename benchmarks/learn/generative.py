"""Generative learners: steps of training beside PennyLane and qbmkit, and a whole fit at eight qubits.

python benchmarks/learn/generative.py     # about a minute; writes ../results/learn_generative.json

Losses and gradients are checked against the other package before they are timed, in the same run, interleaved.
qbmkit is compared where it is installed (pip install qbmkit).
"""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
from measure import interleave, save
from qualms.backends import get_backend
from qualms.circuits import LayeredAnsatz
from qualms.learn.generative import mmd
from qualms.learn.generative.boltzmann import QuantumBoltzmannMachine
from qualms.learn.generative.gates import GateSet
from qualms.learn.generative.gibbs import TransverseIsing
from qualms.learn.generative.iqp import IQPModel
from qualms.learn.generative.layered import LayeredModel


def layered(n: int, layers: int) -> tuple[dict[str, Any], str]:
    """Loss Σ (p − q)² of a layered circuit and its gradient."""
    import pennylane as qml

    ansatz = LayeredAnsatz(n, layers, "linear", closing_ry=True)
    model = LayeredModel(ansatz, get_backend("statevector"))
    target = torch.from_numpy(np.random.default_rng(0).dirichlet(np.ones(1 << n)))
    start = np.random.default_rng(1).normal(size=model.size)

    @qml.qnode(qml.device("default.qubit", wires=n), interface="torch", diff_method="backprop")
    def probabilities(angles):
        for row in range(layers + 1):
            for q in range(n):
                qml.RY(angles[row, q], wires=q)
            if row < layers:
                for q in range(n - 1):
                    qml.CNOT(wires=[q, q + 1])
        return qml.probs(wires=range(n))

    def run(p):
        def once():
            theta = torch.tensor(start, requires_grad=True)
            return torch.autograd.grad(((p(theta) - target) ** 2).sum(), theta)[0].numpy()

        return once

    cases = {
        "qualms": run(model.probabilities),
        "pennylane default.qubit": run(lambda t: probabilities(t.reshape(layers + 1, n))),
    }
    return cases, f"layered, {n} qubits, {layers} layers: loss and gradient"


def iqp(n: int) -> tuple[dict[str, Any], str]:
    """MMD² of an IQP circuit with all pairs and its gradient, exact."""
    import pennylane as qml

    gates, sigma = GateSet.local(n, 2), 1.5
    model = IQPModel(gates)
    target = torch.from_numpy(np.random.default_rng(0).dirichlet(np.ones(1 << n)))
    start = np.random.default_rng(1).normal(size=gates.size)
    subsets = [s for w in (1, 2) for s in combinations(range(n), w)]

    @qml.qnode(qml.device("default.qubit", wires=n), interface="torch", diff_method="backprop")
    def probabilities(theta):
        for q in range(n):
            qml.Hadamard(q)
        for k, subset in enumerate(subsets):
            qml.MultiRZ(2 * theta[k], wires=subset)
        for q in range(n):
            qml.Hadamard(q)
        return qml.probs(wires=range(n))

    def run(p):
        def once():
            theta = torch.tensor(start, requires_grad=True)
            return torch.autograd.grad(mmd.between(p(theta), target, sigma), theta)[0].numpy()

        return once

    return {
        "qualms": run(model.probabilities),
        "pennylane default.qubit": run(probabilities),
    }, f"IQP, {n} qubits, {gates.size} gates: MMD² and gradient"


def gibbs(n: int) -> tuple[dict[str, Any], str]:
    """The negative log-likelihood of a quantum Boltzmann machine and its gradient."""
    model = TransverseIsing(n)
    theta = np.random.default_rng(0).normal(0, 0.3, model.size)
    target = np.random.default_rng(1).dirichlet(np.ones(1 << n))
    cases = {"qualms": lambda: model.state(theta).likelihood(target)[1]}
    if find_spec("qbm"):
        import qbm
        from qbm.losses.likelihood import NLL

        one = ["".join("Z" if i == k else "I" for i in range(n)) for k in range(n)]
        two = ["".join("Z" if i in s else "I" for i in range(n)) for s in combinations(range(n), 2)]
        theirs = qbm.FullyVisibleQBM(n=n, generators=[*one, *two, *(s.replace("Z", "X") for s in one)])
        loss = NLL(target)

        def run():
            theirs.theta = -theta
            return -loss.grad(theirs.state())

        cases["qbmkit"] = run
    return cases, f"quantum Boltzmann machine, {n} qubits: likelihood and gradient"


def training(n: int) -> dict[str, Any]:
    """A whole fit at the default settings, processor seconds."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (1000, 1)) ^ (rng.random((1000, n)) < 0.25)
    start = time.process_time()
    machine = QuantumBoltzmannMachine().fit(X)
    return {
        "case": f"quantum Boltzmann machine, {n} qubits: a whole fit",
        "cpu_seconds": time.process_time() - start,
        "iterations": machine.n_iter_,
    }


def main() -> None:
    torch.set_num_threads(1)
    rows = []
    for cases, name in (layered(8, 4), layered(12, 6), iqp(10), iqp(16), gibbs(6), gibbs(8)):
        found = {which: run() for which, run in cases.items()}
        for other, gradient in found.items():
            np.testing.assert_allclose(gradient, found["qualms"], atol=1e-6, err_msg=other)
        times = interleave(cases)
        ratio = {
            other: t["median_ms"] / times["qualms"]["median_ms"]
            for other, t in times.items()
            if other != "qualms"
        }
        rows.append({"case": name, "times": times, "times_slower": ratio})
        print(name, {k: round(v, 1) for k, v in ratio.items()}, round(times["qualms"]["median_ms"], 2), "ms")
    rows.append(training(8))
    print(rows[-1])
    save("learn_generative", rows)


if __name__ == "__main__":
    main()
