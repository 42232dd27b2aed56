"""How much of the state space a circuit reaches, and how much it entangles."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from qualms.circuits import Circuit
from qualms.errors import ConfigError
from qualms.kernels import simulate


def _states(circuit: Circuit, count: int, seed: int) -> Tensor:
    """States for angles drawn uniformly from [0, 2π), (count, 2ⁿ) complex128."""
    if not circuit.parameters:
        raise ConfigError(
            "the circuit has no free parameters: there is one state, nothing to be expressive about"
        )
    values = torch.as_tensor(
        np.random.default_rng(seed).uniform(0, 2 * math.pi, (count, len(circuit.parameters)))
    )
    with torch.no_grad():
        return simulate(circuit, values)


def expressibility(circuit: Circuit, pairs: int = 5000, bins: int = 75, seed: int = 0) -> float:
    """Kullback–Leibler divergence, in nats, of the fidelities between random states of the circuit from those
    of Haar-random states.

    0 is a circuit that cannot be told from Haar. The estimate has a floor of about (bins − 1)/(2 pairs), from
    finite sampling.

    References
    ----------
    Sim, Johnson, Aspuru-Guzik, "Expressibility and entangling capability of parameterized quantum circuits"
    (2019), eq. 8.
    """
    states = _states(circuit, 2 * pairs, seed)
    fidelities = (states[:pairs].conj() * states[pairs:]).sum(-1).abs().square().clamp(0, 1).numpy()
    counts, edges = np.histogram(fidelities, bins=bins, range=(0, 1))
    size = 1 << circuit.n_qubits
    haar = (1 - edges[:-1]) ** (size - 1) - (1 - edges[1:]) ** (size - 1)
    seen = counts > 0
    shares = counts[seen] / pairs
    return float((shares * (np.log(shares) - np.log(np.maximum(haar[seen], np.finfo(float).tiny)))).sum())


def entangling_capability(circuit: Circuit, samples: int = 2000, seed: int = 0) -> float:
    """Mean Meyer–Wallach measure over random angles: 0 for product states, 1 for states such as GHZ. 0 for
    one qubit.

    References
    ----------
    Meyer and Wallach, "Global entanglement in multiparticle systems" (2002); Sim et al. (2019), eq. 11.
    """
    return float(meyer_wallach(_states(circuit, samples, seed)).mean())


def meyer_wallach(states: Tensor) -> Tensor:
    """Q = 2 (1 − mean over qubits of tr ρ_k²) of states (B, 2ⁿ): (B,)."""
    n = states.shape[-1].bit_length() - 1
    purity = torch.zeros(len(states), dtype=torch.float64)
    for q in range(n):
        split = states.reshape(len(states), 1 << q, 2, -1).transpose(1, 2).reshape(len(states), 2, -1)
        reduced = split @ split.mH
        purity += (reduced.abs() ** 2).sum((-1, -2)).double()
    return 2 * (1 - purity / n)
