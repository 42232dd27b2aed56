"""What the variational classifier and regressor share: from rows to a trained circuit, and its outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_is_fitted, validate_data

from qualms.backends.protocol import Backend
from qualms.data.numbers import as_real
from qualms.errors import ConfigError, DataError
from qualms.learn.learner import Learner
from qualms.learn.preparation import Preparation, prepare
from qualms.learn.variational.layout import Layout
from qualms.learn.variational.module import VariationalModule
from qualms.learn.variational.training import Loss, Rows, Training, train

_TYPES = {"single": torch.float32, "double": torch.float64}
_CHUNK_BYTES = 1 << 27  # of states at once, when outputs are computed


class VariationalLearner(Learner):
    """Base of `VariationalClassifier` and `VariationalRegressor`, whose settings it uses."""

    def module(self) -> VariationalModule:
        """The trained circuit as a torch module in double precision, a copy: rows must be prepared with
        `prepared`.
        """
        check_is_fitted(self)
        outputs = len(self.parameters_["bias"])
        module = VariationalModule(self._layout(self.n_circuit_features_), outputs, self._backend()).double()
        module.load_state_dict(self.parameters_)
        return module

    def prepared(self, X: Any) -> np.ndarray:
        """Rows (n, features) as the circuit takes them, radians: centred, scaled, perhaps projected."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        found: np.ndarray = self.input_scale * Preparation(self.centre_, self.scale_, self.directions_)(X)
        return found

    def _backend(self) -> Backend | None:
        return None if self.backend is None else self._runs_on()

    def _layout(self, n_features: int) -> Layout:
        return Layout(
            self.architecture, n_features, self.n_qubits, self.n_layers, self.entangler, self.repeats
        )

    def _prepare(self, X: np.ndarray, weights: np.ndarray) -> np.ndarray:
        where = type(self).__name__
        if as_real(self.input_scale, f"{where}: input_scale=") <= 0:
            raise ConfigError(f"{where}: input_scale={self.input_scale} must be above 0")
        capacity = None if self.n_qubits is None else self._layout(1).capacity
        if capacity is not None and X.shape[1] > capacity and self.reduction is None:
            self._layout(X.shape[1])  # raises with the architecture's own numbers
        made = prepare(X, self.reduction, capacity, where, weights)
        self.centre_, self.scale_, self.directions_ = made.centre, made.scale, made.directions
        return self.input_scale * made(X)

    def _train(
        self,
        rows: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        loss: Loss,
        n_outputs: int,
        rng: np.random.RandomState,
        backend: Backend | None,
        strata: np.ndarray | None = None,
    ) -> None:
        """Train on prepared rows and keep what came out."""
        if self.precision not in _TYPES:
            raise ConfigError(f"precision={self.precision!r} is unknown; choose single or double")
        dtype = _TYPES[self.precision]
        self.n_circuit_features_ = rows.shape[1]
        layout = self._layout(rows.shape[1])
        module = VariationalModule(layout, n_outputs, backend, seed=int(rng.randint(2**31 - 1))).to(dtype)
        how = Training(
            self.optimizer,
            self.optimizer_settings,
            self.learning_rate,
            self.max_iter,
            self.batch_size,
            self.tol,
            self.n_iter_no_change,
        )
        kind = torch.int64 if targets.dtype.kind in "iu" else dtype
        everything = np.arange(len(rows))
        seen, kept = self._divided(everything, rng, strata) if self.early_stopping else (everything, None)

        def chosen(which: np.ndarray) -> Rows:
            return Rows(
                torch.from_numpy(rows[which]).to(dtype),
                torch.from_numpy(targets[which]).to(kind),
                torch.from_numpy(weights[which]).to(dtype),
            )

        for what, which in (("trained on", seen), ("held out", kept)):
            if which is not None and not weights[which].sum() > 0:
                raise DataError(f"{type(self).__name__}: the rows {what} have no weight at all")
        curve = train(module, chosen(seen), loss, how, rng, None if kept is None else chosen(kept))
        self.parameters_ = {k: v.detach().double() for k, v in module.state_dict().items()}
        self.loss_curve_, self.validation_loss_curve_ = curve.losses, curve.held_out
        self.n_iter_ = len(curve.losses)
        self.n_parameters_ = sum(p.numel() for p in module.parameters())
        self.findings_ |= {
            "stopped": curve.stopped,
            "passes": self.n_iter_,
            "parameters": self.n_parameters_,
            "qubits": layout.qubits,
            "entangled": layout.entangled,
            "rows_simulated": module.circuits_run if backend is None else 0,
        }

    def _divided(
        self, rows: np.ndarray, rng: np.random.RandomState, strata: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows to train on, and those that are held out."""
        if strata is not None and np.bincount(strata).min() < 2:
            strata = None  # a class of one row cannot stand in both parts
        try:
            seen, kept = train_test_split(
                rows, test_size=self.validation_fraction, random_state=rng, stratify=strata
            )
        except ValueError as error:
            raise ConfigError(
                f"{type(self).__name__}: early_stopping with validation_fraction={self.validation_fraction} "
                f"on {len(rows)} rows: {error}"
            ) from None
        return seen, kept

    def _outputs(self, X: Any) -> np.ndarray:
        """Outputs (n, k) of rows, in double precision."""
        module, rows = self.module(), torch.from_numpy(self.prepared(X))
        size = max(1, _CHUNK_BYTES // (16 << module.layout.qubits))
        with torch.no_grad():
            return torch.cat([module(part) for part in rows.split(size)]).numpy()
