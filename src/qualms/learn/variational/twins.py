"""The classical controls of variational circuits: no entangling gates, and models of as many parameters."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone, is_classifier
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from qualms.errors import ConfigError
from qualms.learn.variational.layout import ARCHITECTURES
from qualms.records.twin import Twin


def without_entanglers(learner: Any) -> Any:
    """The same learner without any gate on two qubits: each qubit is then a function of its own features."""
    return clone(learner).set_params(entangler="none")


def linear(learner: Any) -> Any:
    """Logistic or ridge regression."""
    model = LogisticRegression(max_iter=1000) if is_classifier(learner) else RidgeCV()
    return make_pipeline(StandardScaler(), model)


def network(learner: Any) -> Any:
    """A network with one hidden layer, and about as many parameters as the circuit has."""
    if learner.architecture not in ARCHITECTURES:
        raise ConfigError(
            f"architecture={learner.architecture!r} is unknown; choose one of {', '.join(ARCHITECTURES)}"
        )
    kind = MLPClassifier if is_classifier(learner) else MLPRegressor
    model = kind(
        hidden_layer_sizes=(hidden_units(learner),),
        max_iter=learner.max_iter,
        random_state=_seed(learner.random_state),
    )
    return make_pipeline(StandardScaler(), model)


def hidden_units(learner: Any) -> int:
    """Width of the hidden layer.

    A fitted learner's own numbers decide. Before a fit, one qubit for each feature is assumed: 4 (3 without
    trained scales) angles and scales for a layer and feature, where a hidden unit has one weight for each.
    """
    if hasattr(learner, "n_parameters_"):
        outputs = len(learner.parameters_["bias"])
        return max(1, round((learner.n_parameters_ - outputs) / (learner.n_features_in_ + 1 + outputs)))
    return (4 if learner.architecture == "re-uploading" else 3) * learner.n_layers


def _seed(random_state: Any) -> Any:
    return 0 if random_state is None else random_state


TWINS = (
    Twin("separable", "the circuit without entangling gates", without_entanglers),
    Twin("linear", "a linear model of the same rows", linear),
    Twin("network", "a network with one hidden layer and about as many parameters", network),
)
