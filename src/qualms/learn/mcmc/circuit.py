"""The quantum proposal as a circuit: a Trotterised evolution in a transverse field."""

from __future__ import annotations

import math

import numpy as np
import torch

from qualms.circuits import Circuit, Operation
from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError
from qualms.kernels import simulate
from qualms.learn.mcmc.spins import SpinModel

_STEP = 0.2  # time of one Trotter step, in units of one over α times the energy


def proposal_circuit(model: SpinModel, gamma: float, time: float, steps: int | None = None) -> Circuit:
    """Second-order Trotter steps of exp(−iHt), H = (1 − γ) α E(Z) + γ Σ X.

    The steps read the same in both directions, so that the circuit's matrix is symmetric, as Metropolis's
    rule needs, for any number of steps.

    Parameters
    ----------
    model : SpinModel
        Of n spins; qubit i is spin i, |0⟩ its +1.
    gamma : float
        Between 0 and 1.
    time : float
        Of the evolution.
    steps : int, optional
        Default one for every 0.2 of time.

    Returns
    -------
    Circuit
        On n qubits: RX, RZ and RZZ.
    """
    gamma, time = as_real(gamma, "mcmc: gamma="), as_real(time, "mcmc: time=")
    if not 0 <= gamma <= 1 or time < 0:
        raise ConfigError(f"mcmc: gamma={gamma} must lie between 0 and 1, and time={time} not be negative")
    count = max(1, math.ceil(time / _STEP)) if steps is None else as_integer(steps, "mcmc: steps=", 1)
    n, each = model.size, time / count
    strength = (1 - gamma) * model.scale * each
    half = [Operation("rx", (q,), (gamma * each,)) for q in range(n)]
    energy = [Operation("rz", (q,), (2 * strength * model.fields[q],)) for q in range(n)]
    energy += [
        Operation("rzz", (i, j), (2 * strength * model.couplings[i, j],))
        for i in range(n)
        for j in range(i + 1, n)
        if model.couplings[i, j]
    ]
    return Circuit(n).extended((half + energy + half) * count)


def proposals_of(circuit: Circuit) -> np.ndarray:
    """(2ⁿ, 2ⁿ): the probability of every outcome, for every state that the circuit starts from."""
    with torch.no_grad():
        states = simulate(circuit, initial=torch.eye(1 << circuit.n_qubits, dtype=torch.complex128))
    found: np.ndarray = (states.real**2 + states.imag**2).numpy()
    return found
