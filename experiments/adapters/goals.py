"""What the directions of an adapter are fitted to: a matrix for every map, from a few batches of the task.

A goal is told by a name with its numbers: "gradient", ["gradient", batches], ["preconditioned", batches],
["adam", batches], ["update" | "sign" | "decaying sign", steps, rate], or ["lora", rank, steps, rate].
The maps themselves are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from language_model import Batch, LanguageModel, Maps
from torch import Tensor

GRADIENT_BATCHES = 8
Draw = Callable[[int], list[Batch]]
"""The first batches of a task, so many."""


def goal(kind: Any, model: LanguageModel, here: Maps, draw: Draw) -> Maps:
    """The matrices that a goal names, at maps `here`."""
    name, *numbers = [kind] if isinstance(kind, str) else kind
    if name in _AT_ONCE:
        every = [model.gradient([b], here) for b in draw(numbers[0] if numbers else GRADIENT_BATCHES)]
        return _AT_ONCE[name](every)
    steps, rate = numbers
    there = _walk(name, model, here, draw(steps), rate)
    return {k: there[k] - here[k] for k in here}


def _summed(every: list[Maps]) -> Maps:
    return {k: sum(g[k] for g in every) for k in every[0]}


def _adam(every: list[Maps]) -> Maps:
    """The mean gradient, every entry over the root of its mean square, as in Adam's first steps."""
    return {k: g / (sum(e[k].pow(2) for e in every).sqrt() + 1e-8) for k, g in _summed(every).items()}


def _preconditioned(every: list[Maps]) -> Maps:
    """As Shampoo does: by the fourth roots of the gradients' second moments, on both sides."""
    result = {}
    for shape, total in _summed(every).items():
        stack = torch.stack([g[shape] for g in every])
        left = _inverse_root(torch.einsum("bmij,bmkj->mik", stack, stack))
        right = _inverse_root(torch.einsum("bmij,bmik->mjk", stack, stack))
        result[shape] = left @ total @ right
    return result


def _inverse_root(moment: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(moment)
    values = (values + 1e-2 * values[:, -1:]) ** -0.25
    return (vectors * values[:, None]) @ vectors.mT


_AT_ONCE: dict[str, Callable[[list[Maps]], Maps]] = {
    "gradient": _summed,
    "adam": _adam,
    "preconditioned": _preconditioned,
}


def _walk(name: str, model: LanguageModel, here: Maps, batches: list[Batch], rate: float) -> Maps:
    """The maps after a short full training: Adam ("update"), or descent by signs."""
    leaves = {k: v.clone().requires_grad_() for k, v in here.items()}
    optimizer = torch.optim.Adam(leaves.values(), lr=rate)
    for at, batch in enumerate(batches):
        optimizer.zero_grad()
        model.loss(leaves, batch).backward()
        if name == "update":
            optimizer.step()
        else:
            decay = 1 - at / len(batches) if name == "decaying sign" else 1.0
            for leaf in leaves.values():
                assert leaf.grad is not None
                leaf.data.sub_(leaf.grad.sign(), alpha=rate * decay)
    return {k: v.detach() for k, v in leaves.items()}
