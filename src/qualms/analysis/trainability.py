"""Whether a circuit can be trained: gradients against size, Fisher information, and what function its layer
computes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from qualms.backends import StatevectorBackend
from qualms.circuits import Circuit, LayeredAnsatz, PauliSum
from qualms.errors import ConfigError
from qualms.kernels import read_out, simulate


@dataclass(frozen=True)
class GradientVariance:
    """Variance of ∂⟨O⟩/∂θ over random angles; mean over parameters, and of the first one."""

    n_qubits: int
    n_layers: int
    mean: float
    first: float


def gradient_variance(
    build: Callable[[int, int], Circuit],
    qubits: Sequence[int],
    layers: Sequence[int],
    observable: str = "local",
    samples: int = 100,
    seed: int = 0,
) -> list[GradientVariance]:
    """Barren plateaus: gradient variance against qubits and layers.

    Parameters
    ----------
    build : Callable[[int, int], Circuit]
        (qubits, layers) → circuit.
    observable : str, default "local"
        "local" (Z on the first qubit) or "global" (Z on all).

    References
    ----------
    McClean et al., "Barren plateaus in quantum neural network training landscapes" (2018); Cerezo et al. on
    local and global costs (2021).
    """
    if observable not in ("local", "global"):
        raise ConfigError(f"observable={observable!r} is unknown; choose local or global")
    backend, out = StatevectorBackend(), []
    for n in qubits:
        measured = PauliSum.z(0, n) if observable == "local" else PauliSum("Z" * n)
        for depth in layers:
            circuit = build(n, depth)
            values = torch.as_tensor(
                np.random.default_rng(seed).uniform(0, 2 * math.pi, (samples, len(circuit.parameters)))
            ).requires_grad_()
            (gradient,) = torch.autograd.grad(backend.expectation(circuit, measured, values).sum(), values)
            variance = gradient.var(0)
            out.append(GradientVariance(n, depth, float(variance.mean()), float(variance[0])))
    return out


def fisher(ansatz: LayeredAnsatz, inputs: Tensor, samples: int = 50, seed: int = 0) -> Tensor:
    """Classical Fisher information of the measured distribution, (samples, P, P) float64: one matrix a random
    choice of angles, mean over inputs.

    Parameters
    ----------
    inputs : Tensor
        States (B, 2ⁿ) that the circuit is given, such as encoded hidden states; divided by their norms.
    """
    circuit, rng = ansatz.circuit(), np.random.default_rng(seed)
    states = torch.nn.functional.normalize(inputs.double(), dim=-1)
    found = []
    for _ in range(samples):
        values = torch.as_tensor(rng.uniform(0, 2 * math.pi, len(circuit.parameters)))

        def chances(v: Tensor) -> Tensor:
            amplitudes = simulate(circuit, v, states, gradient="backprop")
            return amplitudes.real**2 + amplitudes.imag**2

        jacobian = torch.func.jacrev(chances)(values)  # (B, 2ⁿ, P)
        p = chances(values).detach()
        weight = torch.where(p > 1e-12, 1 / p.clamp_min(1e-12), 0.0)
        found.append(torch.einsum("bjp,bj,bjq->pq", jacobian, weight, jacobian) / len(states))
    return torch.stack(found).detach()


def effective_dimension(matrices: Tensor, data: int = 1000) -> float:
    """Effective dimension of a model with these Fisher matrices (S, P, P), for `data` samples, as a number of
    parameters: about P at most.

    References
    ----------
    Abbas et al., "The power of quantum neural networks" (2021), eq. 2, with γ = 1.
    """
    count = matrices.shape[-1]
    trace = float(matrices.diagonal(dim1=-2, dim2=-1).sum(-1).mean())
    if trace <= 0:
        return 0.0
    normalized = matrices * (count / trace)
    kappa = data / (2 * math.pi * math.log(data))
    eye = torch.eye(count, dtype=matrices.dtype)
    half = 0.5 * torch.linalg.slogdet(eye + kappa * normalized).logabsdet
    return float(2 * (torch.logsumexp(half, 0) - math.log(len(half))) / math.log(kappa))


@dataclass(frozen=True)
class LayerKernel:
    """The function that a sublayer computes, seen as a kernel on random inputs.

    Attributes
    ----------
    spectrum : tuple[float, ...]
        Eigenvalues of the Gram matrix of its readout, largest first, as shares of their sum; at most as
        many as values are read out.
    rank : int
        How many hold 99 %.
    alignment : float
        Cosine with the kernel (α·β)², of which every such readout is a quadratic form.
    """

    spectrum: tuple[float, ...]
    rank: int
    alignment: float


def layer_kernel(
    ansatz: LayeredAnsatz, angles: Tensor, readout: str = "z", samples: int = 200, seed: int = 0
) -> LayerKernel:
    """Compare what a layer reads out of random inputs with the classical quadratic kernel.

    Parameters
    ----------
    angles : Tensor
        (rows, n), radians.
    """
    inputs = torch.as_tensor(np.random.default_rng(seed).normal(size=(samples, ansatz.dimension)))
    with torch.no_grad():
        features = read_out(ansatz, angles.double()[None], inputs, readout, True)[0]
    features = features - features.mean(0)
    states = torch.nn.functional.normalize(inputs, dim=-1)
    quadratic = (states @ states.T) ** 2
    centre = torch.eye(samples, dtype=torch.float64) - 1 / samples
    quadratic = centre @ quadratic @ centre
    gram = features @ features.T
    values = torch.linalg.eigvalsh(gram).flip(0).clamp_min(0)
    shares = values / values.sum()
    rank = int((shares.cumsum(0) < 0.99).sum()) + 1
    alignment = float((gram * quadratic).sum() / (gram.norm() * quadratic.norm()))
    return LayerKernel(tuple(float(s) for s in shares[: min(16, features.shape[-1])]), rank, alignment)
