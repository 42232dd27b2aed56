"""The fast simulation of layered circuits in batches, where every row has angles of its own.

A layer of rotations is one matrix for the left half of the qubits and one for the right half (for each row,
if the angles are the row's own): two batched products of matrices that fit a processor's cache. The CZ gates
of a layer are one row of signs.

Backwards, a product M with the state ψ after it and the cotangent λ needs M†λ, to go on, and λψ†, whose
partial traces give the gradients of all its gates at once. That is two more products, where torch's own way
through the tensor products of the gates takes several times as long.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from qualms.kernels import memory

GRADIENTS = ("adjoint", "backprop")
GROUP = 5  # most qubits whose rotations are put into one matrix, 32 × 32


def require_memory(rows: int, n_qubits: int, n_layers: int, itemsize: int, device: torch.device) -> None:
    """Raises TooLargeError where a batch of states with its gradients does not fit, before it is made."""

    def needed(n: int) -> int:
        # after each group of qubits, the state and the group's matrix are kept
        each = (1 << n) + (1 << 2 * min(n, GROUP))
        return rows * itemsize * (2 + n_layers * len(_sizes(n))) * each

    memory.require(needed, n_qubits, device, f"a variational circuit ({rows} rows)", "qubits")


def rotations(angles: Tensor) -> Tensor:
    """RY(c) RZ(b) RY(a) of angles (..., 3), radians: (..., 2, 2) complex."""
    a, b, c = (angles / 2).unbind(-1)
    plus, minus = a + c, c - a
    cos, sin = torch.cos(b), torch.sin(b)
    alpha = torch.complex(cos * torch.cos(plus), -sin * torch.cos(minus))
    beta = torch.complex(cos * torch.sin(plus), -sin * torch.sin(minus))
    return torch.stack([alpha, -beta.conj(), beta, alpha.conj()], -1).unflatten(-1, (2, 2))


def through_layers(
    state: Tensor,
    gates: Tensor,
    signs: Tensor | None = None,
    signs_first: bool = False,
    gradient: str = "adjoint",
) -> Tensor:
    """States after layers of one unitary gate on each qubit, with signs between them.

    Parameters
    ----------
    state : Tensor
        (B, 2ⁿ) complex.
    gates : Tensor
        (layers, B or 1, n, 2, 2) unitary, of the same type.
    signs : Tensor, optional
        (2ⁿ,) real: what amplitudes are multiplied with before every layer but the first.
    signs_first : bool, default False
        Before the first one, too.
    gradient : str, default "adjoint"
        "adjoint" for first derivatives, fast; "backprop" leaves them to torch, and derivatives of any order
        are there.

    Returns
    -------
    Tensor
        (B, 2ⁿ) complex.
    """
    if gradient == "adjoint" and len(gates) and (state.requires_grad or gates.requires_grad):
        made: Tensor = _Layers.apply(state, gates, signs, signs_first)
        return made
    for layer, own in enumerate(gates):
        if signs is not None and (layer or signs_first):
            state = state * signs
        for done, size in _groups(gates.shape[2]):
            state = _product_on(_together(own[:, done : done + size]), state, done)
    return state


class _Layers(torch.autograd.Function):
    """`through_layers`, keeping the state after each group of qubits.

    The cotangent is carried conjugated: then matrices are transposed only, which products of matrices do on
    the way, and nothing is conjugated, which would copy it.
    """

    @staticmethod
    def forward(ctx: Any, state: Tensor, gates: Tensor, signs: Tensor | None, signs_first: bool) -> Tensor:
        kept = []
        for layer, own in enumerate(gates):
            if signs is not None and (layer or signs_first):
                state = state * signs
            for done, size in _groups(gates.shape[2]):
                matrix = _together(own[:, done : done + size])
                state = _product_on(matrix, state, done)
                kept += [matrix, state]
        ctx.signs, ctx.signs_first = signs, signs_first
        ctx.save_for_backward(gates, *kept)
        return state

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor, Tensor, None, None]:
        gates, *kept = ctx.saved_tensors
        conjugated = cotangent.conj().resolve_conj()
        traces = []
        for layer in range(len(gates) - 1, -1, -1):
            of_layer = []
            for done, size in reversed(_groups(gates.shape[2])):
                state, matrix = kept.pop(), kept.pop()
                overlap = _overlap(conjugated, state, done, size, len(matrix) == 1)
                of_layer.append(_traces(overlap, size))
                conjugated = _product_on(matrix.mT, conjugated, done)
            traces.append(torch.cat(of_layer[::-1], 1))
            if ctx.signs is not None and (layer or ctx.signs_first):
                conjugated = conjugated * ctx.signs
        # L's change with a gate's δU is Re tr(K† δU U†), K the partial trace of λψ† after the gate
        parts = torch.stack(traces[::-1]).conj()
        # (…, 2, 2) times (…, 2, 2), written out: a batched product of so small matrices is slow
        gradient = parts[..., :, :1] * gates[..., :1, :] + parts[..., :, 1:] * gates[..., 1:, :]
        return conjugated.conj(), gradient, None, None


def _product_on(matrix: Tensor, state: Tensor, before: int) -> Tensor:
    """States (B, 2ⁿ) after a matrix (B or 1, 2ᵏ, 2ᵏ) on the k qubits that come after the first `before`."""
    batch, width, size = len(state), state.shape[-1], matrix.shape[-1]
    left, right = 1 << before, width // size >> before
    if right == 1:
        parts = state.reshape(batch, left, size)
        return ((parts.reshape(1, -1, size) if len(matrix) == 1 else parts) @ matrix.mT).reshape(-1, width)
    if left == 1:
        return (matrix @ state.reshape(batch, size, right)).reshape(-1, width)
    return (matrix[:, None] @ state.reshape(batch, left, size, right)).reshape(-1, width)


def _overlap(conjugated: Tensor, state: Tensor, before: int, count: int, summed: bool) -> Tensor:
    """conj(λ) ψᵀ on the k qubits after the first `before`, summed over all others: (B, 2ᵏ, 2ᵏ), or over the
    batch too, (1, 2ᵏ, 2ᵏ).
    """
    shape = (len(state), 1 << before, 1 << count, -1)
    first, second = conjugated.reshape(shape), state.reshape(shape)
    if first.shape[-1] == 1:  # nothing stands to the right: one product over all that stands to the left
        first, second = first.transpose(1, 3), second.transpose(1, 3)
    found = first[:, 0] @ second[:, 0].mT if first.shape[1] == 1 else (first @ second.mT).sum(1)
    return found.sum(0, keepdim=True) if summed else found


def _traces(overlap: Tensor, count: int) -> Tensor:
    """The part (B, k, 2, 2) of each of k qubits in matrices (B, 2ᵏ, 2ᵏ), traced over the others."""
    numbers = torch.view_as_real(overlap).flatten(1)
    traced = numbers @ _tracing(count, numbers.dtype, numbers.device)
    return torch.view_as_complex(traced.unflatten(1, (count, 2, 2, 2)))


@lru_cache(maxsize=64)
def _tracing(count: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """(2 · 4ᵏ, 8k) of zeros and ones: all partial traces as one product of real and imaginary parts."""
    size = 1 << count
    found = torch.zeros(size, size, 2, count, 2, 2, 2, dtype=dtype, device=device)
    for row in range(size):
        for qubit in range(count):
            bit = count - 1 - qubit
            for other in (row, row ^ (1 << bit)):
                for part in range(2):
                    found[row, other, part, qubit, row >> bit & 1, other >> bit & 1, part] = 1
    return found.flatten(3).flatten(0, 2)


def product_state(vectors: Tensor) -> Tensor:
    """The states (B, 2ⁿ) of qubits that are each in a state of its own, `vectors` (B, n, 2)."""
    parts = list(vectors.unbind(1))
    while len(parts) > 1:  # neighbours together, so that few products are long
        pairs = zip(parts[::2], parts[1::2], strict=False)
        parts = [(a[:, :, None] * b[:, None, :]).flatten(1) for a, b in pairs] + parts[len(parts) & ~1 :]
    return parts[0]


def pair_signs(n_qubits: int, pairs: tuple[tuple[int, int], ...], like: Tensor) -> Tensor:
    """What CZ gates on pairs multiply amplitudes with: (2ⁿ,) of ±1 in the real type of `like`."""
    return _pair_signs(n_qubits, pairs, like.dtype.to_real(), like.device)


@lru_cache(maxsize=64)
def _pair_signs(
    n_qubits: int, pairs: tuple[tuple[int, int], ...], real: torch.dtype, device: torch.device
) -> Tensor:
    z = z_signs(n_qubits, real, device)
    signs = torch.ones(1 << n_qubits, dtype=real, device=device)
    for a, b in pairs:
        signs = torch.where((z[:, a] < 0) & (z[:, b] < 0), -signs, signs)
    return signs


@lru_cache(maxsize=64)
def z_signs(n_qubits: int, real: torch.dtype, device: torch.device) -> Tensor:
    """Eigenvalues of Z of every qubit: (2ⁿ, n) of ±1, qubit 0 the most significant bit."""
    index = torch.arange(1 << n_qubits, device=device)
    bits = (index[:, None] >> torch.arange(n_qubits - 1, -1, -1, device=device)) & 1
    return (1 - 2 * bits).to(real)


def z_means(state: Tensor) -> Tensor:
    """⟨Z⟩ of every qubit of states (B, 2ⁿ): (B, n)."""
    squares = torch.view_as_real(state).square().flatten(1)
    n = state.shape[-1].bit_length() - 1
    return squares @ _z_signs_of_parts(n, squares.dtype, squares.device)


@lru_cache(maxsize=64)
def _z_signs_of_parts(n_qubits: int, real: torch.dtype, device: torch.device) -> Tensor:
    """`z_signs` for real and imaginary parts, one after the other: (2 · 2ⁿ, n)."""
    return z_signs(n_qubits, real, device).repeat_interleave(2, 0)


def iqp_phases(angles: Tensor, entangled: bool) -> Tensor:
    """Phases exp(−i/2 (Σ x_q Z_q + Σ_{p<q} x_p x_q Z_p Z_q)) of rows `angles` (B, n): (B, 2ⁿ) complex.

    With t = Σ x_q z_q, the sum over pairs is (t² − Σ x_q²) / 2, whatever the number of pairs.
    """
    total = angles @ z_signs(angles.shape[-1], angles.dtype, angles.device).mT
    phase = total + (total**2 - (angles**2).sum(-1, keepdim=True)) / 2 if entangled else total
    return torch.polar(torch.ones_like(phase), -phase / 2)


def hadamards(n_qubits: int, like: Tensor) -> Tensor:
    """A Hadamard gate for every qubit: (1, n, 2, 2) in the type of `like`."""
    gate = torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64, device=like.device) / 2**0.5
    return gate.to(like.dtype).expand(1, n_qubits, 2, 2)


def _sizes(n: int) -> list[int]:
    """Sizes of the groups of qubits, as equal as they can be."""
    groups = -(-n // GROUP)
    return [n // groups + (k < n % groups) for k in range(groups)]


def _groups(n: int) -> list[tuple[int, int]]:
    """(first qubit, size) of each group."""
    sizes = _sizes(n)
    return [(sum(sizes[:k]), size) for k, size in enumerate(sizes)]


def _together(gates: Tensor) -> Tensor:
    """The tensor product of one gate for each qubit, (B, k, 2, 2): (B, 2ᵏ, 2ᵏ)."""
    k, rest = gates.shape[1] & ~1, gates[:, gates.shape[1] & ~1 :]
    parts = [*_product(gates[:, 0:k:2], gates[:, 1:k:2]).unbind(1), *rest.unbind(1)]
    while len(parts) > 1:
        pairs = zip(parts[::2], parts[1::2], strict=False)
        parts = [_product(a, b) for a, b in pairs] + parts[len(parts) & ~1 :]
    return parts[0]


def _product(a: Tensor, b: Tensor) -> Tensor:
    """Tensor products of matrices (..., m, m) and (..., k, k): (..., mk, mk)."""
    m, k = a.shape[-1], b.shape[-1]
    # rows of the whole length first, because a product over short rows takes twice as long
    rows_a = a[..., None].expand(*a.shape, k).flatten(-2)
    rows_b = b[..., None, :].expand(*b.shape[:-1], m, k).flatten(-2)
    return (rows_a[..., :, None, :] * rows_b[..., None, :, :]).flatten(-3, -2)
