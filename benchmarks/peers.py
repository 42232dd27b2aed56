"""The same sublayer core in other libraries: make(n, L) → f(x, angles) → ⟨Z⟩ (B, n).

Each is imported only when it is asked for.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, version
from unittest.mock import MagicMock

import torch

from qualms.circuits.reference import z_signs


def pennylane(n: int, layers: int) -> Callable:
    import pennylane as qml

    @qml.qnode(qml.device("default.qubit", wires=n), interface="torch", diff_method="backprop")
    def circuit(x, angles):
        qml.AmplitudeEmbedding(x, wires=range(n), normalize=True)
        for layer in range(layers):
            for q in range(n):
                qml.RY(angles[layer, q], wires=q)
            for q in range(n):
                qml.CNOT(wires=[q, (q + 1) % n])
        return [qml.expval(qml.PauliZ(q)) for q in range(n)]

    return lambda x, angles: torch.stack(circuit(x, angles), -1)


def pyqtorch(n: int, layers: int) -> Callable:
    import pyqtorch as pyq

    signs = torch.tensor(z_signs(n), dtype=torch.float32)
    operations = []
    for layer in range(layers):
        operations += [pyq.RY(q, f"t{layer}_{q}") for q in range(n)] + [
            pyq.CNOT(q, (q + 1) % n) for q in range(n)
        ]
    circuit = pyq.QuantumCircuit(n, operations).to(dtype=torch.complex64)

    def run(x, angles):
        state = (x / x.norm(dim=1, keepdim=True)).to(torch.complex64).T.reshape([2] * n + [-1])
        values = {f"t{layer}_{q}": angles[layer, q] for layer in range(layers) for q in range(n)}
        return circuit.run(state=state, values=values).reshape(2**n, -1).T.abs() ** 2 @ signs

    return run


class _Absent(MetaPathFinder, Loader):
    """Stands in for what torchquantum 0.1.8 imports and this work does not use; its pins cannot be met beside
    a current Qiskit.
    """

    names = (
        "torchvision torchpack torchdiffeq pathos pyscf tensorflow qiskit_nature qiskit_ibm_runtime "
        "qiskit_aer qiskit_ibm_provider pylatexenc"
    ).split()

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, is_package=True) if name.split(".")[0] in self.names else None

    def create_module(self, spec):
        module = MagicMock()
        module.__path__, module.__file__, module.__spec__ = [], "", spec
        return module

    def exec_module(self, module):
        pass


def torchquantum(n: int, layers: int) -> Callable:
    if not any(isinstance(f, _Absent) for f in sys.meta_path):
        _Absent.names = [*_Absent.names, "qiskit"]
        for name in [m for m in sys.modules if m.split(".")[0] == "qiskit"]:
            del sys.modules[name]
        sys.meta_path.insert(0, _Absent())
    tq = importlib.import_module("torchquantum")
    functional = importlib.import_module("torchquantum.functional")
    encode, measure = tq.StateEncoder(), tq.MeasureAll(tq.PauliZ)

    def run(x, angles):
        device = tq.QuantumDevice(n_wires=n, bsz=x.shape[0])
        encode(device, x)
        for layer in range(layers):
            for q in range(n):
                functional.ry(device, wires=q, params=angles[layer, q])
            for q in range(n):
                functional.cnot(device, wires=[q, (q + 1) % n])
        return measure(device)

    return run


def tensorcircuit(n: int, layers: int) -> Callable:
    """Under jax.jit; returns its own forward-and-backward, marked by the attribute `jax`."""
    import jax
    import jax.numpy as jnp
    import tensorcircuit as tc

    backend = tc.set_backend("jax")
    tc.set_dtype("complex64")

    def one(x, angles):
        circuit = tc.Circuit(n, inputs=(x / jnp.linalg.norm(x)).astype(jnp.complex64))
        for layer in range(layers):
            for q in range(n):
                circuit.ry(q, theta=angles[layer, q])
            for q in range(n):
                circuit.cnot(q, (q + 1) % n)
        return backend.stack([backend.real(circuit.expectation_ps(z=[q])) for q in range(n)])

    batched = jax.vmap(one, (0, None))

    @jax.jit
    def both(x, angles, cotangent):
        out, pull = jax.vjp(batched, x, angles)
        return out, pull(cotangent)

    def run(x, angles, cotangent):
        return jax.block_until_ready(both(x, angles, cotangent))

    run.jax = True  # type: ignore[attr-defined]
    run.array = lambda t: jnp.asarray(t.detach().numpy())  # type: ignore[attr-defined]
    return run


PEERS = {
    "PennyLane default.qubit": (pennylane, "pennylane"),
    "pyqtorch": (pyqtorch, "pyqtorch"),
    "TensorCircuit-ng (jax jit)": (tensorcircuit, "tensorcircuit-ng"),
    "TorchQuantum": (torchquantum, "torchquantum"),
}


def installed() -> dict[str, tuple[Callable, str]]:
    """Peers that are here, with their versions; `pip install 'qualms[bench]'` brings them, TorchQuantum as
    benchmarks/README.md says.
    """
    found = {}
    for name, (make, package) in PEERS.items():
        try:
            found[name] = (make, version(package))
        except PackageNotFoundError:
            print(f"{name}: not installed, left out")
    return found
