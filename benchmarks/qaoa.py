"""QAOA p = 3 on 3-regular MaxCut: energy and gradient, against lightning.qubit's adjoint in the same
precision.

python benchmarks/qaoa.py
"""

from __future__ import annotations

import argparse
import time
import warnings

import networkx as nx
import numpy as np
import torch

from measure import interleave, save
from qualms.backends import get_backend
from qualms.circuits import ansatz
from qualms.kernels.program import compile_circuit

ANGLES = [0.3, 0.6, 0.5, 0.4, 0.7, 0.2]


def ours(n: int, edges: list, dtype: torch.dtype):
    cost = ansatz.maxcut(n, edges)
    circuit = ansatz.qaoa(cost, 3)
    values = torch.tensor(ANGLES, dtype=dtype, requires_grad=True)

    def run():
        energy = get_backend("statevector").expectation(circuit, cost, values)
        return energy.item(), torch.autograd.grad(energy, values)[0].numpy()

    return run


def lightning(n: int, edges: list, dtype: torch.dtype):
    import pennylane as qml
    from pennylane import numpy as pnp

    device = qml.device(
        "lightning.qubit", wires=n, c_dtype=np.complex64 if dtype == torch.float32 else np.complex128
    )
    cost = qml.Hamiltonian([0.5] * len(edges), [qml.PauliZ(a) @ qml.PauliZ(b) for a, b in edges])

    @qml.qnode(device, diff_method="adjoint")
    def energy(angles):
        for q in range(n):
            qml.Hadamard(q)
        for k in range(3):
            for a, b in edges:
                qml.IsingZZ(angles[2 * k], wires=[a, b])
            for q in range(n):
                qml.RX(2 * angles[2 * k + 1], wires=q)
        return qml.expval(cost)

    gradient = qml.grad(energy)
    angles = pnp.array(ANGLES, requires_grad=True)

    def run():  # autograd's gradient function makes the energy on its way
        slope = np.array(gradient(angles))
        return float(gradient.forward) - 0.5 * len(edges), slope

    return run


def main() -> None:
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--qubits", type=int, nargs="*", default=[12, 14, 16, 18, 20])
    args = parser.parse_args()
    rows = []
    for n in args.qubits:
        edges = sorted(tuple(sorted(e)) for e in nx.random_regular_graph(3, n, seed=1).edges)
        for dtype in (torch.float32, torch.float64):
            calls = {"qualms": ours(n, edges, dtype), "lightning.qubit adjoint": lightning(n, edges, dtype)}
            compile_circuit.cache_clear()
            start = time.perf_counter()
            energy, slope = calls["qualms"]()
            first = 1e3 * (time.perf_counter() - start)
            other, other_slope = calls["lightning.qubit adjoint"]()
            error = max(abs(energy - other), float(np.abs(slope - other_slope).max()))
            assert error < (2e-3 if dtype == torch.float32 else 1e-9), error
            times = interleave(calls, args.seconds, most=60)
            ratio = {
                k: times["lightning.qubit adjoint"][k] / times["qualms"][k] for k in ("min_ms", "median_ms")
            }
            rows.append(
                {
                    "n": n,
                    "precision": str(dtype),
                    "error": error,
                    "first_call_ms": first,
                    "speedup": ratio,
                    **times,
                }
            )
            print(
                (
                    f"n={n} {dtype}: qualms {times['qualms']['min_ms']:.1f} ms, lightning "
                    f"{times['lightning.qubit adjoint']['min_ms']:.1f} ms, × {ratio['min_ms']:.1f} (median "
                    f"{ratio['median_ms']:.1f}), first call {first:.0f} ms, differ by {error:.1e}"
                ),
                flush=True,
            )
    print(save("qaoa", rows))


if __name__ == "__main__":
    main()
