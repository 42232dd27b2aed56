"""scikit-learn's contract with settings that the quick contract tests do not have."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from qualms.learn import (
    QuantumGaussianProcessRegressor,
    QuantumKernelClassifier,
    QuantumKernelRegressor,
    QuantumKernelTransformer,
)

FEW = {"bandwidth": (0.1, 0.25), "n_qubits": 10, "reduction": "pca"}


@pytest.mark.slow
@parametrize_with_checks(
    [
        QuantumKernelClassifier(n_qubits=6, reduction="pca"),
        QuantumKernelClassifier(**FEW, kernel="projected", probability=True, C=10.0),
        QuantumKernelClassifier(**FEW, feature_map="angle", class_weight="balanced", C=10.0),
        QuantumKernelClassifier(**FEW, feature_map="iqp", n_landmarks=20, C=10.0),
        QuantumKernelRegressor(bandwidth=0.5, feature_map="amplitude", method="svr"),
        QuantumKernelRegressor(bandwidth=(0.03, 0.1), n_qubits=10, reduction="pca", kernel="hamming"),
        QuantumKernelRegressor(bandwidth=(0.1, 0.2), kernel="rbf"),
        QuantumGaussianProcessRegressor(bandwidth=(0.1, 0.2), feature_map="angle"),
        QuantumKernelTransformer(bandwidth=0.3, kernel="projected", output="columns"),
    ]
)
def test_scikit_learns_contract(estimator, check):
    check(estimator)
