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
    return torch.Generator("cpu").manual_seed(int.from_bytes(key, "big") >> 1)


def numbers(parameter: Tensor) -> int:
    """Coordinates of a parameter; a complex number has two."""
    return parameter.numel() * (1 + parameter.is_complex())


def choose(
    parameters: Sequence[Tensor], scope: str, n_qubits: int, short: str, seed: int, taken: int, before: int
) -> list[Choice]:
    """The coordinates of each parameter.

    Parameters
    ----------
    scope : str
        "tensor", the first `n_qubits` of each; "overall", the first `n_qubits` of all, of which `taken`
        lie in earlier groups; "all"; "random", `n_qubits` of each, drawn once.
    short : str
        What a tensor with fewer coordinates gives: "whole", all it has, or "skip", none.
    before : int
        parameters in earlier groups.
    """
    if scope == "all":
        return [WHOLE if p.numel() else None for p in parameters]
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
            drawn = (
                torch.randperm(
                    size, generator=generator("coordinates", seed, before + position, size), device="cpu"
                )[:count]
                .sort()
                .values
            )
            chosen.append(_indices(drawn, p))
        else:
            chosen.append(count)
    return chosen


def _indices(flat: Tensor, parameter: Tensor) -> tuple[Tensor, ...]:
    shape = (*parameter.shape, 2) if parameter.is_complex() else parameter.shape
    return torch.unravel_index(flat.to(parameter.device), shape)


def writable(parameter: Tensor, choice: Choice) -> Choice:
    """The same coordinates so that `take` gives a view, or by their indices where memory has another
    order.
    """
    if isinstance(choice, int) and choice != WHOLE and not parameter.is_contiguous():
        return _indices(torch.arange(choice, device="cpu"), parameter)
    return choice


def take(tensor: Tensor, choice: Choice) -> Tensor:
    """The chosen coordinates, real: (k,) unless all are chosen. A view where the choice is `writable`."""
    tensor = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    if choice == WHOLE:
        return tensor
    if isinstance(choice, int):
        return tensor.as_strided((choice,), (1,)) if tensor.is_contiguous() else tensor.reshape(-1)[:choice]
    assert choice is not None
    return tensor[choice]


def add(
    tensors: Sequence[Tensor],
    choices: Sequence[Choice],
    taken: Sequence[Tensor],
    changes: Sequence[Tensor],
    alpha: float | Tensor,
) -> None:
    """tensor ← tensor + alpha · change on the chosen coordinates, in place; `taken` is what `take` gave of
    the tensors.
    """
    if isinstance(alpha, Tensor):
        changes, alpha = torch._foreach_mul(list(changes), alpha.reshape(()).to(changes[0].device)), 1.0
    views = [k for k, c in enumerate(choices) if isinstance(c, int)]
    if views:
        torch._foreach_add_([taken[k] for k in views], [changes[k] for k in views], alpha=alpha)
    for k, choice in enumerate(choices):
        if isinstance(choice, tuple):
            real = torch.view_as_real(tensors[k]) if tensors[k].is_complex() else tensors[k]
            real.index_put_(choice, alpha * changes[k], accumulate=True)
