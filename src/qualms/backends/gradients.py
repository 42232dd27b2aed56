"""Gradients from circuits alone: parameter shift, simultaneous perturbation, and straight through for
simulators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from qualms.circuits import Circuit, Operation, Parameter
from qualms.errors import ConfigError
from qualms.kernels.program import one_angle_each
from qualms.kernels.steps import angle_values

METHODS = ("parameter-shift", "spsa", "straight-through")

Evaluate = Callable[[Circuit, Tensor], Tensor]  # a circuit and its values (B, P) → means (B, k)

# f(θ + s) − f(θ − s) with these weights is f'(θ). Two terms for gates whose generator has one gap of 1, four
# for controlled rotations, whose gaps are 1/2 and 1 (Wierichs et al., "General parameter-shift rules for
# quantum gradients", 2022).
_TWO = ((np.pi / 2, 0.5),)
_FOUR = (
    (np.pi / 2, (np.sqrt(2) + 1) / (4 * np.sqrt(2))),
    (3 * np.pi / 2, -(np.sqrt(2) - 1) / (4 * np.sqrt(2))),
)
_RULES = {
    **dict.fromkeys(("rx", "ry", "rz", "p", "rxx", "ryy", "rzz", "rzx", "cp"), _TWO),
    **dict.fromkeys(("crx", "cry", "crz"), _FOUR),
    "gphase": (),
}


def parameter_shift(
    evaluate: Evaluate,
    circuit: Circuit,
    values: Tensor,
    fixed: frozenset[str] = frozenset(),
    limit: int = 1 << 14,
) -> Tensor:
    """Means (B, k) whose gradient to `values` (B, P) is taken with shifted circuits, every occurrence of a
    parameter by itself.

    Parameters
    ----------
    evaluate : Evaluate
        Called without gradients, with at most about `limit` rows of values.
    fixed : frozenset[str], optional
        Parameters whose derivatives nobody needs.
    """
    unrolled, angles = occurrences(circuit)
    if not angles:
        return evaluate(circuit, values)
    turned = torch.stack([angle_values(a, circuit.parameters, values) for a in angles], -1)  # (B, J)
    needed = tuple(job for job in shifts(circuit) if not fixed.issuperset(angles[job[0]].names))
    return _Shift.apply(evaluate, unrolled, turned, needed, limit)


def shifts(circuit: Circuit) -> list[tuple[int, float, float]]:
    """(which occurrence, shift, weight) of every circuit that a gradient needs.

    Its length is what a gradient costs, in circuits.
    """
    unrolled, _ = occurrences(circuit)
    free = [op for op in unrolled.operations if op.free]
    return [
        (j, sign * s, sign * w) for j, op in enumerate(free) for s, w in _RULES[op.gate] for sign in (1, -1)
    ]


@lru_cache(maxsize=64)
def occurrences(circuit: Circuit) -> tuple[Circuit, tuple[Parameter, ...]]:
    """The circuit with a parameter of its own in every place that has one, and what stood there, in order."""
    angles: list[Parameter] = []
    operations: list[Operation] = []
    for op in (single for whole in circuit.operations for single in one_angle_each(whole)):
        if not op.free:
            operations.append(op)
            continue
        angles += op.free
        operations.append(replace(op, params=(Parameter(f"_{len(angles) - 1}"),)))
    return Circuit(circuit.n_qubits).extended(operations), tuple(angles)


class _Shift(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        evaluate: Evaluate,
        circuit: Circuit,
        angles: Tensor,
        jobs: tuple[tuple[int, float, float], ...],
        limit: int,
    ) -> Tensor:
        ctx.evaluate, ctx.circuit, ctx.jobs, ctx.limit = evaluate, circuit, jobs, limit
        ctx.save_for_backward(angles)
        return evaluate(circuit, angles)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cotangent: Tensor) -> tuple[None, None, Tensor, None, None]:
        (angles,) = ctx.saved_tensors
        gradient = torch.zeros_like(angles)
        jobs = ctx.jobs
        step = max(1, ctx.limit // len(angles))
        for start in range(0, len(jobs), step):
            some = jobs[start : start + step]
            moved = angles.repeat(len(some), 1).unflatten(0, (len(some), -1))  # (S, B, J)
            for row, (j, shift, _) in enumerate(some):
                moved[row, :, j] += shift
            means = ctx.evaluate(ctx.circuit, moved.flatten(0, 1)).unflatten(0, (len(some), -1))
            slopes = (means * cotangent).sum(-1)  # (S, B)
            for row, (j, _, weight) in enumerate(some):
                gradient[:, j] += weight * slopes[row]
        return None, None, gradient, None, None


def spsa(evaluate: Evaluate, circuit: Circuit, values: Tensor, seed: int, step: float = 0.1) -> Tensor:
    """Means (B, k) whose gradient is the simultaneous-perturbation estimate: two more evaluations, however
    many parameters.

    References
    ----------
    Spall, "Multivariate stochastic approximation using a simultaneous perturbation gradient approximation"
    (1992).
    """
    return _Spsa.apply(evaluate, circuit, values, seed, step)


class _Spsa(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, evaluate: Evaluate, circuit: Circuit, values: Tensor, seed: int, step: float
    ) -> Tensor:
        ctx.evaluate, ctx.circuit, ctx.seed, ctx.step = evaluate, circuit, seed, step
        ctx.save_for_backward(values)
        return evaluate(circuit, values)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cotangent: Tensor) -> tuple[None, None, Tensor, None, None]:
        (values,) = ctx.saved_tensors
        signs = np.random.default_rng(ctx.seed).choice([-1.0, 1.0], size=values.shape)
        direction = torch.as_tensor(signs, dtype=values.dtype, device=values.device)
        up, down = ctx.evaluate(
            ctx.circuit, torch.cat([values + ctx.step * direction, values - ctx.step * direction])
        ).chunk(2)
        slope = ((up - down) * cotangent).sum(-1, keepdim=True) / (2 * ctx.step)
        return None, None, slope * direction, None, None


def check_method(method: str, backend: str) -> None:
    """Raises ConfigError for an unknown way to take gradients."""
    if method not in METHODS:
        raise ConfigError(f"{backend}: gradient={method!r} is unknown; choose one of {', '.join(METHODS)}")
