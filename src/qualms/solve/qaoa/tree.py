"""QAOA's cut of an edge in a regular graph without short cycles."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from qualms.errors import ConfigError

_BITS = 6  # of a transform done at once
_MOST = 13  # layers: 2^(2p + 1) numbers


def tree_cut(gammas: Tensor, betas: Tensor, degree: int = 3) -> Tensor:
    """Expected share of edges cut by QAOA of p layers on a `degree`-regular graph whose cycles are longer
    than 2p + 1; differentiable.

    Parameters
    ----------
    gammas, betas : Tensor
        (p) float64 radians, of exp(−iγ Σ (ZZ − 1)/2) and exp(−iβ Σ X) as in `circuits.ansatz.qaoa`.

    Raises
    ------
    ConfigError
        For more than 13 layers, or a degree below 2.

    References
    ----------
    Basso, Farhi, Marwaha, Villalonga, Zhou, "The quantum approximate optimization algorithm at high depth for
    MaxCut on large-girth regular graphs and the Sherrington–Kirkpatrick model" (TQC 2022), section 3: a
    node's history is a string of 2p + 1 signs, and a branch of the tree a function of it, made level by
    level. The sums over neighbours' histories are convolutions, done here by Hadamard transforms, O(p² 4^p)
    in place of O(16^p).
    """
    p = len(gammas)
    if not 1 <= p <= _MOST or degree < 2:
        raise ConfigError(
            f"{p} layers on a graph of degree {degree}: the layers must "
            f"be 1 to {_MOST} and the degree at least 2"
        )
    width = 2 * p + 1
    history = _signs(width)
    f = _amplitude(betas)
    # (−γ_1 … −γ_p, 0, γ_p … γ_1)/2 times the product of two histories is the phase of an edge; its transform
    # is a product over places
    phases = torch.cat([-gammas, torch.zeros(1, dtype=gammas.dtype), gammas.flip(0)]) / 2
    kernel = torch.ones(1, dtype=torch.complex128)
    for phase in phases:
        kernel = (
            kernel[:, None] * torch.stack([torch.cos(phase) + 0j, -1j * torch.sin(phase)])[None]
        ).reshape(-1)
    branch = torch.ones(1 << width, dtype=torch.complex128)
    for _ in range(p):
        branch = _convolved(f * branch, kernel) ** (degree - 1)
    ends = f * branch * history[p]
    correlation = (ends * _convolved(ends, kernel)).sum().real
    return (1 - correlation) / 2


def _convolved(g: Tensor, kernel: Tensor) -> Tensor:
    """Σ_b g(b) exp(−i phases·(a b)): `kernel` is the transform of the exponential over its size."""
    return _Hadamard.apply(_Hadamard.apply(g) * kernel)


def _signs(width: int) -> list[Tensor]:
    """The sign at each place of every history; place 0 is the most significant bit."""
    code = torch.arange(1 << width)
    return [1.0 - 2.0 * ((code >> (width - 1 - k)) & 1).to(torch.float64) for k in range(width)]


def _amplitude(betas: Tensor) -> Tensor:
    """½ ∏ ⟨a_k| exp(iβ_k X) |a_{k+1}⟩ up to the middle, and the conjugates down from it."""
    p = len(betas)
    amplitude = torch.full((1, 2), 0.5, dtype=torch.complex128)  # histories so far × the last sign
    for k in range(2 * p):
        beta = betas[k] if k < p else -betas[2 * p - 1 - k]
        same, other = torch.cos(beta) + 0j, 1j * torch.sin(beta)
        step = torch.stack([torch.stack([same, other]), torch.stack([other, same])])
        amplitude = (amplitude[..., None] * step).reshape(-1, 2)
    return amplitude.reshape(-1)


class _Hadamard(torch.autograd.Function):
    """The unnormalised Walsh–Hadamard transform of 2ⁿ numbers, its own adjoint."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return _transformed(x)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        return _transformed(gradient)


def _transformed(x: Tensor) -> Tensor:
    """Six bits at a time, as products with the 64 × 64 transform."""
    bits = len(x).bit_length() - 1
    first = min(_BITS, bits)
    x = (x.reshape(-1, 1 << first) @ _matrix(first).to(x.dtype)).reshape(-1)
    done = first
    while done < bits:
        some = min(_BITS, bits - done)
        parts = torch.view_as_real(x).reshape(-1, 1 << some, 2 << done)
        x = torch.view_as_complex((_matrix(some) @ parts).reshape(-1, 2))
        done += some
    return x


@cache
def _matrix(bits: int) -> Tensor:
    """The transform of so many bits."""
    matrix = torch.ones(1, 1, dtype=torch.float64)
    for _ in range(bits):
        matrix = torch.kron(torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64), matrix)
    return matrix
