"""The learners against scikit-learn's on the same kernel matrices, and what they say of their fits."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, SVR, LinearSVC

from qualms.errors import ConfigError, DataError, QualmsWarning
from qualms.learn import (
    QuantumGaussianProcessRegressor,
    QuantumKernelClassifier,
    QuantumKernelRegressor,
    QuantumKernelTransformer,
    load,
    save,
)
from qualms.learn.kernel.alignment import alignment, nearest_rbf, target_alignment
from qualms.learn.kernel.calibration import log_odds
from qualms.learn.kernel.exact import exact_kernel, squared_distances
from qualms.learn.kernel.feature_maps import feature_map
from qualms.learn.kernel.gaussian_process import likelihood
from qualms.learn.kernel.machines import left_out_errors, ridge
from qualms.learn.kernel.rows import folds_of, merged, sample_of
from tests.learn.kernel.test_gram import rows


def two_classes(count=40, width=2, seed=0):
    X = rows(count, width, seed)
    return X, np.where(X[:, 0] * X[:, 1] > 0, "same", "different")


def curve(count=30, seed=0):
    X = rows(count, 2, seed)
    return X, np.sin(2 * X[:, 0]) + 0.1 * X[:, 1]


def standardised(X, like):
    return (X - like.mean(axis=0)) / like.std(axis=0)


def gram(A, B, bandwidth):
    made = exact_kernel("fidelity", feature_map("zz", A.shape[1]), bandwidth, None, 0.5)
    return made.compare(made.represent(A), made.represent(B))


def test_classifier_is_scikit_learns_on_the_same_kernel():
    X, y = two_classes()
    new = rows(15, 2, 9)
    model = QuantumKernelClassifier(bandwidth=0.3, C=2.0).fit(X, y)
    A, B = standardised(X, X), standardised(new, X)
    peer = SVC(kernel="precomputed", C=2.0).fit(gram(A, A, 0.3), y)
    np.testing.assert_allclose(
        model.decision_function(new), peer.decision_function(gram(B, A, 0.3)), atol=2e-3
    )
    assert (model.predict(new) == np.where(model.decision_function(new) > 0, "same", "different")).all()
    assert len(model.anchors_) == len(peer.support_)


def test_several_classes():
    X = rows(60, 2)
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    model = QuantumKernelClassifier(feature_map="angle", probability=True).fit(X, y)
    assert model.score(X, y) > 0.9
    assert model.decision_function(X).shape == (60, 3)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


@pytest.mark.parametrize("class_weight", [None, "balanced", {"same": 5.0, "different": 1.0}])
def test_class_weights(class_weight):
    X, y = two_classes()
    rare = (y == "different") | (np.arange(len(y)) % 4 == 0)
    X, y = X[rare], y[rare]
    model = QuantumKernelClassifier(bandwidth=0.3, C=1.0, class_weight=class_weight).fit(X, y)
    A = standardised(X, X)
    peer = SVC(kernel="precomputed", C=1.0, class_weight=class_weight).fit(gram(A, A, 0.3), y)
    np.testing.assert_allclose(model.decision_function(X), peer.decision_function(gram(A, A, 0.3)), atol=2e-3)


def test_probabilities_are_calibrated():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(400, 1))
    chance = 1 / (1 + np.exp(-3 * X[:, 0]))
    y = (rng.uniform(size=400) < chance).astype(int)
    model = QuantumKernelClassifier(feature_map="angle", bandwidth=0.3, C=1.0, probability=True).fit(X, y)
    assert np.abs(model.predict_proba(X)[:, 1] - chance).mean() < 0.08
    assert not hasattr(QuantumKernelClassifier(), "predict_proba")
    np.testing.assert_array_equal(model.predict(X), model.predict_proba(X).argmax(axis=1))
    expected = np.log(model.predict_proba(X)[:, 1] / model.predict_proba(X)[:, 0])
    np.testing.assert_allclose(model.decision_function(X), expected, atol=1e-9)


def test_probabilities_that_cannot_be_held_out_are_told():
    X, _ = two_classes(10)
    model = QuantumKernelClassifier(probability=True, bandwidth=0.3, C=1.0)
    with pytest.warns(QualmsWarning, match="a class has a single row"):
        model.fit(X[:3], ["a", "a", "b"])
    labels, folds = np.arange(20) % 2, np.arange(20) // 4
    with pytest.warns(QualmsWarning, match="no better than chance"):  # decisions that are always wrong
        slopes, offsets = log_odds(
            lambda _, held: 1.0 - 2.0 * labels[held, None], folds, labels, 2, np.ones(20), "here"
        )
    assert 0 < slopes[0] < 1e-5
    assert offsets[0] == 0


def test_a_search_finds_the_bandwidth_that_matters():
    X, y = two_classes(80)
    model = QuantumKernelClassifier().fit(X, y)
    table = model.findings_["search"]["table"]
    assert len(table) == 8
    chosen = next(row for row in table if row["bandwidth"] == model.bandwidth_)
    assert chosen["accuracy"] == max(row["accuracy"] for row in table)
    assert chosen["C"] == model.C_
    aligned = QuantumKernelClassifier(tuning="alignment").fit(X, y)
    assert aligned.bandwidth_ == max(table, key=lambda row: row["alignment"])["bandwidth"]


@pytest.mark.parametrize(
    "learner",
    [
        QuantumKernelClassifier(bandwidth=(0.2, 0.6), C=(1.0, 10.0), class_weight="balanced"),
        QuantumKernelClassifier(kernel="projected", bandwidth=0.2, C=1.0, n_landmarks=10),
        QuantumKernelRegressor(bandwidth=(0.2, 0.6)),
        QuantumKernelRegressor(method="svr", bandwidth=(0.2, 0.6), C=1.0),
    ],
    ids=str,
)
def test_weights_are_repetitions(learner):
    X, y = curve(24) if isinstance(learner, QuantumKernelRegressor) else two_classes(24)
    weight = np.random.default_rng(0).integers(0, 4, len(X))
    new = rows(9, 2, 7)
    weighted = learner.fit(X, y, sample_weight=weight)
    found = weighted.predict(new), getattr(weighted, "decision_function", weighted.predict)(new)
    repeated = learner.fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    expected = repeated.predict(new), getattr(repeated, "decision_function", repeated.predict)(new)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_ridge_is_scikit_learns_on_the_same_kernel():
    X, y = curve()
    new, weight = rows(9, 2, 5), np.random.default_rng(1).uniform(0.5, 2, len(X))
    model = QuantumKernelRegressor(bandwidth=0.3, alpha=0.01).fit(X, y, sample_weight=weight)
    share = weight / weight.sum()
    centre = share @ X
    scale = np.sqrt(share @ (X - centre) ** 2)
    A, B = (X - centre) / scale, (new - centre) / scale
    mean = share @ y
    peer = KernelRidge(kernel="precomputed", alpha=0.01).fit(gram(A, A, 0.3), y - mean, sample_weight=weight)
    np.testing.assert_allclose(model.predict(new), mean + peer.predict(gram(B, A, 0.3)), atol=1e-8)


def test_support_vector_regression_is_scikit_learns():
    X, y = curve()
    model = QuantumKernelRegressor(method="svr", bandwidth=0.3, C=3.0, epsilon=0.2).fit(X, y)
    A = standardised(X, X)
    peer = SVR(kernel="precomputed", C=3.0, epsilon=0.2).fit(gram(A, A, 0.3), standardised(y, y))
    expected = y.mean() + y.std() * peer.predict(gram(A, A, 0.3))
    np.testing.assert_allclose(model.predict(X), expected, atol=2e-3)


def test_left_out_errors_are_those_of_fits_without_the_row():
    X, y = curve(12)
    weight = np.random.default_rng(1).uniform(0.5, 2, len(X))
    K, alphas = gram(X, X, 0.3), np.array([0.01, 1.0])
    expected = []
    for alpha in alphas:
        total = 0.0
        for row in range(len(X)):
            kept = np.arange(len(X)) != row
            coefficients = ridge(K[np.ix_(kept, kept)], y[kept], alpha, weight[kept])
            total += weight[row] * (y[row] - K[row, kept] @ coefficients) ** 2
        expected.append(total / weight.sum())
    np.testing.assert_allclose(left_out_errors(K, y, alphas, weight), expected, rtol=1e-9)


def test_gaussian_process_is_scikit_learns_on_an_rbf_kernel():
    X, y = curve(25)
    y = y + 0.2 * np.random.default_rng(8).normal(size=25)
    new = rows(8, 2, 4)
    model = QuantumGaussianProcessRegressor(kernel="rbf", bandwidth=0.5).fit(X, y)
    A, B = standardised(X, X), standardised(new, X)
    # exp(−(c d)²) is scikit-learn's RBF of length 1/(c √2)
    covariance = ConstantKernel(model.size_) * RBF(1 / (0.5 * np.sqrt(2))) + WhiteKernel(model.noise_)
    peer = GaussianProcessRegressor(covariance, optimizer=None, alpha=0).fit(A, y - y.mean())
    mean, std = peer.predict(B, return_std=True)
    found = model.predict(new, return_std=True)
    np.testing.assert_allclose(found[0], y.mean() + mean, atol=1e-6)
    np.testing.assert_allclose(found[1], std, atol=1e-6)
    assert model.log_likelihood_ == pytest.approx(peer.log_marginal_likelihood_value_, abs=1e-6)
    theta = peer.kernel_.theta
    for change in ([0.1, 0, 0], [-0.1, 0, 0], [0, 0, 0.1], [0, 0, -0.1]):
        assert peer.log_marginal_likelihood(theta + change) < model.log_likelihood_


def test_likelihood_with_a_given_noise_has_the_best_size():
    X, y = curve(15)
    K = gram(X, X, 0.3)
    found, noise, size = likelihood(K, y, 0.3)
    for factor in (1.0, 0.9, 1.1):
        covariance = factor * size * (K + 0.3 * np.eye(15))
        sign, log_determinant = np.linalg.slogdet(2 * np.pi * covariance)
        value = -(y @ np.linalg.solve(covariance, y) + log_determinant) / 2
        assert sign == 1
        assert value == pytest.approx(found) if factor == 1 else value < found
    assert noise == pytest.approx(0.3)


def test_a_constant_target():
    X = rows(8, 2)
    mean, std = QuantumGaussianProcessRegressor(bandwidth=0.3).fit(X, np.full(8, 3.0)).predict(X, True)
    np.testing.assert_allclose(mean, 3.0)
    np.testing.assert_allclose(std, 0.0)
    np.testing.assert_allclose(QuantumKernelRegressor(bandwidth=0.3).fit(X, np.full(8, 3.0)).predict(X), 3.0)


@pytest.mark.parametrize("kernel", ["fidelity", "projected", "hamming", "rbf"])
def test_nystroem_features_with_all_rows_are_the_kernel(kernel):
    X = rows(12, 2)
    features = QuantumKernelTransformer(kernel=kernel, bandwidth=0.4, n_landmarks=None).fit_transform(X)
    columns = QuantumKernelTransformer(
        kernel=kernel, bandwidth=0.4, n_landmarks=None, output="columns"
    ).fit_transform(X)
    np.testing.assert_allclose(features @ features.T, columns, atol=1e-7)


def test_landmarks_come_near_to_the_whole_kernel():
    X, y = curve(80)
    new, truth = curve(40, seed=5)
    few = QuantumKernelRegressor(bandwidth=0.1, alpha=1e-3, n_landmarks=40).fit(X, y)
    assert few.anchors_.shape == (40, 2)
    assert few.score(new, truth) > 0.9
    X, y = two_classes(80)
    model = QuantumKernelClassifier(bandwidth=0.3, C=10.0, n_landmarks=30, probability=True).fit(X, y)
    assert model.score(X, y) > 0.85
    assert model.findings_["landmarks"]["rows"] == 30


def test_in_a_pipeline_with_names():
    X, y = two_classes(40)
    made = QuantumKernelTransformer(n_landmarks=20)
    assert make_pipeline(made, LinearSVC()).fit(X, y).score(X, y) > 0.8
    made.set_output(transform="pandas")
    frame = made.fit_transform(X, y)
    assert frame.columns[0] == "quantumkerneltransformer0"
    assert frame.shape[1] == made.root_.shape[1]


def test_the_nearest_rbf_of_an_rbf_is_itself():
    X = rows(30, 3)
    gamma, likeness = nearest_rbf(np.exp(-0.37 * squared_distances(X, X)), X, np.ones(30))
    assert gamma == pytest.approx(0.37, rel=1e-2)
    assert likeness == pytest.approx(1.0, abs=1e-6)


def test_small_bandwidths_make_the_kernel_an_rbf():
    """1 − |⟨ψ(x)|ψ(x′)⟩|² of the angle map is ‖x − x′‖²/4 to the first order."""
    X, y = two_classes(60)
    model = QuantumKernelClassifier(feature_map="angle", bandwidth=0.05, C=1.0).fit(X, y)
    near = model.findings_["nearest_rbf"]
    assert near["alignment"] > 0.9999
    assert "nearest RBF kernel: γ = " in model.summary()


def test_alignment_is_the_formula():
    rng = np.random.default_rng(0)
    K, L = (a @ a.T for a in rng.normal(size=(2, 6, 3)))
    H = np.eye(6) - 1 / 6
    K_, L_ = H @ K @ H, H @ L @ H
    expected = np.trace(K_ @ L_) / np.sqrt(np.trace(K_ @ K_) * np.trace(L_ @ L_))
    assert alignment(K, L, np.ones(6)) == pytest.approx(expected)
    signs = np.array([1.0, -1, 1, 1, -1, -1])
    assert target_alignment(np.outer(signs, signs) + 5, signs[:, None], np.ones(6)) == pytest.approx(1)
    twice = np.repeat(np.arange(6), [1, 2, 1, 1, 3, 1])
    weighted = alignment(K, L, np.array([1.0, 2, 1, 1, 3, 1]))
    assert weighted == pytest.approx(alignment(K[np.ix_(twice, twice)], L[np.ix_(twice, twice)], np.ones(9)))


def test_twins_do_the_same_work():
    X, y = two_classes(30)
    model = QuantumKernelClassifier(shots=10, bandwidth=(0.2, 0.4), C=1.0)
    classical = model.twin("rbf").fit(X, y)
    assert classical.quadrant.compute == "classical"
    assert classical.findings_["search"]["evaluations"] == 2
    assert classical.account_.usage.circuits == 0
    separable = QuantumKernelClassifier(bandwidth=0.4, C=1.0).twin("separable")
    assert separable.get_params()["entangling"] is False
    separable.fit(rows(20, 40), ["a", "b"] * 10)  # 40 qubits without a state vector


def test_a_saved_learner_without_its_settings_of_search(tmp_path):
    X, y = two_classes(30)
    model = QuantumKernelClassifier(kernel="projected", probability=True).fit(X, y)
    save(model, tmp_path)
    again = load(tmp_path)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.summary() == model.summary()


def test_merged_rows():
    X = np.array([[1.0, 2], [0.0, 1], [1, 2], [1, 2], [-0.0, 1]])
    found = merged(X, np.array([1, 0, 1, 0, 0]), np.array([1.0, 2, 3, 1, 0]))
    np.testing.assert_array_equal(found[0], [[0, 1], [1, 2], [1, 2]])
    np.testing.assert_array_equal(found[1], [0, 0, 1])
    np.testing.assert_array_equal(found[2], [2, 1, 4])


def test_folds_and_samples_keep_every_class():
    labels = np.repeat([0, 1], [90, 10])
    random = np.random.RandomState(0)
    some = sample_of(100, 20, random, labels)
    assert np.bincount(labels[some]).tolist() == [18, 2]
    folds = folds_of(100, 5, random, labels)
    assert {tuple(np.bincount(labels[folds == k])) for k in range(5)} == {(18, 2)}
    assert folds_of(3, 5, random, np.array([0, 0, 1])) is None


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"kernel": "laplace"}, "kernel='laplace' is unknown"),
        ({"feature_map": "qft"}, "feature_map='qft' is unknown"),
        ({"bandwidth": -1.0}, "bandwidth=-1.0"),
        ({"bandwidth": "wide"}, "bandwidth='wide'"),
        ({"bandwidth": []}, "bandwidth="),
        ({"C": 0}, "C=0"),
        ({"decay": 1.5}, "decay=1.5"),
        ({"gamma": 0}, "gamma=0"),
        ({"n_qubits": 1}, "2 features do not fit on 1 qubits; set reduction='pca'"),
        ({"n_qubits": 0}, "n_qubits=0"),
        ({"n_landmarks": 0}, "n_landmarks=0"),
        ({"tuning": "luck"}, "tuning='luck' is unknown"),
        ({"backend": "oracle"}, "unknown backend"),
    ],
)
def test_bad_settings_are_one_clear_line(settings, told):
    X, y = two_classes(10)
    with pytest.raises(ConfigError, match=told) as caught:
        QuantumKernelClassifier(**settings).fit(X, y)
    assert "\n" not in str(caught.value)


def test_bad_data():
    X, y = two_classes(10)
    with pytest.raises(DataError, match="only one class"):
        QuantumKernelClassifier().fit(X, ["a"] * 10)
    with pytest.raises(DataError, match="only one class"):
        QuantumKernelClassifier().fit(X, y, sample_weight=(y == "same").astype(float))
    with pytest.raises(ConfigError, match="landmarks go with"):
        QuantumKernelRegressor(method="svr", n_landmarks=2).fit(X, X[:, 0])
    with pytest.raises(ConfigError, match=r"QuantumKernelRegressor: C"):  # also where ridge would not use it
        QuantumKernelRegressor(method="ridge", C=-1.0).fit(X, X[:, 0])
    with pytest.raises(ConfigError, match="noise="):
        QuantumGaussianProcessRegressor(noise=-1.0).fit(X, X[:, 0])
