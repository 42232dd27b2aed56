"""The ⟨Z⟩ sublayer of `QSLConfig.seed()` beside query, key and value maps, and the fit of its angles.

It is no change of a weight matrix, so it stands beside the maps: y = W x + B r(U(θ) α), with α the first 2ⁿ
features of x at norm 1. Fitting moves θ so that the gradient in B, which starts from zero, grows: Σ over
maps of ‖Σ_t g_t r_tᵀ‖², with g_t the loss's gradient in the map's output for token t.
"""

from __future__ import annotations

import math
import time
from typing import Any

import torch
from language_model import Batch, LanguageModel, Maps
from torch import Tensor, nn
from updates import Part

from qualms.backends import get_backend
from qualms.circuits import LayeredAnsatz


class Sublayer(Part):
    """Keys: qubits, layers, fit (steps of Adam), frozen (the angles are not trained)."""

    def __init__(self, spec: dict[str, Any], draw: torch.Generator) -> None:
        super().__init__(spec)
        n = self.n = spec.get("qubits", 6)
        self.ansatz = LayeredAnsatz(n, spec.get("layers", 2), "ring")
        self.backend = get_backend("statevector")
        self.angles = nn.Parameter(torch.randn(12, *self.ansatz.angle_shape, generator=draw) * 0.5)
        self.up = nn.Parameter(torch.zeros(12, 256, n))

    def readout(self, layer: int, x: Tensor) -> Tensor:
        """⟨Z⟩ of every qubit for the three maps of a layer: (3, N, n), at a standard deviation of about 1."""
        inputs = x[:, : 1 << self.n].expand(3, -1, -1).contiguous()
        angles = self.angles[3 * layer : 3 * layer + 3]
        return self.backend.read_out(self.ansatz, angles, inputs, "z", True) * math.sqrt((1 << self.n) / 2)

    def side(self, layer: int, x: Tensor) -> Tensor:
        """What is added to the outputs of query, key and value: (N, 768)."""
        read = self.readout(layer, x)
        return (read @ self.up[3 * layer : 3 * layer + 3].mT).transpose(0, 1).flatten(1)

    def delta(self) -> Maps:
        return {}

    def groups(self, rate: float) -> list[dict[str, Any]]:
        groups = [{"params": [self.up], "lr": rate}]
        if not self.spec.get("frozen"):
            groups.append({"params": [self.angles], "lr": rate * self.spec.get("angle_rate", 1.0)})
        return groups

    def fit(self, model: LanguageModel, batches: list[Batch]) -> None:
        """Move the angles so that the gradient in B grows."""
        began, seen = time.perf_counter(), [[], [], [], []]
        for batch in batches:
            calls = model.calls(batch)
            for layer in range(4):
                seen[layer].append(calls[4 * layer])
        pairs = [tuple(torch.cat(part) for part in zip(*layer, strict=True)) for layer in seen]
        optimizer, history = torch.optim.Adam([self.angles], lr=0.05), []
        for _ in range(self.spec["fit"]):
            loss = 0.0
            for layer, (x, grad) in enumerate(pairs):
                read = self.readout(layer, x)
                gradient = grad.unflatten(-1, (3, -1)).permute(1, 2, 0) @ read
                loss = loss - (gradient.pow(2).sum((1, 2)) / grad.pow(2).sum() / len(x)).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.append(-loss.item())
        optimizer.zero_grad()
        self.report = {
            "gradient_grew": round(history[-1] / history[0], 3),
            "fit_seconds": round(time.perf_counter() - began, 2),
        }
