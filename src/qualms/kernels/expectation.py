"""Expectations of many observables at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from qualms.circuits import Diagonal, Observable
from qualms.circuits.observables import mask
from qualms.errors import ConfigError
from qualms.kernels.walsh import walsh


def expectations(states: Tensor, observables: Sequence[Observable]) -> Tensor:
    """⟨ψ|O_k|ψ⟩ for states (B, 2ⁿ): (B, k) real. Differentiable.

    A Pauli string maps |i⟩ to a phase times |i ⊕ x⟩, so strings are taken together by x: one overlap
    conj(ψ_{i⊕x}) ψ_i serves all strings with the same X and Y positions, and all diagonal ones share the
    probabilities.
    """
    n = states.shape[-1].bit_length() - 1
    wrong = next((o for o in observables if o.n_qubits != n), None)
    if wrong is not None:
        raise ConfigError(f"an observable on {wrong.n_qubits} qubits was asked of a state on {n}")
    real = states.dtype.to_real() if states.is_complex() else states.dtype
    total = torch.zeros(len(states), len(observables), dtype=real, device=states.device)
    for x, which, weights in _weights(tuple(observables)):
        phases = torch.as_tensor(weights, device=states.device)
        if x == 0:
            overlap = states.real**2 + states.imag**2 if states.is_complex() else states * states
            part = _contract(overlap, phases.real.to(real))
        else:
            flipped = torch.arange(states.shape[-1], device=states.device) ^ x
            overlap = states.index_select(-1, flipped).conj() * states
            part = _contract(overlap, phases.to(overlap.dtype if overlap.is_complex() else real)).real
        total = total.index_add(-1, torch.tensor(which, device=states.device), part)
    return total


def _contract(overlap: Tensor, weights: Tensor) -> Tensor:
    """(B, d) and (k, d) → (B, k); long sums in pieces, because a float32 product over a million numbers loses
    three digits.
    """
    if overlap.shape[-1] <= _PIECE:
        return overlap @ weights.mT
    # (pieces, B | k, _PIECE)
    pieces = (t.unflatten(-1, (-1, _PIECE)).transpose(0, 1) for t in (overlap, weights))
    left, right = pieces
    return (left @ right.mT).sum(0)


_PIECE = 1024


@lru_cache(maxsize=32)
def _weights(observables: tuple[Observable, ...]) -> list[tuple[int, list[int], np.ndarray]]:
    """(x, which observables, their phases (k', 2ⁿ)) for every x."""
    groups: dict[int, dict[int, np.ndarray]] = {}
    for k, observable in enumerate(observables):
        if isinstance(observable, Diagonal):
            groups.setdefault(0, {})[k] = observable.values + 0j
            continue
        characters: dict[int, np.ndarray] = {}
        for string, coefficient in observable.terms:
            x, signed = mask(string, "XY"), mask(string, "YZ")
            if x not in characters:
                characters[x] = np.zeros(1 << observable.n_qubits, np.complex128)
            characters[x][signed] += coefficient * 1j ** string.count("Y")
        for x, coefficients in characters.items():
            groups.setdefault(x, {})[k] = walsh(coefficients)
    return [(x, list(rows), np.stack([*rows.values()])) for x, rows in groups.items()]
