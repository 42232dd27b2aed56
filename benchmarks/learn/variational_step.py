"""One training step of a variational classifier against PennyLane's simulators.

    python benchmarks/learn/variational_step.py

8 qubits, 4 layers of RY, RZ, RY with CZ rings between them, 256 rows, cross-entropy, Adam; the same parameters
and rows in each, and their losses and gradients compared before anything is timed. Steps are interleaved.
PennyLane's default.qubit runs all rows as one broadcast circuit with backpropagation, its fastest way here;
lightning.qubit runs one circuit for each row with adjoint gradients, the only way that it has with gradients.

Targets: at most 1/20 of default.qubit's time and 1/5 of lightning.qubit's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pennylane as qml
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measure import interleave, save
from qualms.learn.variational import Layout, VariationalModule

Step = Callable[[], float]


class PennyLaneModule(torch.nn.Module):
    """The circuit of a `VariationalModule`, with its parameters, on a device of PennyLane."""

    def __init__(self, ours: VariationalModule, device: str, method: str) -> None:
        super().__init__()
        layout = ours.layout
        for name, value in ours.named_parameters():
            setattr(self, name, torch.nn.Parameter(value.detach().clone()))
        self.layout = layout
        self.register_buffer("feature_of", torch.from_numpy(layout.feature_of))

        @qml.qnode(qml.device(device, wires=layout.qubits), interface="torch", diff_method=method)
        def circuit(angles: Tensor, encoded: Tensor):  # (layers, n, 3[, B]), (n[, B])
            if layout.architecture == "hardware-efficient":
                for q in range(layout.qubits):
                    qml.RY(encoded[q], wires=q)
            for layer in range(layout.n_layers):
                if layer or layout.architecture == "hardware-efficient":
                    for pair in layout.pairs:
                        qml.CZ(wires=pair)
                for q in range(layout.qubits):
                    qml.RY(angles[layer, q, 0], wires=q)
                    qml.RZ(angles[layer, q, 1], wires=q)
                    qml.RY(angles[layer, q, 2], wires=q)
            return [qml.expval(qml.PauliZ(q)) for q in range(layout.qubits)]

        self.circuit = circuit

    def forward(self, rows: Tensor) -> Tensor:
        angles, encoded = self.angles, rows[:, self.feature_of[:, 0]].T
        if self.layout.architecture == "re-uploading":
            moved = self.scales * rows[:, None, self.feature_of]
            angles = self.angles + torch.nn.functional.pad(moved, (0, 3 - moved.shape[-1]))
            angles = angles.permute(1, 2, 3, 0)
        means = torch.stack(self.circuit(angles, encoded), -1)
        return torch.nn.functional.linear(means.to(self.weight), self.weight, self.bias)


def step_of(module: torch.nn.Module, rows: Tensor, targets: Tensor) -> Step:
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)

    def run() -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(module(rows)[:, 0], targets)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return run


def compared(ours: VariationalModule, other: torch.nn.Module, rows: Tensor, targets: Tensor) -> float:
    """Largest difference between the gradients of one loss."""
    gradients = []
    for module in (ours, other):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(module(rows)[:, 0], targets)
        named = dict(module.named_parameters())
        found = torch.autograd.grad(loss, list(named.values()))
        gradients.append(dict(zip(named, found, strict=True)))
    return max(float((gradients[0][k] - gradients[1][k]).abs().max()) for k in gradients[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--qubits", type=int, default=8)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--budget", type=float, default=20.0, help="seconds for each case")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-save", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(rng.normal(size=(options.rows, options.qubits)).astype(np.float32))
    targets = torch.from_numpy(rng.integers(0, 2, options.rows).astype(np.float32))
    result: dict = {"sizes": {k: getattr(options, k) for k in ("qubits", "layers", "rows", "threads")}}
    for architecture in ("re-uploading", "hardware-efficient"):
        layout = Layout(architecture, options.qubits, options.qubits, options.layers)
        ours = VariationalModule(layout, 1)
        general = VariationalModule(layout, 1, backend="statevector")
        others = {
            "pennylane default.qubit": PennyLaneModule(ours, "default.qubit", "backprop"),
            "pennylane lightning.qubit": PennyLaneModule(ours, "lightning.qubit", "adjoint"),
        }
        differences = {
            name: compared(ours, other, rows[:16], targets[:16])
            for name, other in {**others, "qualms statevector backend": general}.items()
        }
        assert max(differences.values()) < 1e-5, differences
        cases = {"qualms": ours, "qualms statevector backend": general, **others}
        times = interleave(
            {name: step_of(module, rows, targets) for name, module in cases.items()}, budget=options.budget
        )
        ratios = {name: times[name]["median_ms"] / times["qualms"]["median_ms"] for name in cases}
        result[architecture] = {"times": times, "ratios": ratios, "gradient_differences": differences}
        for name, found in times.items():
            print(f"{architecture:20s} {name:28s} {found['median_ms']:10.1f} ms  {ratios[name]:7.1f} ×")
    if not options.no_save:
        save("learn_variational_step", result)


if __name__ == "__main__":
    main()
