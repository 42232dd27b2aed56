"""A distribution of bits as the square of a matrix product state."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import DensityMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from qualms.data.numbers import as_integer, as_real
from qualms.errors import QualmsWarning, TooLargeError
from qualms.learn.learner import Learner, checked_weights
from qualms.learn.tensor_networks.chain import INSPIRED
from qualms.learn.tensor_networks.sweeps import Rows, canonical, entropies, random_chain, refine, sweep
from qualms.records.quadrant import Quadrant
from qualms.records.twin import Twin

_DENSE = 20


class MPSBornMachine(DensityMixin, Learner):
    """A distribution of bits whose amplitude is a matrix product state: P(x) = |Ψ(x)|², of norm 1 exactly.

    Trained by sweeps over pairs of neighbouring sites, whose bonds grow as far as the data ask for it, and
    then by sweeps over single sites, which settle what the limit on the bonds has cut off. The likelihood of
    a row and independent samples are exact and cost n χ² each; nothing is approximated and no chain of
    samples has to mix.

    **When not to use it**: without enough rows. With large bonds it learns the rows by heart and gives
    others no chance; limit `max_bond`, and look at the score on rows that were held out. Where bits that
    depend on each other stand far apart, bonds must carry that past everything between them: the order of
    the columns matters, and a Boltzmann machine has none.

    Parameters
    ----------
    max_bond : int, default 16
        The largest bond; 1 makes all bits independent.
    max_iter : int, default 30
        Sweeps there and back, of each kind.
    steps : int, default 6
        Gradient steps at each pair of sites.
    cutoff : float, default 1e-7
        Singular values below this share of the greatest are cut off. What a bond does not hold yet begins
        small, so that a coarse cut keeps it from growing.
    tol : float, default 1e-4
        Each kind of sweep ends when one lowers the negative log-likelihood by less, in natural logarithms a
        row.
    threshold : float, default 0.0
        Values above are 1, the others 0.
    random_state : int, RandomState or None

    Attributes
    ----------
    cores_ : list of np.ndarray
        Core k is (χ_k, 2, χ_{k+1}), all but the first right-canonical.
    loss_curve_ : list of float
        Negative log-likelihood a row after each sweep, in natural logarithms.
    n_iter_ : int
        Sweeps made.
    entropies_ : np.ndarray
        (n − 1,) the entanglement entropy of each bond in bits: how much the two sides share at most.

    References
    ----------
    Han, Wang, Fan, Wang, Zhang, "Unsupervised Generative Modeling Using Matrix Product States", Phys. Rev. X
    8 (2018) 031012: sections III B (two-site gradient) and III C (direct sampling; Ferris, Vidal 2012). In
    place of a learning rate each step is halved until the likelihood rises.
    """

    task = "distribution"
    twins = (
        Twin(
            "independent",
            "bonds of 1: each bit by itself",
            lambda learner: clone(learner).set_params(max_bond=1),
        ),
    )

    def __init__(
        self,
        max_bond: int = 16,
        max_iter: int = 30,
        steps: int = 6,
        cutoff: float = 1e-7,
        tol: float = 1e-4,
        threshold: float = 0.0,
        random_state: Any = None,
    ) -> None:
        self.max_bond = max_bond
        self.max_iter = max_iter
        self.steps = steps
        self.cutoff = cutoff
        self.tol = tol
        self.threshold = threshold
        self.random_state = random_state

    @property
    def quadrant(self) -> Quadrant:
        return INSPIRED

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> MPSBornMachine:
        """Fit to rows (rows, n).

        Raises
        ------
        ConfigError
            For settings out of range.
        ValueError
            For weights that are negative or all zero.
        """
        bits = self._bits(X, reset=True)
        weight = checked_weights(sample_weight, bits)
        with self._fitting(bits):
            random = check_random_state(self.random_state)
            most = as_integer(self.max_bond, "MPSBornMachine: max_bond=", 1)
            cores = canonical(random_chain(bits.shape[1], min(2, most), random))
            self._train(cores, Rows.of(bits, weight), most)
            self.findings_ = {
                "bonds": [core.shape[2] for core in self.cores_[:-1]],
                "parameters": sum(core.size for core in self.cores_),
                "negative log-likelihood": self.loss_curve_[-1],
            }
        return self

    def _train(self, cores: list[np.ndarray], rows: Rows, most: int) -> None:
        cutoff, tol = (as_real(getattr(self, name), f"MPSBornMachine: {name}=") for name in ("cutoff", "tol"))
        steps = as_integer(self.steps, "MPSBornMachine: steps=", 1)
        sweeps, rates = as_integer(self.max_iter, "MPSBornMachine: max_iter=", 1), np.full(len(cores), 0.1)
        losses = list[float]()
        for step in (
            lambda cores: sweep(cores, rows, most, cutoff, steps, rates),
            lambda cores: refine(cores, rows, steps, rates),
        ):
            for _ in range(sweeps):
                cores = step(cores)
                losses.append(rows.negative_log_likelihood(cores))
                if len(losses) > 1 and losses[-2] - losses[-1] < tol:
                    break
        self.cores_, self.entropies_ = cores, entropies(cores)
        self.loss_curve_, self.n_iter_ = losses, len(losses)

    def _bits(self, X: Any, reset: bool = False) -> np.ndarray:
        X = validate_data(self, X, dtype=np.float64, reset=reset)
        if reset and len(np.unique(X)) > 2:
            warnings.warn(
                "MPSBornMachine: X has more than two values; everything above threshold="
                f"{self.threshold} was taken as 1, the rest as 0",
                QualmsWarning,
                stacklevel=3,
            )
        threshold = as_real(self.threshold, "MPSBornMachine: threshold=")
        return (X > threshold).astype(np.int64)  # noqa: SIM300 (X is the array)

    def score_samples(self, X: Any) -> np.ndarray:
        """Natural logarithm of the probability of each row, (rows,); −∞ for what cannot occur."""
        check_is_fitted(self)
        bits = self._bits(X)
        return Rows(bits, np.ones(len(bits))).log_probabilities(self.cores_)

    def score(self, X: Any, y: Any = None) -> float:
        """Mean of `score_samples`; higher is better."""
        return float(np.mean(self.score_samples(X)))

    def sample(self, n_samples: int = 1, random_state: Any = None) -> np.ndarray:
        """Independent rows from exactly this distribution, (n_samples, n) int64 of 0 and 1.

        Bit after bit is drawn from its probability given those before it, which a chain in canonical form
        tells without a sum.
        """
        check_is_fitted(self)
        count = as_integer(n_samples, "n_samples=", 1)
        random = check_random_state(random_state)
        found = np.empty((count, len(self.cores_)), dtype=np.int64)
        vectors = np.ones((count, 1))
        for k, core in enumerate(self.cores_):
            both = np.einsum("ra,asb->rsb", vectors, core)
            chances = np.square(both).sum(axis=2)
            found[:, k] = random.random_sample(count) * chances.sum(axis=1) >= chances[:, 0]
            picked = np.arange(count), found[:, k]
            vectors = both[picked] / np.sqrt(chances[picked])[:, None]
        return found

    def probabilities(self) -> np.ndarray:
        """The probability of every pattern, (2ⁿ,); the first feature is the most significant bit.

        Raises TooLargeError for more than 20 features.
        """
        check_is_fitted(self)
        if len(self.cores_) > _DENSE:
            raise TooLargeError(
                f"MPSBornMachine: 2^{len(self.cores_)} patterns are too many to list, at most 2^{_DENSE}; "
                "use score_samples or sample"
            )
        found = np.ones((1, 1))
        for core in self.cores_:
            found = np.tensordot(found, core, 1).reshape(-1, core.shape[2])
        return np.square(found[:, 0])
