"""Boosted trees whose weights are found by an annealer, on one quadratic problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from scipy.optimize import lsq_linear
from sklearn.base import ClassifierMixin
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError, DataError
from qualms.learn.learner import Learner, checked_weights
from qualms.problems.numbers import Decimals
from qualms.problems.quadratic import QUBO
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.records.twin import Twin
from qualms.solve.check import Checked, better, check
from qualms.solve.solvers.registry import get_solver
from qualms.solve.solvers.solver import Clock, Limits

WEIGHTS = ("annealed", "convex", "gentle")
_SECONDS = 600.0  # an end for a solver that does not count rounds; the others end long before


def _with(**settings: Any) -> Any:
    """A twin's maker: the same learner with other settings."""
    return lambda learner: type(learner)(**{**learner.get_params(deep=False), **settings})


class AnnealedBoostingClassifier(ClassifierMixin, Learner):
    """A weighted sum of boosted trees, with weights from an annealer; two classes.

    GentleBoost (Friedman, Hastie, Tibshirani 2000, algorithm 4) makes small trees h_j(x) in [−1, 1], one
    after another. Their weights 0 ≤ w_j ≤ 1 then minimise

        Σ_i v_i (y_i − Σ_j w_j h_j(x_i))² + α Σ_j w_j²,   y_i = ±1, Σ_i v_i = 1.

    Every weight is written with `bits` binary digits, which makes this a quadratic problem of
    ``n_weak × bits`` binary variables. It is the idea of QBoost (Neven et al. 2008, arXiv 0811.0416), and of
    its continuous form CVQBoost (Emami et al. 2025, arXiv 2503.11273). That one runs on a machine of its
    vendor, which this package does not have: here one of the solvers of `qualms.solve` takes its place, by
    default a simulation of quantum annealing.

    **When not to use it.** Without the binary digits the problem is convex: a least-squares solver finds its
    exact minimum in milliseconds, and this is the twin "convex". Rounding to digits and annealing can only
    end above that minimum; `findings_["gap"]` says by how much. Use the twin, or a library of gradient
    boosting, unless what an annealer does is the question.

    Parameters
    ----------
    n_weak : int, default 24
        Trees.
    max_depth : int, default 2
        Of each tree.
    min_weight_fraction_leaf : float, default 0.0
        The share of all weight that each leaf must have, from 0 to 0.5.
    alpha : float, default 0.01
        Penalty of large weights.
    bits : int, default 3
        Binary digits of a weight.
    weights : str, default "annealed"
        "annealed"; "convex" for the exact minimum of the same objective; "gentle" for GentleBoost's own
        weights, which are all 1.
    solver : str, default "path-integral:threads=1"
        Of `qualms.solve`, perhaps with options.
    rounds : int, default 2
        Of the solver.
    class_weight : "balanced", mapping or None
        Weights of the classes, as in scikit-learn.
    random_state : int, RandomState or None
        Of trees and solver.

    Attributes
    ----------
    classes_ : np.ndarray
        (2,) labels.
    weights_ : np.ndarray
        (trees,) float64.
    intercept_ : float
        Added to the sum, so that its weighted mean is that of y.
    feature_, threshold_, left_, right_, value_ : np.ndarray
        (trees, nodes): the trees. A leaf is its own child.
    """

    task: ClassVar[str] = "classification"
    twins: ClassVar[tuple[Twin, ...]] = (
        Twin(
            "convex",
            "the same trees, with the exact weights of a least-squares solver",
            _with(weights="convex"),
        ),
        Twin(
            "thermal",
            "the same trees and the same binary problem, annealed by temperature alone",
            _with(solver="annealing:threads=1"),
        ),
        Twin("gentle", "the same trees, with the equal weights of GentleBoost", _with(weights="gentle")),
    )

    def __init__(
        self,
        n_weak: int = 24,
        max_depth: int = 2,
        min_weight_fraction_leaf: float = 0.0,
        alpha: float = 0.01,
        bits: int = 3,
        weights: str = "annealed",
        solver: str = "path-integral:threads=1",
        rounds: int = 2,
        class_weight: str | Mapping[Any, float] | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_weak = n_weak
        self.max_depth = max_depth
        self.min_weight_fraction_leaf = min_weight_fraction_leaf
        self.alpha = alpha
        self.bits = bits
        self.weights = weights
        self.solver = solver
        self.rounds = rounds
        self.class_weight = class_weight
        self.random_state = random_state

    @property
    def quadrant(self) -> Quadrant:
        """The solver's; classical where no solver is asked."""
        return get_solver(self.solver).quadrant if self.weights == "annealed" else CLASSICAL

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> AnnealedBoostingClassifier:
        """Make the trees and find their weights.

        Parameters
        ----------
        X : array-like
            (rows, features), finite.
        y : array-like
            (rows,) labels of two classes.
        sample_weight : array-like, optional
            (rows,), at least 0.

        Raises
        ------
        DataError
            For another number of classes than two.
        ConfigError
            For a setting that cannot be honoured.
        """
        self._check_settings()
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            kind = "multiclass" if len(self.classes_) > 2 else "one class"
            raise DataError(
                f"{type(self).__name__}: Only binary classification is supported. The type of the target is "
                f"{kind}, with {len(self.classes_)} different labels"
            )
        v = checked_weights(sample_weight, X)
        if self.class_weight is not None:
            v = v * compute_sample_weight(self.class_weight, y)
        with self._fitting(X, y):
            rng = check_random_state(self.random_state)
            sign = 2.0 * codes - 1.0
            there = v > 0
            self._grow(
                X[there], sign[there], v[there], rng
            )  # whole numbers stay so: a row given twice is a row of weight 2
            v = v / v.sum()
            H = self._learned(X)
            self.weights_ = self._weighted(H, sign, v, int(rng.randint(2**31 - 1)))
            self.intercept_ = float(v @ (sign - H @ self.weights_))
        return self

    def _check_settings(self) -> None:
        for name, least in (("n_weak", 1), ("max_depth", 1), ("bits", 1), ("rounds", 1)):
            as_integer(getattr(self, name), f"{type(self).__name__}: {name}=", least)
        if as_real(self.alpha, f"{type(self).__name__}: alpha=") < 0:
            raise ConfigError(f"{type(self).__name__}: alpha={self.alpha} must be at least 0")
        leaf = as_real(self.min_weight_fraction_leaf, f"{type(self).__name__}: min_weight_fraction_leaf=")
        if not 0 <= leaf <= 0.5:
            raise ConfigError(f"{type(self).__name__}: min_weight_fraction_leaf={leaf} must be from 0 to 0.5")
        if self.weights not in WEIGHTS:
            raise ConfigError(f"{type(self).__name__}: weights={self.weights!r}: choose {', '.join(WEIGHTS)}")

    def _grow(self, X: np.ndarray, sign: np.ndarray, v: np.ndarray, rng: np.random.RandomState) -> None:
        """GentleBoost: each tree is a least-squares fit of ±1, and rows that it gets wrong weigh more for the
        next one.
        """
        trees, margin = [], np.zeros(len(X))
        for _ in range(self.n_weak):
            # the shift does not change the weights' ratios, and keeps the exponential in range
            weights = v * np.exp(-margin + margin.min())
            tree = DecisionTreeRegressor(
                max_depth=self.max_depth,
                min_weight_fraction_leaf=self.min_weight_fraction_leaf,
                random_state=rng.randint(2**31 - 1),
            )
            tree.fit(X, sign, sample_weight=weights)
            margin = margin + sign * tree.predict(X)
            trees.append(tree.tree_)
        nodes = max(tree.node_count for tree in trees)
        own = np.tile(np.arange(nodes), (len(trees), 1))
        self.feature_, self.left_, self.right_ = np.zeros_like(own), own.copy(), own.copy()
        self.threshold_, self.value_ = np.zeros(own.shape), np.zeros(own.shape)
        for k, tree in enumerate(trees):
            inner = np.flatnonzero(tree.children_left >= 0)
            self.feature_[k, inner] = tree.feature[inner]
            self.threshold_[k, inner] = tree.threshold[inner]
            self.left_[k, inner] = tree.children_left[inner]
            self.right_[k, inner] = tree.children_right[inner]
            self.value_[k, : tree.node_count] = tree.value[:, 0, 0]

    def _learned(self, X: np.ndarray) -> np.ndarray:
        """What every tree says of every row, (rows, trees): all trees go down a level at a time."""
        X = np.asarray(X, np.float32)  # as scikit-learn's trees compare
        trees, rows = np.arange(len(self.feature_))[None], np.arange(len(X))[:, None]
        node = np.zeros((len(X), trees.size), np.int64)
        for _ in range(self.max_depth):
            low = X[rows, self.feature_[trees, node]] <= self.threshold_[trees, node]
            node = np.where(low, self.left_[trees, node], self.right_[trees, node])
        found: np.ndarray = self.value_[trees, node]
        return found

    def _weighted(self, H: np.ndarray, sign: np.ndarray, v: np.ndarray, seed: int) -> np.ndarray:
        """The trees' weights: min wᵀ(G + αI)w − 2cᵀw + 1, with one Gram product over all rows."""
        m = H.shape[1]
        if self.weights == "gentle":
            return np.ones(m)
        gram, linear = (H * v[:, None]).T @ H + self.alpha * np.eye(m), H.T @ (v * sign)
        exact = _convex(gram, linear)
        if self.weights == "convex":
            return exact

        def loss(w: np.ndarray) -> float:
            return float(w @ gram @ w - 2 * linear @ w + 1)

        digits = 2.0 ** np.arange(self.bits) / (2**self.bits - 1)
        problem = binary_problem(gram, linear, digits)
        best, effort = annealed(problem, self.solver, self.rounds, seed)
        found: np.ndarray = best.reshape(m, self.bits) @ digits
        self.findings_ = {
            "objective": loss(found),
            "convex_minimum": loss(exact),
            "gap": loss(found) - loss(exact),
            "variables": problem.n,
            "solver": self.solver,
            **effort,
        }
        return found

    def decision_function(self, X: Any) -> np.ndarray:
        """Σ_j w_j h_j(x) + intercept, (rows,); above 0 for the second class."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        found: np.ndarray = self._learned(X) @ self.weights_ + self.intercept_
        return found

    def predict(self, X: Any) -> np.ndarray:
        """Labels, (rows,)."""
        positive = (self.decision_function(X) > 0).astype(int)  # first: it says if nothing is fitted
        found: np.ndarray = self.classes_[positive]
        return found


def binary_problem(gram: np.ndarray, linear: np.ndarray, digits: np.ndarray) -> QUBO:
    """wᵀ gram w − 2 linearᵀ w + 1 over w_j = Σ_k digits_k x_jk, x binary.

    Parameters
    ----------
    gram : np.ndarray
        (m, m), symmetric.
    linear : np.ndarray
        (m,).
    digits : np.ndarray
        (bits,): what each binary digit is worth.

    Returns
    -------
    QUBO
        Of m × bits variables, those of a weight beside each other.
    """
    Q = np.kron(gram, np.outer(digits, digits))
    i, j = np.triu_indices(len(Q))
    values = np.where(i == j, 1.0, 2.0) * Q[i, j]
    values[i == j] -= 2 * np.kron(linear, digits)
    return QUBO(len(Q), i, j, Decimals.of(values), offset=1, name="weights of trees")


def annealed(problem: QUBO, solver: str, rounds: int, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """The best checked answer of one solver's run, as 0 and 1, and what the run says about itself.

    Raises
    ------
    ConfigError
        For an unknown solver, and one that does not take the problem or finds nothing.
    """
    made = get_solver(solver)
    refused = made.refuses(problem)
    if refused is not None:
        raise ConfigError(f"solver {solver!r} does not take the weights of trees: {refused}")
    best: Checked | None = None
    for found in made.run(problem, Clock(Limits(_SECONDS, rounds)), seed):
        if isinstance(found, np.ndarray):
            checked = check(problem, found)
            best = checked if better(problem, checked, best) else best
    if best is None:
        raise ConfigError(f"solver {solver!r} found no weights in {rounds} rounds")
    return np.asarray(best.solution, float), {"rounds": rounds}


def _convex(gram: np.ndarray, linear: np.ndarray) -> np.ndarray:
    """The w in [0, 1]ᵐ that minimises wᵀ gram w − 2 linearᵀ w; gram may be singular."""
    values, vectors = np.linalg.eigh(gram)
    kept = values > 1e-12 * max(values[-1], 1e-300)
    root = np.sqrt(values[kept])
    found: np.ndarray = lsq_linear(
        root[:, None] * vectors[:, kept].T, vectors[:, kept].T @ linear / root, (0.0, 1.0), method="bvls"
    ).x
    return found
