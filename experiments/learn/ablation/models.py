"""The models of the ablation: name → how one is made, and the grid that its settings are searched on.

Each circuit stands beside the same circuit without entangling gates, on the same grid. The two classical models
are the strongest of the published table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from qualms.learn import VariationalClassifier

_BUDGET = {"learning_rate": 0.05, "max_iter": 60, "batch_size": 64, "n_iter_no_change": 8, "tol": 1e-3}
_GRID = {"n_layers": [2, 4], "input_scale": [0.5, 1.0]}


@dataclass(frozen=True)
class Model:
    """One row of the table.

    Attributes
    ----------
    make : Callable
        From the number of features and a seed to an estimator.
    grid : dict
        Settings to be searched.
    twin_of : str
        The entangled model whose control this is, or nothing.
    published : str
        What the published table calls its counterpart, or nothing.
    """

    make: Callable[[int, int], Any]
    grid: dict[str, list[Any]] = field(default_factory=dict)
    twin_of: str = ""
    published: str = ""


def circuit(architecture: str, entangler: str) -> Callable[[int, int], VariationalClassifier]:
    """Three features for each qubit in "re-uploading", as published; else one qubit for each."""

    def make(n_features: int, seed: int) -> VariationalClassifier:
        qubits = max(2, -(-n_features // 3)) if architecture == "re-uploading" else n_features
        return VariationalClassifier(architecture, qubits, entangler=entangler, random_state=seed, **_BUDGET)

    return make


MODELS: dict[str, Model] = {
    "re-uploading": Model(circuit("re-uploading", "ring"), _GRID, "", "DataReuploadingClassifier"),
    "re-uploading/separable": Model(
        circuit("re-uploading", "none"), _GRID, "re-uploading", "SeparableVariationalClassifier"
    ),
    "hardware-efficient": Model(circuit("hardware-efficient", "ring"), _GRID),
    "hardware-efficient/separable": Model(
        circuit("hardware-efficient", "none"), _GRID, "hardware-efficient", "SeparableVariationalClassifier"
    ),
    "iqp": Model(circuit("iqp", "ring"), _GRID, "", "IQPVariationalClassifier"),
    "iqp/separable": Model(circuit("iqp", "none"), _GRID, "iqp", "SeparableVariationalClassifier"),
    "SVC": Model(
        lambda _, seed: make_pipeline(StandardScaler(), SVC(random_state=seed)),
        {"svc__C": [0.1, 1.0, 10.0, 100.0], "svc__gamma": ["scale", 0.01, 0.1, 1.0]},
        "",
        "SVC",
    ),
    "MLP": Model(
        lambda _, seed: make_pipeline(StandardScaler(), MLPClassifier(max_iter=1000, random_state=seed)),
        {
            "mlpclassifier__hidden_layer_sizes": [(10,), (100,), (10, 10)],
            "mlpclassifier__alpha": [1e-4, 1e-2],
        },
        "",
        "MLPClassifier",
    ),
}
