"""What all learners share: where circuits run, the quadrant, the twins, and the account of a fit."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from qualms.backends.protocol import Backend, Usage
from qualms.backends.registry import get_backend
from qualms.errors import ConfigError, DataError, MissingExtraError
from qualms.records.quadrant import Quadrant
from qualms.records.twin import Twin, twin_named, twins_of

try:
    from sklearn.base import BaseEstimator
    from sklearn.utils.validation import _check_sample_weight
except ImportError:
    raise MissingExtraError("scikit-learn", "learn", "learning") from None

SIMULATED = Quadrant("classical", "simulated quantum")
_LARGEST = 1e100  # of a number to learn from: products of three of them are still finite


@dataclass(frozen=True)
class FitAccount:
    """What a fit took and what it was made from.

    Attributes
    ----------
    seconds : float
        Of wall time.
    data_hash : str
        Hash of the numbers and labels.
    rows, features : int
        Of the numbers.
    usage : Usage
        What the backend ran: circuits, shots, jobs, money.
    """

    seconds: float
    data_hash: str
    rows: int
    features: int
    usage: Usage

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Learner(BaseEstimator):
    """Base of every estimator of this package, on scikit-learn's contract.

    A subclass has `fit`, which does its work within ``with self._fitting(X, y):`` after its input was
    validated. What it learns is kept in attributes whose names end in an underscore, and these are numpy
    arrays, torch tensors, plain values of JSON, or learners: then `save` can write them without pickle. A
    setting `backend` (None for the exact simulator, a name, or a `Backend`) says where circuits run.

    Attributes
    ----------
    task : str
        What it does, as `qualms.records.kinds.Learning.task`.
    twins : tuple of Twin
        Its classical controls; `twin.make(learner)` makes an estimator that is not fitted, on the same
        contract.
    account_ : FitAccount
        What the last fit took.
    findings_ : dict
        What the learner says about its last fit, in plain values; goes into the record.
    """

    task: ClassVar[str]
    twins: ClassVar[tuple[Twin, ...]] = ()

    @property
    def quadrant(self) -> Quadrant:
        """What it computes on: that of its backend; classical numbers on a simulator where it has none."""
        backend = getattr(self, "backend", None)
        if backend is None:
            return SIMULATED
        return self._runs_on().quadrant

    def _runs_on(self) -> Backend:
        """The backend that the setting `backend` stands for. Raises ConfigError for an unknown name."""
        backend = getattr(self, "backend", None)
        if backend is None:
            return get_backend("statevector")
        if isinstance(backend, str):
            return get_backend(backend)
        if not hasattr(backend, "usage"):
            raise ConfigError(
                f"{type(self).__name__}: backend is {type(backend).__name__}; give a name or a Backend"
            )
        return backend

    @contextmanager
    def _fitting(self, X: Any, y: Any = None, backend: Backend | None = None) -> Iterator[None]:
        """Keeps the account of a fit; `backend` is the one whose usage counts.

        Raises DataError for numbers beyond `_LARGEST`.
        """
        where = type(self).__name__
        _check_size(X, f"{where}: X")
        _check_size(y, f"{where}: y")
        before, started = backend.usage if backend is not None else Usage(), time.perf_counter()
        self.findings_: dict[str, Any] = {}
        yield
        used = backend.usage - before if backend is not None else Usage()
        shape = np.shape(X)
        self.account_ = FitAccount(
            seconds=time.perf_counter() - started,
            data_hash=hash_of(X, y),
            rows=int(shape[0]),
            features=int(shape[1]) if len(shape) > 1 else 1,
            usage=used,
        )

    def twin(self, name: str) -> Any:
        """The classical control of that name, not fitted. Raises ConfigError, with those there are."""
        return twin_named(twins_of(self), name, type(self).__name__).make(self)

    def save(self, folder: str | Path) -> None:
        """Write the learner, fitted or not, as JSON and safetensors; see `qualms.learn.saving.save`."""
        from qualms.learn.saving import save

        save(self, folder)


def checked_weights(sample_weight: Any, X: Any) -> np.ndarray:
    """Weights of rows, (rows,) float64, 1 where none are given.

    Raises
    ------
    ValueError
        For weights that are negative, not finite, or of another length; scikit-learn's own.
    DataError
        For weights beyond `_LARGEST`.
    """
    weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    _check_size(weights, "sample_weight")
    return weights


def _check_size(values: Any, where: str) -> None:
    """Refuse numbers so large that their products overflow. Raises DataError, which begins with `where`."""
    array = np.asarray(getattr(values, "data", values) if hasattr(values, "toarray") else values)
    if array.dtype.kind == "f" and array.size and float(np.max(np.abs(array))) > _LARGEST:
        raise DataError(
            f"{where} has numbers beyond {_LARGEST:g}, whose products overflow; give it in a larger unit"
        )


def hash_of(*parts: Any) -> str:
    """Sixteen hexadecimal digits that identify numbers and labels, whatever container they came in."""
    hashed = hashlib.sha256()
    for part in parts:
        if part is None:
            hashed.update(b"none")
            continue
        array = np.asarray(part.toarray() if hasattr(part, "toarray") else part)
        if array.dtype.kind in "OUS":
            hashed.update(repr([str(value) for value in array.ravel()]).encode())
        else:
            hashed.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())
        hashed.update(repr(array.shape).encode())
    return hashed.hexdigest()[:16]
