"""Born machines: the outcomes of a trained circuit as a distribution of bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from qualms.backends.protocol import DENSE_QUBITS, Backend
from qualms.circuits import Circuit, LayeredAnsatz
from qualms.errors import ConfigError, TooLargeError
from qualms.learn.generative.autoregressive import AutoregressiveBits
from qualms.learn.generative.bit_flip_circuit import BitFlipCircuit
from qualms.learn.generative.distribution import bits_of, check_dense
from qualms.learn.generative.gates import GateSet
from qualms.learn.generative.iqp import IQPModel
from qualms.learn.generative.layered import LayeredModel
from qualms.learn.generative.pairwise import PairwiseIsing
from qualms.learn.generative.restricted import RestrictedBoltzmannMachine
from qualms.learn.generative.trained import LOSSES, TrainedDistribution
from qualms.records.twin import Twin

CIRCUITS = ("layered", "iqp")


def _bit_flips(machine: BornMachine) -> BitFlipCircuit:
    """The same gates, loss and budget; for a layered circuit, gates on up to three bits."""
    shared = (
        "bandwidths init_scale max_iter tol learning_rate n_operators n_draws n_init threshold random_state"
    ).split()
    return BitFlipCircuit(
        loss=machine._loss(),
        max_weight=machine.max_weight if machine.circuit == "iqp" else 3,
        symmetric=machine.symmetric,
        **{name: getattr(machine, name) for name in shared},
    )


class BornMachine(TrainedDistribution):
    """A circuit whose outcomes follow the distribution of rows of bits.

    Two kinds. A **layered** circuit (RY and CNOTs, real amplitudes) is trained by the likelihood or by MMD
    from all 2ⁿ exact probabilities, up to 20 qubits. An **IQP** circuit (products of X as gates) is trained
    by MMD, with exact expectations up to 20 qubits and beyond by unbiased estimates of products of Z, which
    take a classical computer little for 1,000 qubits and more. Nobody knows how to *sample* such a circuit
    classically beyond a few dozen qubits. Beyond 20, `sample`, `score_samples` and `probabilities` refuse,
    `score` and `mmd` report MMD² through expectations of products of Z, and `circuit_for_device` gives the
    circuit that a device would sample.

    **When not to use it.** To model data: wherever we measured, some of its twins did as well or better, most
    often at a fraction of the time. The pairwise Ising model (to 20 bits) and the autoregressive one (to any
    number) give exact likelihoods and samples; see docs/learn/generative.md. Use a Born machine to study what
    circuits can express, or to have one trained for a device. MMD sees what its bandwidth lets it see: a
    model with a small MMD² can still miss correlations of many bits.

    Parameters
    ----------
    circuit : "layered" or "iqp", default "layered"
    loss : "likelihood", "mmd" or None, default None
        None takes the likelihood for a layered circuit and MMD for IQP.
    n_layers : int, default 3
        Layers of a layered circuit; a last row of RY follows them.
    entangler : str, default "ring"
        CNOTs of a layered circuit: "ring", "linear", "full" or "none".
    max_weight : int, default 2
        Gates of an IQP circuit act on every subset of at most so many qubits.
    symmetric : bool, default False
        An IQP circuit that gives a pattern and its inverse with the same probability.
    bandwidths : sequence of float, optional
        Of the Gaussian kernels of MMD, whose mean is the loss; None takes half of σ and σ, where σ² is half
        the mean number of bits in which two rows differ.
    init_scale : float, default 0.1
        Scale of an IQP circuit's first angles, which begin with the means and covariances of the data.
    max_iter : int, default 300
        Steps of L-BFGS where the loss is exact, of Adam where it is estimated.
    tol : float, default 1e-6
        L-BFGS ends when no entry of the gradient is larger.
    learning_rate : float, default 0.1
        Of Adam, divided by how many gates act on a qubit: about the largest change, in radians, of a string's
        phase in a step. Falls to a tenth on the way.
    n_operators, n_draws : int, default 256 and 8
        For estimates: products of Z for each step and bandwidth, and random strings for each product.
    n_init : int, default 1
        Starts, of which the best is kept.
    threshold : float, default 0.0
        Values above it are 1.
    backend : str, Backend or None, default None
        Where a layered circuit runs, in training too, so that it must give gradients there; None is the exact
        simulator. To sample on a device, train first, then ``set_params(backend=…)``.
    random_state : int, RandomState or None
        For first angles and draws.

    Attributes
    ----------
    angles_ : np.ndarray
        (parameters,) float64, radians.
    loss_, n_iter_, loss_curve_
        The loss at these angles (for estimates the mean of the last tenth), steps, and the loss at each.
    bandwidths_ : list of float
        Those that were used.

    Examples
    --------
    >>> from qualms.learn.generative.born import BornMachine
    >>> bars = [[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]]
    >>> machine = BornMachine(n_init=3, random_state=0).fit(bars)
    >>> machine.sample(2, random_state=0).shape
    (2, 4)

    References
    ----------
    Liu and Wang, "Differentiable learning of quantum circuit Born machines" (2018). Recio-Armengol, Ahmed and
    Bowles, "Train on classical, deploy on quantum: scaling generative quantum machine learning to a thousand
    qubits" (2025).
    """

    twins: ClassVar[tuple[Twin, ...]] = (
        Twin(
            "bit-flip", "the same gates as classical correlated bit flips, without interference", _bit_flips
        ),
        Twin(
            "rbm",
            "a restricted Boltzmann machine, the best of a grid by held-out likelihood",
            lambda machine: RestrictedBoltzmannMachine(
                threshold=machine.threshold, random_state=machine.random_state
            ),
        ),
        Twin(
            "pairwise-ising",
            "a Boltzmann machine with fields and pair couplings",
            lambda machine: PairwiseIsing(threshold=machine.threshold, random_state=machine.random_state),
        ),
        Twin(
            "autoregressive",
            "one logistic regression for each bit, on the bits before it",
            lambda machine: AutoregressiveBits(threshold=machine.threshold),
        ),
    )

    def __init__(
        self,
        circuit: str = "layered",
        loss: str | None = None,
        n_layers: int = 3,
        entangler: str = "ring",
        max_weight: int = 2,
        symmetric: bool = False,
        bandwidths: Sequence[float] | None = None,
        init_scale: float = 0.1,
        max_iter: int = 300,
        tol: float = 1e-6,
        learning_rate: float = 0.1,
        n_operators: int = 256,
        n_draws: int = 8,
        n_init: int = 1,
        threshold: float = 0.0,
        backend: str | Backend | None = None,
        random_state: Any = None,
    ) -> None:
        self.circuit = circuit
        self.loss = loss
        self.n_layers = n_layers
        self.entangler = entangler
        self.max_weight = max_weight
        self.symmetric = symmetric
        self.bandwidths = bandwidths
        self.init_scale = init_scale
        self.max_iter = max_iter
        self.tol = tol
        self.learning_rate = learning_rate
        self.n_operators = n_operators
        self.n_draws = n_draws
        self.n_init = n_init
        self.threshold = threshold
        self.backend = backend
        self.random_state = random_state

    def _loss(self) -> str:
        if self.loss is None:
            return "mmd" if self.circuit == "iqp" else "likelihood"
        if self.loss not in LOSSES:
            raise ConfigError(f"BornMachine: loss={self.loss!r} is unknown; choose {' or '.join(LOSSES)}")
        return self.loss

    def _model(self, n_bits: int) -> LayeredModel | IQPModel:
        if self.circuit not in CIRCUITS:
            raise ConfigError(
                f"BornMachine: circuit={self.circuit!r} is unknown; choose {' or '.join(CIRCUITS)}"
            )
        if self.circuit == "iqp":
            return IQPModel(GateSet.local(n_bits, self._count("max_weight", 1)), self.symmetric)
        if self.symmetric:
            raise ConfigError("BornMachine: symmetric=True is for circuit='iqp' alone")
        check_dense(n_bits, "BornMachine", "a layered circuit needs all its probabilities; use circuit='iqp'")
        return LayeredModel(
            LayeredAnsatz(n_bits, self._count("n_layers", 1), self.entangler, closing_ry=True),
            self._runs_on(),
        )

    def _where(self) -> Backend | None:
        return self._runs_on() if self.circuit == "layered" else None

    def _found(self, run: Any, n_bits: int) -> dict[str, Any]:
        found = super()._found(run, n_bits)
        if self.circuit == "iqp" and n_bits > DENSE_QUBITS:
            found["sampling"] = _NO_SAMPLES.format(n=n_bits)
        return found

    def circuit_for_device(self) -> Circuit:
        """The trained circuit, with numbers for its angles; its outcomes are rows of bits, qubit k the k-th.

        Returns
        -------
        Circuit
            Without measurements.
        """
        check_is_fitted(self)
        return self._model(self.n_features_in_).circuit(self.angles_)

    def _sample(self, count: int, random: np.random.RandomState) -> np.ndarray:
        n = self.n_features_in_
        if n > DENSE_QUBITS:
            raise TooLargeError("BornMachine: " + _NO_SAMPLES.format(n=n))
        if self.backend is None:
            return super()._sample(count, random)
        seed = int(random.randint(2**31 - 1))
        counts = torch.atleast_2d(self._runs_on().sample(self.circuit_for_device(), count, seed))[0].numpy()
        return bits_of(random.permutation(np.repeat(np.arange(len(counts)), counts)), n)


_NO_SAMPLES = (
    "no efficient classical method is known that samples an IQP circuit of {n} qubits; mmd and score report "
    "MMD² from expectations of products of Z, and circuit_for_device gives the circuit for a device"
)
