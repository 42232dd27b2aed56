"""What all learners with quantum kernels share: settings, the kernel they stand for, findings and twins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted, validate_data

from qualms.backends.exact import StatevectorBackend
from qualms.backends.protocol import Backend, Usage
from qualms.backends.registry import get_backend
from qualms.backends.sampled import SampledBackend
from qualms.errors import ConfigError
from qualms.learn.kernel.alignment import nearest_rbf
from qualms.learn.kernel.exact import KERNELS, Kernel, Projected, exact_kernel, with_scale
from qualms.learn.kernel.feature_maps import FeatureMap, feature_map, most_features, qubits_of
from qualms.learn.kernel.matrices import concentration, repaired, warn_of_concentration
from qualms.learn.kernel.measured import kernel_on, shots_of
from qualms.learn.kernel.planning import Plan, check, plan
from qualms.learn.kernel.rows import sample_of
from qualms.learn.learner import Learner
from qualms.learn.preparation import Preparation, prepare
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.records.twin import Twin

BANDWIDTHS = tuple(2.0**k for k in range(-6, 2))
SEARCH_ROWS = 400  # a search sees no more rows than this, so that it takes seconds
_SEARCH_QUBITS = 16  # and no state larger than this
_ROWS_AT_ONCE = 1 << 28  # bytes of states and kernel columns while predicting


def _rbf(learner: KernelLearner) -> Any:
    return clone(learner).set_params(kernel="rbf", backend=None, shots=None)


def _separable(learner: KernelLearner) -> Any:
    return clone(learner).set_params(entangling=False)


TWINS = (
    Twin("rbf", "an RBF kernel in place of the quantum kernel, with the same search", _rbf),
    Twin("separable", "the same feature map without entangling gates", _separable),
)


class KernelLearner(Learner):
    """Base of the learners with quantum kernels.

    Parameters
    ----------
    kernel : str, default "fidelity"
        "fidelity": |⟨ψ(x)|ψ(x′)⟩|². "projected": an RBF kernel of the states of single qubits. "hamming": by
        the Hamming distances of measured bit strings, see `qualms.learn.kernel.exact.Hamming`. "rbf": the
        classical RBF kernel exp(−‖bandwidth · (x − x′)‖²), the twin of all others.
    feature_map : str, default "zz"
        "zz", "iqp", "pauli", "angle" or "amplitude"; see `qualms.learn.kernel.feature_maps.feature_map`.
    repeats : int, optional
        How often the map is repeated; None for what is usual for it.
    entangling : bool, default True
        False leaves out the gates on two and more qubits.
    paulis : tuple of str, default ("Z", "YY")
        Of the "pauli" map.
    bandwidth : "auto", float or sequence of float, default "auto"
        What the prepared numbers (mean 0, standard deviation 1) are multiplied with before they become
        angles. "auto" searches 2⁻⁶ … 2 on the training rows alone, a sequence searches these.
    gamma : "scale" or float, default "scale"
        Of the projected kernel; "scale" makes the mean exponent of the training rows 1.
    decay : float, default 0.5
        Of the Hamming kernel, between 0 and 1.
    n_qubits : int, optional
        Most qubits; with more features than fit on them, `reduction` says what to do.
    reduction : "pca", optional
        Projects the columns on as many principal directions as fit.
    n_landmarks : int, optional
        The Nyström method: the kernel is computed to so many random training rows alone.
    backend : str or Backend, optional
        Where circuits run; None for the exact simulator.
    shots : int, optional
        Frequencies of so many shots in place of exact probabilities; with a backend's name, its shots.
    max_circuits : int or None, default 100000
        Most circuits that one fit or prediction may measure; None for any number.
    random_state : int, RandomState or None, default 0
        Of folds, samples, landmarks and shots.
    """

    twins = TWINS
    classes_: np.ndarray
    _searchable: ClassVar[tuple[str, ...]] = ("bandwidth",)

    def __init__(
        self,
        *,
        kernel: str = "fidelity",
        feature_map: str = "zz",
        repeats: int | None = None,
        entangling: bool = True,
        paulis: Sequence[str] = ("Z", "YY"),
        bandwidth: str | float | Sequence[float] = "auto",
        gamma: str | float = "scale",
        decay: float = 0.5,
        n_qubits: int | None = None,
        reduction: str | None = None,
        n_landmarks: int | None = None,
        backend: str | Backend | None = None,
        shots: int | None = None,
        max_circuits: int | None = 100_000,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.kernel = kernel
        self.feature_map = feature_map
        self.repeats = repeats
        self.entangling = entangling
        self.paulis = paulis
        self.bandwidth = bandwidth
        self.gamma = gamma
        self.decay = decay
        self.n_qubits = n_qubits
        self.reduction = reduction
        self.n_landmarks = n_landmarks
        self.backend = backend
        self.shots = shots
        self.max_circuits = max_circuits
        self.random_state = random_state

    # Where it runs ------------------------------------------------------------------------------------------

    @property
    def quadrant(self) -> Quadrant:
        return CLASSICAL if self.kernel == "rbf" else super().quadrant

    def _runs_on(self) -> Backend:
        if self.shots is None:
            return super()._runs_on()
        if self.backend is None:
            seed = self.random_state if isinstance(self.random_state, int | np.integer) else 0
            return SampledBackend(shots=self.shots, seed=int(seed))
        if not isinstance(self.backend, str):
            raise ConfigError("give shots to the backend, or backend by its name, not both")
        return get_backend(self.backend, shots=self.shots)

    # Settings -----------------------------------------------------------------------------------------------

    def _check_settings(self) -> None:
        where = type(self).__name__
        if self.kernel not in KERNELS:
            raise ConfigError(f"{where}: kernel={self.kernel!r} is unknown; choose {', '.join(KERNELS)}")
        if not 0 <= self.decay < 1:
            raise ConfigError(f"{where}: decay={self.decay!r}; it is at least 0 and below 1")
        if self.gamma != "scale" and not (isinstance(self.gamma, float | int) and 0 < self.gamma < np.inf):
            raise ConfigError(f"{where}: gamma={self.gamma!r}; give 'scale' or a positive number")
        if self.n_qubits is not None and self.n_qubits < 1:
            raise ConfigError(f"{where}: n_qubits={self.n_qubits}; a circuit has at least 1 qubit")
        if self.n_landmarks is not None and self.n_landmarks < 1:
            raise ConfigError(f"{where}: n_landmarks={self.n_landmarks}; give at least 1")

    def _bandwidths(self) -> list[float]:
        return candidates(self.bandwidth, BANDWIDTHS, f"{type(self).__name__}: bandwidth")

    def _map(self, n_inputs: int) -> FeatureMap | None:
        if self.kernel == "rbf":
            return None
        return feature_map(self.feature_map, n_inputs, self.repeats, self.entangling, self.paulis)

    # Fitting ------------------------------------------------------------------------------------------------

    def _prepare(self, X: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Fits the preparation; the rows as numbers for circuits."""
        most = None
        if self.n_qubits is not None:
            most = most_features(self.feature_map, self.n_qubits)
        made = prepare(X, self.reduction, most, type(self).__name__, weight)
        self.centre_, self.scale_, self.directions_ = made.centre, made.scale, made.directions
        return made(X)

    def _prepared(self, X: Any) -> np.ndarray:
        """New rows as numbers for circuits."""
        check_is_fitted(self, "centre_")
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return Preparation(self.centre_, self.scale_, self.directions_)(X)

    def estimate(self, n_rows: int, n_features: int) -> Plan:
        """What a fit on so many rows takes, before it is begun: memory, circuits and shots.

        With shots, a search of the bandwidth is made in exact simulation and takes no circuits.
        """
        return self._fit_plan(self._runs_on(), n_rows, self._inputs(n_features), self.n_landmarks)

    def _inputs(self, n_features: int) -> int:
        return (
            n_features
            if self.n_qubits is None
            else min(n_features, most_features(self.feature_map, self.n_qubits))
        )

    def _plan(self, backend: Backend, rows: int, inputs: int, others: int = 0, among: bool = False) -> Plan:
        n_qubits = 0 if self.kernel == "rbf" else qubits_of(self.feature_map, inputs)
        is_product = not self.entangling or self.feature_map == "angle"
        return plan(self.kernel, backend, n_qubits, is_product, rows, others, among)

    def _fit_plan(self, backend: Backend, rows: int, inputs: int, landmarks: int | None) -> Plan:
        few = 0 if landmarks is None or landmarks >= rows else landmarks
        return self._plan(backend, rows, inputs, few, among=True)

    def _check_plan(self, backend: Backend, rows: int, inputs: int) -> None:
        found, few = self._fit_plan(backend, rows, inputs, self.n_landmarks), None
        if not found.others and rows > 2:
            few = self._fit_plan(backend, rows, inputs, min(500, max(2, rows // 10)))
        check(found, type(self).__name__, self.max_circuits, few)

    def _searched(
        self, Z: np.ndarray, map_: FeatureMap | None, backend: Backend, weight: np.ndarray
    ) -> list[tuple[float, np.ndarray]]:
        """Every bandwidth to be tried with the kernel of these rows, in exact simulation.

        Raises
        ------
        ConfigError
            Where an exact simulation is not possible, because there are too many qubits on a backend that
            measures.
        """
        bandwidths = self._bandwidths()
        large = map_ is not None and not map_.is_product and map_.n_qubits > _SEARCH_QUBITS
        if map_ is not None and large and not isinstance(backend, StatevectorBackend):
            raise ConfigError(
                f"{type(self).__name__}: settings are searched in exact simulation, which {map_.n_qubits} "
                f"entangled qubits do not allow; give {' and '.join(self._searchable)} as numbers"
            )
        found = []
        for bandwidth in bandwidths:
            kernel = exact_kernel(self.kernel, map_, bandwidth, self._given_gamma(), self.decay)
            represented = kernel.represent(Z)
            kernel = with_scale(kernel, represented, weight) if self.gamma == "scale" else kernel
            found.append((bandwidth, kernel.square(represented)))
        return found

    def _given_gamma(self) -> float | None:
        return None if self.gamma == "scale" else float(self.gamma)

    def _final_kernel(
        self, Z: np.ndarray, map_: FeatureMap | None, backend: Backend, weight: np.ndarray
    ) -> tuple[Kernel, np.ndarray]:
        """The kernel with the chosen bandwidth where it is to be computed, and these rows by it."""
        kernel = kernel_on(backend, self.kernel, map_, self.bandwidth_, self._given_gamma(), self.decay)
        represented = kernel.represent(Z)
        if self.gamma == "scale":
            kernel = with_scale(kernel, represented, weight)
        self.gamma_ = kernel.gamma if isinstance(kernel, Projected) else None
        return kernel, represented

    def _positive(self, K: np.ndarray, backend: Backend) -> tuple[np.ndarray, np.ndarray | None]:
        """A kernel matrix without negative eigenvalues, and the projector; the finding is kept."""
        if self.kernel == "rbf" or isinstance(backend, StatevectorBackend):
            return K, None
        K, projector, told = repaired(K, type(self).__name__)
        if told:
            self.findings_["psd_repair"] = told
        return K, projector

    def _describe(
        self,
        kernel: Kernel,
        map_: FeatureMap | None,
        backend: Backend,
        Z: np.ndarray,
        represented: np.ndarray,
        K: np.ndarray,
        weight: np.ndarray,
    ) -> None:
        """Findings about a kernel matrix on its rows: its size, the nearest RBF kernel, concentration."""
        some = sample_of(len(Z), SEARCH_ROWS, np.random.RandomState(0), None)
        K, Z, weight, represented = K[np.ix_(some, some)], Z[some], weight[some], represented[some]
        gamma, likeness = nearest_rbf(K, Z, weight)
        self.findings_.update(
            kernel=self.kernel,
            feature_map=self.feature_map if map_ is not None else None,
            n_qubits=map_.n_qubits if map_ is not None else 0,
            bandwidth=self.bandwidth_,
            nearest_rbf={"gamma": gamma, "alignment": likeness, "rows": len(some)},
        )
        if map_ is None:
            return
        shots = None if isinstance(backend, StatevectorBackend) else shots_of(backend)
        found = concentration(kernel, represented, K, shots)
        self.findings_["concentration"] = found
        if len(Z) > 2:
            warn_of_concentration(found, type(self).__name__)

    # Afterwards ---------------------------------------------------------------------------------------------

    def _to_anchors(self, X: Any) -> np.ndarray:
        """The kernel between new rows and the rows that the fit keeps, (rows, anchors)."""
        Z = self._prepared(X)
        backend = self._runs_on()
        if len(self.anchors_) == 0:
            return np.zeros((len(Z), 0))
        check(
            self._plan(backend, len(Z), Z.shape[1], len(self.anchors_)),
            type(self).__name__,
            self.max_circuits,
        )
        kernel = kernel_on(
            backend, self.kernel, self._map(Z.shape[1]), self.bandwidth_, self.gamma_, self.decay
        )
        anchors = kernel.represent(self.anchors_)
        each = (anchors[:1].nbytes * 4) + 32 * len(anchors)
        step = max(1, _ROWS_AT_ONCE // each)
        parts = [kernel.compare(kernel.represent(Z[k : k + step]), anchors) for k in range(0, len(Z), step)]
        return np.concatenate(parts)

    def summary(self) -> str:
        """What the last fit found, in a few lines of text: the kernel, the search, the nearest RBF kernel."""
        check_is_fitted(self, "centre_")
        return "\n".join(lines(self.findings_, self.account_.usage))


def candidates(given: Any, default: Sequence[float], what: str) -> list[float]:
    """The positive numbers that "auto", a number or a sequence of numbers stands for.

    Raises
    ------
    ConfigError
        For anything else.
    """
    if isinstance(given, str):
        if given != "auto":
            raise ConfigError(f"{what}={given!r}; give 'auto', a positive number or several")
        return list(default)
    listed = [given] if np.ndim(given) == 0 else list(given)
    try:
        found = [float(value) for value in listed]
    except (TypeError, ValueError):
        found = []
    if not found or not all(0 < value < np.inf for value in found):
        raise ConfigError(f"{what}={given!r}; give 'auto', a positive number or several")
    return found


def lines(findings: dict[str, Any], usage: Usage) -> list[str]:
    """The findings of a fit in words."""
    name, size = findings["kernel"], findings["n_qubits"]
    circuit = f", map {findings['feature_map']}, {size} qubits" if size else ""
    found = [f"kernel {name}{circuit}, bandwidth {findings['bandwidth']:.4g}"]
    search = findings.get("search")
    if search:
        found.append(
            f"chosen by {search['by']} on {search['rows']} rows, {search['evaluations']} evaluations"
        )
    if "target_alignment" in findings:
        found.append(f"alignment with the target {findings['target_alignment']:.3f}")
    near = findings["nearest_rbf"]
    found.append(
        f"nearest RBF kernel: γ = {near['gamma']:.4g} on the prepared numbers, alignment "
        f"{near['alignment']:.3f}"
    )
    spread = findings.get("concentration")
    if spread:
        said = "concentrated" if spread["concentrated"] else "not concentrated"
        found.append(
            f"variance of entries {spread['variance']:.2e}; {spread['shots_to_resolve']:.3g} shots resolve "
            f"them: {said}"
        )
    told = findings.get("psd_repair")
    if told:
        found.append(f"{told['negative']} negative eigenvalues were set to 0 ({told['share']:.1%})")
    if usage.circuits:
        found.append(f"{usage.circuits:,} circuits, {usage.shots:,} shots")
    return found
