"""Quantum Boltzmann machines: the thermal state of a quantum Hamiltonian as a distribution of bits."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError, TooLargeError
from qualms.learn.generative import training
from qualms.learn.generative.distribution import BitDistribution, empirical
from qualms.learn.generative.gibbs import TransverseIsing, mean_field
from qualms.learn.generative.pairwise import PairwiseIsing
from qualms.learn.generative.restricted import RestrictedBoltzmannMachine
from qualms.records.twin import Twin

OBJECTIVES = ("likelihood", "relative_entropy")
STARTS = ("mean_field", "zero")
_MIXED, _LEAST_FIELD = 0.99, 0.1
MOST_BITS = 10  # a matrix of 1,024 × 1,024 is diagonalised at every step


class QuantumBoltzmannMachine(BitDistribution):
    """Bits measured on the Gibbs state exp(H)/Z of H = Σ b_i Z_i + Σ w_ij Z_i Z_j + Σ Γ_i X_i.

    Fully visible, exact, to 10 qubits. Without the transverse fields Γ it is the classical Boltzmann machine
    with pair couplings, one of its twins; the fields let the quantum model have correlations of more than two
    bits. Two ways to train:

    - "likelihood" minimises −Σ q(v) log ⟨v|ρ|v⟩ with exact gradients. The loss is not convex.
    - "relative_entropy" minimises S(η‖ρ) for the pure state η with amplitudes √q(v). It is convex, and its
      gradient ⟨H_k⟩_ρ − ⟨H_k⟩_η needs only expectations, which a device could measure. It fits the phases of
      η too, so that its likelihood is not better than that of the first way.

    **When not to use it.** To model data of more than 10 bits, or when time counts: its classical twin
    without Γ has a convex likelihood and is fitted in a small part of the time, and an RBM with a few hidden
    units has correlations of many bits as well. docs/learn/generative.md has what was measured.

    Parameters
    ----------
    objective : "likelihood" or "relative_entropy", default "likelihood"
    start : "mean_field" or "zero", default "mean_field"
        Where training begins: at the best state without couplings, or at the uniform distribution.
    alpha : float, default 1e-4
        Half the weight of Σ θ², which keeps parameters finite where a pattern never occurs.
    max_iter : int, default 300
        Steps of L-BFGS.
    tol : float, default 1e-6
        L-BFGS ends when no entry of the gradient is larger.
    threshold : float, default 0.0
        Values above it are 1.
    random_state
        Not used in the fit, which has no chance in it; the RBM twin takes it.

    Attributes
    ----------
    fields_, transverse_fields_ : np.ndarray
        (n,): b and Γ.
    couplings_ : np.ndarray
        (n, n) symmetric with a zero diagonal: w.
    parameters_ : np.ndarray
        All of them, as `qualms.learn.generative.gibbs.TransverseIsing` orders them.
    loss_, n_iter_
        The objective at these, with the penalty, and steps.

    Examples
    --------
    >>> from qualms.learn.generative.boltzmann import QuantumBoltzmannMachine
    >>> machine = QuantumBoltzmannMachine().fit([[0, 0], [1, 1], [1, 1], [0, 1]])
    >>> machine.probabilities().round(2).tolist()
    [0.25, 0.25, 0.0, 0.5]

    References
    ----------
    Amin et al., "Quantum Boltzmann machine" (2018). Kappen, "Learning quantum models from quantum or
    classical data" (2020). Coopmans and Benedetti, "On the sample complexity of quantum Boltzmann machine
    learning" (2024).
    """

    twins: ClassVar[tuple[Twin, ...]] = (
        Twin(
            "boltzmann",
            "the Boltzmann machine without transverse fields, on the same bits",
            lambda machine: PairwiseIsing(
                alpha=machine.alpha, max_iter=machine.max_iter, tol=machine.tol, threshold=machine.threshold
            ),
        ),
        Twin(
            "rbm",
            "a restricted Boltzmann machine, the best of a grid by held-out likelihood",
            lambda machine: RestrictedBoltzmannMachine(
                threshold=machine.threshold, random_state=machine.random_state
            ),
        ),
    )

    def __init__(
        self,
        objective: str = "likelihood",
        start: str = "mean_field",
        alpha: float = 1e-4,
        max_iter: int = 300,
        tol: float = 1e-6,
        threshold: float = 0.0,
        random_state: Any = None,
    ) -> None:
        self.objective = objective
        self.start = start
        self.alpha = alpha
        self.max_iter = max_iter
        self.tol = tol
        self.threshold = threshold
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> QuantumBoltzmannMachine:
        """Train on rows.

        Parameters
        ----------
        X : array-like
            (rows, n), n at most 10: bits, or numbers that `threshold` makes bits.
        y : ignored
        sample_weight : array-like, optional
            (rows,) how often each row counts.

        Returns
        -------
        QuantumBoltzmannMachine
            Itself.

        Raises
        ------
        ConfigError
            For settings that do not exist.
        TooLargeError
            For more than 10 bits.
        """
        bits = self._bits(X, reset=True)
        weight, n = self._weights(X, sample_weight), bits.shape[1]
        if n > MOST_BITS:
            raise TooLargeError(
                f"QuantumBoltzmannMachine: {n} features are too many, at most {MOST_BITS}; choose columns, "
                "or use its twin PairwiseIsing, which takes 20"
            )
        for name, value, known in (
            ("objective", self.objective, OBJECTIVES),
            ("start", self.start, STARTS),
        ):
            if value not in known:
                raise ConfigError(
                    f"QuantumBoltzmannMachine: {name}={value!r} is unknown; choose {' or '.join(known)}"
                )
        target = empirical(bits, weight).numpy()
        with self._fitting(bits, y):
            self._train(TransverseIsing(n), target)
        return self

    def _train(self, model: TransverseIsing, target: np.ndarray) -> None:
        n, alpha = model.n_bits, as_real(self.alpha, "QuantumBoltzmannMachine: alpha=")
        amplitude = np.sqrt(target)
        seen = model.expectations(np.outer(amplitude, amplitude))
        start = np.zeros(model.size)
        if self.start == "mean_field":
            # a little more mixed than the data: a bit that never changes would need an infinite field
            start = mean_field(_MIXED * seen, n)
        if self.objective == "likelihood":
            # the likelihood does not know the sign of Γ, so that Γ = 0 is a saddle point
            start[-n:] = np.maximum(start[-n:], _LEAST_FIELD)

        def value_and_gradient(theta: np.ndarray) -> tuple[float, np.ndarray]:
            state = model.state(theta)
            if self.objective == "likelihood":
                value, gradient = state.likelihood(target)
            else:
                value, gradient = state.relative_entropy(np.append(seen, theta @ seen))
            return value + alpha / 2 * float(theta @ theta), gradient + alpha * theta

        steps = as_integer(self.max_iter, "QuantumBoltzmannMachine: max_iter=", 1)
        run = training.minimised(value_and_gradient, start, steps, self.tol)
        self.parameters_, self.loss_, self.n_iter_ = run.values, run.loss, run.n_iter
        self.fields_, self.transverse_fields_ = run.values[:n].copy(), run.values[-n:].copy()
        upper = np.zeros((n, n))
        upper[np.triu_indices(n, 1)] = run.values[n:-n]
        self.couplings_ = upper + upper.T
        self.findings_ |= {
            "objective": self.objective,
            "iterations": run.n_iter,
            "converged": run.converged,
            "parameters": model.size,
            "strongest_transverse_field": float(np.abs(self.transverse_fields_).max()),
        }

    def _probabilities(self) -> Tensor:
        return torch.from_numpy(TransverseIsing(self.n_features_in_).state(self.parameters_).probabilities)
