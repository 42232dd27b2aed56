"""Q: what is added to Adam's step, and its classical controls."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from qualms.backends import Backend, StatevectorBackend
from qualms.circuits import Circuit, LayeredAnsatz, Operation, Parameter, PauliSum
from qualms.errors import ConfigError, NonFiniteError
from qualms.optim.coordinates import Choice, generator, take

MODES = ("sine", "circuit", "random", "sign_flip")
GRADIENT_ANGLES = ("relative", "raw", "none")
_ROWS = 1 << 16  # circuits simulated at once
_FEW = 64  # coordinates of a tensor that are soon copied


@dataclass(frozen=True)
class Coordinates:
    """What Q may depend on, for every parameter touched: lists of equal length.

    Attributes
    ----------
    theta : chosen coordinates before the step, to be read only; (k,), or of the parameter's shape if all are chosen.
    grad : their gradients, negated where the objective is maximised.
    mean, square : Adam's m and v for them, before the step.
    step : how many steps each parameter has made.
    position : each parameter's place in the optimizer.
    beta1, beta2, eps : of Adam.
    """

    theta: list[Tensor]
    grad: list[Tensor]
    step: list[Tensor]
    position: list[int]
    beta1: float | Tensor
    beta2: float | Tensor
    eps: float
    _means: list[tuple[Tensor, Choice]]
    _squares: list[tuple[Tensor, Choice]]

    @property
    def mean(self) -> list[Tensor]:
        return [take(tensor, choice) for tensor, choice in self._means]

    @property
    def square(self) -> list[Tensor]:
        return [take(tensor, choice) for tensor, choice in self._squares]


Perturbation = Callable[[Coordinates], list[Tensor]]


def sine(at: Coordinates) -> list[Tensor]:
    """Q = sin(πθ)·g (arXiv 2511.01918)."""
    if torch.is_grad_enabled():  # a differentiable step: the foreach functions would keep tensors that it changes
        return [torch.sin(math.pi * t) * g for t, g in zip(at.theta, at.grad, strict=True)]
    sizes = [t.numel() for t in at.theta]
    if sum(sizes) <= _FEW * len(sizes):  # many short pieces: one long one is done sooner
        theta, grad = (torch.cat([t if t.ndim == 1 else t.reshape(-1) for t in tensors]) for tensors in (at.theta, at.grad))
        q = theta.mul_(math.pi).sin_().mul_(grad).split(sizes)
        return [part if t.ndim == 1 else part.view(t.shape) for part, t in zip(q, at.theta, strict=True)]
    q = torch._foreach_mul(at.theta, math.pi)
    torch._foreach_sin_(q)
    torch._foreach_mul_(q, at.grad)
    return list(q)


def sign_flipped(q: Perturbation) -> Perturbation:
    """−Q, the control that shows whether the direction matters."""
    return lambda at: list(torch._foreach_neg(q(at)))


def random_of_equal_norm(q: Perturbation, seed: int) -> Perturbation:
    """A Gaussian direction with Q's norm on every tensor, the control that shows whether anything but the size matters.

    Drawn anew at each step from the seed, the step and the parameter's place, so that a resumed run draws the same.
    """

    def perturb(at: Coordinates) -> list[Tensor]:
        out = []
        for real, step, place in zip(q(at), at.step, at.position, strict=True):
            drawn = torch.randn(real.shape, generator=generator("direction", seed, int(step), place), device="cpu", dtype=torch.float32)
            size = real.float().norm() if real.dtype.itemsize < 4 else real.norm()
            drawn = drawn.to(size)
            out.append((drawn * (size / drawn.norm())).to(real))
        return out

    return perturb


@lru_cache(maxsize=32)
def perturbation_circuit(n_qubits: int, depth: int, entangle: bool = True) -> Circuit:
    """H on every qubit; then `depth` times RY(theta_i), RZ(gamma_i) on qubit i and CNOTs between neighbours i, i+1.

    The paper names these gates, 4 qubits and depth 2, and no more.
    """
    ops = [Operation("h", (q,)) for q in range(n_qubits)]
    for _ in range(depth):
        ops += [Operation("ry", (q,), (Parameter(f"theta{q}"),)) for q in range(n_qubits)]
        ops += [Operation("rz", (q,), (Parameter(f"gamma{q}"),)) for q in range(n_qubits)]
        ops += [Operation("cx", (q, q + 1)) for q in range(n_qubits - 1) if entangle]
    return Circuit(n_qubits).extended(ops)


class FromCircuit:
    """Q_i = −⟨Z_i⟩·g_i after `perturbation_circuit` with theta_i = πθ_i and gamma_i from the gradient, in blocks of `n_qubits` coordinates.

    H then RY(πθ) gives −⟨Z⟩ = sin(πθ): at depth 1 without CNOTs this *is* the paper's sine, so the circuit is its generalisation.

    Parameters
    ----------
    gradient_angle : gamma_i = "relative", π g_i / max|g| of the block: gradients differ by orders of magnitude between tensors, and only so do
        the RZ gates do anything everywhere; "raw", π g_i; "none", 0.
    joint : whether blocks go on from one tensor to the next.
    """

    def __init__(self, backend: Backend, n_qubits: int, depth: int, entangle: bool, gradient_angle: str, joint: bool = False) -> None:
        self.backend, self.n_qubits, self.gradient_angle, self.joint = backend, n_qubits, gradient_angle, joint
        self.circuit = perturbation_circuit(n_qubits, depth, entangle)
        self.observables = [PauliSum.z(q, n_qubits) for q in range(n_qubits)]
        # after the H the circuit is a layered ansatz, which the exact backend runs for all blocks at once
        layered = LayeredAnsatz(n_qubits, depth, entangler="linear" if entangle else "none", rz=True)
        self._ansatz = layered if isinstance(backend, StatevectorBackend) and n_qubits <= backend.max_sublayer_qubits else None
        self._depth = depth

    def __call__(self, at: Coordinates) -> list[Tensor]:
        theta, grad = (self._blocks(tensors) for tensors in (at.theta, at.grad))
        angles = torch.cat([math.pi * theta, math.pi * self._relative(grad)], 1)
        means = torch.cat([self._means(rows).to(theta) for rows in angles.split(_ROWS)])
        q, out, start = (-means * grad).view(-1), [], 0
        for t in at.theta:
            out.append(q[start : start + t.numel()].view(t.shape).to(t))
            start += t.numel() if self.joint else t.numel() + -t.numel() % self.n_qubits
        return out

    def _means(self, angles: Tensor) -> Tensor:
        """⟨Z⟩ of every qubit for angles (B, 2n) of theta and gamma: (B, n)."""
        n = self.n_qubits
        if self._ansatz is None:
            return self.backend.expectation(self.circuit, self.observables, angles)
        plus = torch.full((1, 1 << n), 2 ** (-n / 2), dtype=angles.dtype, device=angles.device)
        return self.backend.read_out(self._ansatz, angles.view(-1, 2, n).repeat(1, self._depth, 1), plus, "z", False)[:, 0]

    def _blocks(self, tensors: list[Tensor]) -> Tensor:
        """(B, n): coordinates in rows of n, filled up with zeros. At least single precision."""
        real = torch.promote_types(tensors[0].dtype, torch.float32)
        flat = [t.reshape(-1).to(real) for t in tensors]
        if self.joint:
            flat = [torch.cat(flat)]
        missing = [-t.numel() % self.n_qubits for t in flat]
        return torch.cat([torch.nn.functional.pad(t, (0, m)) if m else t for t, m in zip(flat, missing, strict=True)]).view(-1, self.n_qubits)

    def _relative(self, grad: Tensor) -> Tensor:
        if self.gradient_angle == "none":
            return torch.zeros_like(grad)
        if self.gradient_angle == "raw":
            return grad
        return grad / grad.abs().amax(1, keepdim=True).clamp_min(torch.finfo(grad.dtype).tiny)


def checked(q: Any, theta: Sequence[Tensor]) -> list[Tensor]:
    """What somebody's own perturbation gave, if it is Q of these coordinates."""
    if not isinstance(q, (list, tuple)) or len(q) != len(theta) or not all(isinstance(t, Tensor) for t in q):
        raise ConfigError(f"a perturbation gives a list of {len(theta)} tensors, one for each of at.theta; this gave {type(q).__name__}")
    for k, (given, at) in enumerate(zip(q, theta, strict=True)):
        if given.shape != at.shape or given.device != at.device:
            raise ConfigError(
                f"tensor {k} of the perturbation has shape {tuple(given.shape)} on {given.device}; at.theta has {tuple(at.shape)} on {at.device}"
            )
    if not all(bool(t.isfinite().all()) for t in q):
        raise NonFiniteError("the perturbation gave infinities or NaN; nothing was changed")
    return [t.to(at.dtype) for t, at in zip(q, theta, strict=True)]
