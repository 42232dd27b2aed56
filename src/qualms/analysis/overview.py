"""Everything that is told of an adapter in one mapping: its circuit, what it can express, whether it trains,
what it costs here and on devices.
"""

from __future__ import annotations

from typing import Any

import torch

from qualms.analysis import costs
from qualms.analysis.adapter import AnalyzedAdapter
from qualms.analysis.expressivity import entangling_capability, expressibility
from qualms.analysis.resources import resources
from qualms.analysis.trainability import effective_dimension, fisher, gradient_variance, layer_kernel
from qualms.backends.sublayer import sublayer_circuit
from qualms.circuits import Circuit, LayeredAnsatz
from qualms.circuits.encode import amplitude_loading


def overview(
    adapter: AnalyzedAdapter,
    devices: list[str],
    tokens: int,
    steps: int,
    shots: int,
    gradient: str,
    plateau: list[int],
    seed: int,
) -> dict[str, Any]:
    """All parts, by name; numbers, text, lists and mappings alone.

    Parameters
    ----------
    adapter : AnalyzedAdapter
        What is analysed.
    devices : list of str
        Names in `qualms.backends.facts.DEVICES`, for the bill.
    tokens, steps, shots : int
        Of a training step, of the fine-tuning, of a circuit.
    gradient : str
        "parameter-shift" or "spsa".
    plateau : list of int
        Numbers of qubits at which the variance of gradients is measured.
    seed : int
        Of everything that is drawn.
    """
    priced = costs.on_devices(adapter, devices, tokens, steps, shots, gradient)
    return {
        "circuit": circuit_counts(adapter),
        "expressivity": expressivity(adapter, seed),
        "gradients": gradients(adapter.ansatz, plateau, seed),
        "classical": {
            "per_token": costs.arithmetic(adapter),
            "step_seconds_here": costs.twin_step_seconds(adapter, tokens),
        },
        "devices": [{"device": b.device, "circuit": r.to_dict(), "bill": b.to_dict()} for r, b in priced],
    }


def circuit_counts(adapter: AnalyzedAdapter) -> dict[str, Any]:
    """Gates and depth of loading, of the trained circuit, and of both together."""
    ansatz = adapter.ansatz
    return {
        "qubits": ansatz.n_qubits,
        "sublayers": adapter.sublayers,
        "angles_per_circuit": len(ansatz.circuit().parameters),
        "loading": resources(amplitude_loading(ansatz.n_qubits)).to_dict(),
        "ansatz": resources(ansatz.circuit()).to_dict(),
        "whole": resources(sublayer_circuit(ansatz)).to_dict(),
    }


def expressivity(adapter: AnalyzedAdapter, seed: int) -> dict[str, Any]:
    """What the circuit's states and the sublayer's functions can be; with random angles where the adapter has
    none.
    """
    ansatz, circuit = adapter.ansatz, adapter.ansatz.circuit()
    inputs = torch.randn(50, ansatz.dimension, generator=torch.Generator().manual_seed(seed))
    matrices = fisher(ansatz, inputs, 20, seed)
    angles = (
        adapter.angles
        if adapter.angles is not None
        else torch.randn(ansatz.angle_shape, generator=torch.Generator().manual_seed(seed))
    )
    kernel = layer_kernel(ansatz, angles, adapter.config.readout, seed=seed)
    return {
        "expressibility_kl_to_haar": expressibility(circuit, seed=seed),
        "meyer_wallach": entangling_capability(circuit, seed=seed),
        "fisher_spectrum": [float(v) for v in torch.linalg.eigvalsh(matrices.mean(0)).flip(0)],
        "effective_dimension": effective_dimension(matrices),
        "angles": len(circuit.parameters),
        "kernel_rank": kernel.rank,
        "kernel_alignment_with_quadratic": kernel.alignment,
    }


def gradients(ansatz: LayeredAnsatz, qubits: list[int], seed: int) -> list[dict[str, float]]:
    """Variance of a gradient for circuits of this kind on other numbers of qubits, at their depth and at four
    times it.
    """
    # pairs of qubits by number mean nothing on another number of qubits
    if not isinstance(ansatz.entangler, str):
        return []

    def build(n: int, depth: int) -> Circuit:
        return LayeredAnsatz(n, depth, ansatz.entangler, ansatz.rz, ansatz.closing_ry).circuit()

    return [
        v.__dict__
        for v in gradient_variance(
            build, qubits, [ansatz.n_layers, 4 * ansatz.n_layers], samples=60, seed=seed
        )
    ]
