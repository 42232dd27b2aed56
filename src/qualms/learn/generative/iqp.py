"""IQP circuits: products of X as gates, ⟨Z⟩ products that are estimated classically for any number of qubits.

The circuit is ∏_g exp(i θ_g X_g) on |0…0⟩. Between Hadamards all gates are diagonal, with the phases Φ(z) =
Σ_g θ_g (−1)^(g·z). So all amplitudes are two Walsh–Hadamard transforms away, and ⟨Z_a⟩ is the mean over
uniformly random z of cos(Φ(z) − Φ(z ⊕ a)) (Van den Nest, "Simulating quantum computers with probabilistic
methods", 2011; Recio-Armengol et al., "Train on classical, deploy on quantum", 2025).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from qualms.circuits import Circuit
from qualms.circuits.operation import Operation
from qualms.learn.generative.gates import GateSet
from qualms.learn.generative.walsh import walsh_hadamard


@dataclass(frozen=True, eq=False)
class IQPModel:
    """An IQP circuit without values for its angles.

    Attributes
    ----------
    gates : GateSet
        What the gates act on.
    symmetric : bool
        Start from (|0…0⟩ + |1…1⟩)/√2, so that a pattern and its inverse are equally likely.
    """

    gates: GateSet
    symmetric: bool = False

    @property
    def size(self) -> int:
        return self.gates.size

    def start(self, bits: np.ndarray, weight: np.ndarray, scale: float, seed: int) -> np.ndarray:
        return data_dependent_start(self.gates, bits, weight, scale, seed)

    def probabilities(self, theta: Tensor) -> Tensor:
        """Of every pattern, (2ⁿ,). Differentiable."""
        phase = self.gates.table(theta)
        wave = torch.complex(torch.cos(phase), torch.sin(phase))
        if self.symmetric:
            wave = wave * _even(self.gates.n_bits)
        amplitude = walsh_hadamard(torch.view_as_real(wave).mT) / len(phase)
        return (amplitude**2).sum(0) * (2 if self.symmetric else 1)

    def estimates(
        self, theta: Tensor, operators: Tensor, draws: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Unbiased estimates of ⟨Z_a⟩² and ⟨Z_a⟩. Differentiable, and their gradients are unbiased too.

        Parameters
        ----------
        theta : Tensor
            (size,) real.
        operators : Tensor
            (k, n) of 0 and 1: the qubits with a Z.
        draws : int
            At least 2. Random bit strings for each operator, independent of those of the others.
        generator : torch.Generator

        Returns
        -------
        tuple of Tensor
            (k,) and (k,). The square is the mean product of pairs of different draws.
        """
        k, n = operators.shape
        z = torch.randint(0, 2, (k, draws, n), generator=generator).to(theta.dtype)
        if self.symmetric:  # |0…0⟩ + |1…1⟩ has the strings of even parity alone
            z[..., -1] = z[..., :-1].sum(-1) % 2
        signs = 1 - 2 * z
        flipped = signs * (1 - 2 * operators.to(theta.dtype))[:, None, :]
        before, after = (self.gates.sums(theta, s.reshape(-1, n)).reshape(k, draws) for s in (signs, flipped))
        values = torch.cos(before - after)
        if self.symmetric:
            values = values * (operators.sum(-1) % 2 == 0)[:, None]
        total = values.sum(-1)
        return (total**2 - (values**2).sum(-1)) / (draws * (draws - 1)), total / draws

    def circuit(self, theta: np.ndarray) -> Circuit:
        """As a circuit that any backend runs."""
        n = self.gates.n_bits
        operations: list[Operation] = []
        if self.symmetric:
            operations += [Operation("h", (0,)), *(Operation("cx", (q, q + 1)) for q in range(n - 1))]
        everywhere = [Operation("h", (q,)) for q in range(n)]
        operations += everywhere
        angles = iter(np.asarray(theta, float).tolist())
        for rows in self.gates.members:
            for row in rows.tolist():
                operations += _parity_rotation(row, -2 * next(angles))
        return Circuit(n).extended([*operations, *everywhere])


def data_dependent_start(
    gates: GateSet, bits: np.ndarray, weight: np.ndarray, scale: float, seed: int
) -> np.ndarray:
    """Angles to begin with: rotations as far as each bit's mean asks for, pairs in proportion to their
    covariance, small noise for the rest (Recio-Armengol et al. 2025).

    Parameters
    ----------
    bits, weight : np.ndarray
        (rows, n) of 0 and 1, and (rows,) of sum 1.
    scale : float
        The angle of the pair with the largest covariance is π times this; the noise, of standard deviation a
        tenth of it, keeps the optimizer from starting on a saddle point.
    seed : int
    """
    mean = weight @ bits
    spins = 2 * (bits - mean)
    rng, parts = np.random.default_rng(seed), []
    for rows in gates.members:
        noise = rng.normal(0, scale / 10, len(rows))
        if rows.shape[1] == 1:
            parts.append(np.arcsin(np.sqrt(np.clip(mean[rows[:, 0]], 0, 1))) + noise)
        elif rows.shape[1] == 2:
            covariance = (spins * weight[:, None]).T @ spins
            found = covariance[rows[:, 0], rows[:, 1]]
            largest = np.abs(found).max(initial=0.0)
            parts.append(found * (scale * np.pi / largest if largest > 0 else 0.0) + noise)
        else:
            parts.append(noise)
    return np.concatenate(parts)


def _even(n_bits: int) -> Tensor:
    """1 for strings of even parity, 0 for the others: (2ⁿ,)."""
    return torch.from_numpy((np.bitwise_count(np.arange(1 << n_bits)) % 2 == 0).astype(np.float64))


def _parity_rotation(qubits: list[int], angle: float) -> list[Operation]:
    """exp(−i angle/2 · Z⊗…⊗Z)."""
    if len(qubits) <= 2:
        return [Operation(("rz", "rzz")[len(qubits) - 1], tuple(qubits), (angle,))]
    ladder = [Operation("cx", pair) for pair in pairwise(qubits)]
    return [*ladder, Operation("rz", (qubits[-1],), (angle,)), *reversed(ladder)]
