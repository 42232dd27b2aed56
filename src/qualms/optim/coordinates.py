"""Which coordinates of a parameter the perturbation touches, and how they are read and changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

SCOPES = ("tensor", "overall", "all", "random")
SHORT = ("whole", "skip")

WHOLE = -1
Choice = int | tuple[Tensor, ...] | None  # the first so many, WHOLE, indices of single coordinates, or none


def generator(*what: Any) -> torch.Generator:
    """A generator seeded by what it is for: the same wherever a run is taken up again."""
    key = hashlib.blake2b("/".join(map(str, what)).encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(key, "big") >> 1)


def numbers(parameter: Tensor) -> int:
    """Coordinates of a parameter; a complex number has two."""
    return parameter.numel() * (1 + parameter.is_complex())


def choose(parameters: Sequence[Tensor], scope: str, n_qubits: int, short: str, seed: int, taken: int) -> list[Choice]:
    """The coordinates of each parameter.

    Parameters
    ----------
    scope : "tensor", the first `n_qubits` of each; "overall", the first `n_qubits` of all, of which `taken` lie in earlier groups; "all";
        "random", `n_qubits` of each, drawn once.
    short : what a tensor with fewer coordinates gives: "whole", all it has, or "skip", none.
    """
    if scope == "all":
        return [WHOLE] * len(parameters)
    chosen: list[Choice] = []
    left = n_qubits - taken
    for position, p in enumerate(parameters):
        size = numbers(p)
        if scope == "overall":
            count = max(0, min(left, size))
            left -= count
        else:
            count = size if size <= n_qubits and short == "whole" else n_qubits if size >= n_qubits else 0
        if not count:
            chosen.append(None)
        elif count == size:
            chosen.append(WHOLE)
        elif scope == "random":
            drawn = torch.randperm(size, generator=generator("coordinates", seed, taken, position, size))[:count].sort().values
            chosen.append(_indices(drawn, p))
        else:
            chosen.append(count if p.is_contiguous() else _indices(torch.arange(count), p))
    return chosen


def _indices(flat: Tensor, parameter: Tensor) -> tuple[Tensor, ...]:
    shape = (*parameter.shape, 2) if parameter.is_complex() else parameter.shape
    return torch.unravel_index(flat.to(parameter.device), shape)


def take(tensor: Tensor, choice: Choice) -> Tensor:
    """The chosen coordinates, real: a view of the tensor where that can be, (k,) unless all are chosen."""
    tensor = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    if choice == WHOLE:
        return tensor
    if isinstance(choice, int):
        return tensor.reshape(-1)[:choice]
    assert choice is not None
    return tensor[choice]


def add(tensors: Sequence[Tensor], choices: Sequence[Choice], changes: Sequence[Tensor], alpha: float | Tensor) -> None:
    """tensor ← tensor + alpha · change on the chosen coordinates, in place."""
    views = [torch.view_as_real(t) if t.is_complex() else t for t in tensors]
    if isinstance(alpha, Tensor):
        changes, alpha = torch._foreach_mul(list(changes), alpha.to(changes[0].device)), 1.0
    direct = [k for k, c in enumerate(choices) if isinstance(c, int)]
    if direct:
        targets = [views[k] if choices[k] == WHOLE else views[k].view(-1)[: choices[k]] for k in direct]
        torch._foreach_add_(targets, [changes[k].to(views[k].dtype) for k in direct], alpha=alpha)
    for k, choice in enumerate(choices):
        if isinstance(choice, tuple):
            views[k].index_put_(choice, alpha * changes[k].to(views[k].dtype), accumulate=True)
