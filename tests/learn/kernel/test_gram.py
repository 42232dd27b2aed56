"""Kernel matrices against Qiskit's states, formulas and properties that every kernel has."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.errors import ConfigError
from qualms.learn.kernel.exact import RBF, exact_kernel, squared_distances, with_scale
from qualms.learn.kernel.feature_maps import FEATURE_MAPS, feature_map
from qualms.learn.kernel.states import bloch, hadamards, product_bloch, states

pytest.importorskip("qiskit")
from tests.learn.kernel import oracle

KINDS = ("fidelity", "projected", "hamming")
PAULIS = ("Z", "XY", "ZYX")


def rows(count, width, seed=0, size=1.0):
    return size * np.random.default_rng(seed).normal(size=(count, width))


def kernel(kind, name, width, **more):
    return exact_kernel(kind, feature_map(name, width, **more), 1.0, 0.7, 0.4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FEATURE_MAPS)
def test_as_qiskit_has_it(name, kind):
    A, B = rows(3, 3), rows(2, 3, seed=1)
    made = kernel(kind, name, 3, paulis=PAULIS)
    repeats = made.map_.repeats
    expected = oracle.matrix(name, A, B, kind, repeats, **({"paulis": PAULIS} if name == "pauli" else {}))
    np.testing.assert_allclose(made.compare(made.represent(A), made.represent(B)), expected, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["zz", "iqp", "angle"])
def test_without_entangling_gates(name, kind):
    A, B = rows(3, 3), rows(2, 3, seed=1)
    made = kernel(kind, name, 3, entangling=False, repeats=3)
    expected = oracle.matrix(name, A, B, kind, 3, entangling=False)
    np.testing.assert_allclose(made.compare(made.represent(A), made.represent(B)), expected, atol=1e-12)


@pytest.mark.parametrize("name", FEATURE_MAPS)
def test_products_of_qubits_are_the_states_without_entangling_gates(name):
    made = feature_map(name, 4, entangling=False, paulis=("Y", "Z", "X", "ZZ"))
    X = rows(5, 4)
    assert made.is_product
    np.testing.assert_allclose(product_bloch(made, X), bloch(states(made, X)), atol=1e-12)


def test_angle_kernel_has_a_formula():
    A, B = rows(4, 5), rows(3, 5, seed=2)
    made = kernel("fidelity", "angle", 5)
    expected = np.prod(np.cos((A[:, None] - B[None]) / 2) ** 2, axis=2)
    np.testing.assert_allclose(made.compare(made.represent(A), made.represent(B)), expected, atol=1e-14)


def test_amplitude_kernel_is_a_normalised_polynomial():
    A, B = rows(4, 5), rows(3, 5, seed=2)
    made = kernel("fidelity", "amplitude", 5)
    expected = (1 + A @ B.T) ** 2 / np.outer(1 + (A**2).sum(1), 1 + (B**2).sum(1))
    np.testing.assert_allclose(made.compare(made.represent(A), made.represent(B)), expected, atol=1e-14)


def test_many_qubits_without_entangling_gates():
    made = kernel("fidelity", "zz", 200, entangling=False)
    A = rows(3, 200, size=0.01)
    assert np.linalg.eigvalsh(made.square(made.represent(A)))[0] > 0


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from([*KINDS, "rbf"]),
    name=st.sampled_from(FEATURE_MAPS),
    entangling=st.booleans(),
    width=st.integers(1, 5),
    size=st.sampled_from([1e-3, 0.3, 1.0, 30.0]),
    seed=st.integers(0, 99),
)
def test_symmetric_and_positive(kind, name, entangling, width, size, seed):
    A = rows(7, width, seed, size)
    A[-1] = A[0]
    made = RBF(1.0) if kind == "rbf" else kernel(kind, name, width, entangling=entangling)
    represented = made.represent(A)
    K = made.square(represented)
    np.testing.assert_array_equal(K, K.T)
    assert np.linalg.eigvalsh(K)[0] > -1e-12
    np.testing.assert_allclose(K, made.compare(represented, represented), atol=1e-12)
    np.testing.assert_allclose(np.diag(K), made.diagonal(represented), atol=1e-12)
    np.testing.assert_allclose(K[-1], K[0], atol=1e-12)
    assert K.min() > -1e-12
    assert K.max() < 1 + 1e-12


@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 7), rows_=st.integers(1, 3), seed=st.integers(0, 99), imaginary=st.booleans())
def test_walsh_hadamard_transform(n, rows_, seed, imaginary):
    rng = np.random.default_rng(seed)
    given_ = rng.normal(size=(1 << n, rows_))
    if imaginary:
        given_ = given_ + 1j * rng.normal(size=given_.shape)
    index = np.arange(1 << n)
    matrix = (-1.0) ** np.bitwise_count(index[:, None] & index) / np.sqrt(1 << n)
    np.testing.assert_allclose(hadamards(given_), matrix @ given_, atol=1e-12)


def test_decay_stands_between_single_bits_and_whole_strings():
    """Decay 0 counts equal strings alone."""
    A = rows(4, 3)
    made = exact_kernel("hamming", feature_map("zz", 3), 1.0, None, 0.0)
    found = states(made.map_, A)
    collisions = sum(p.T @ p for p in [np.abs(found) ** 2, *_turned(found)]) / 3
    np.testing.assert_allclose(made.square(made.represent(A)), collisions, atol=1e-12)


def _turned(found):
    undone = (-1j) ** np.bitwise_count(np.arange(len(found)))
    return [np.abs(hadamards(found)) ** 2, np.abs(hadamards(found * undone[:, None])) ** 2]


def test_scale_makes_the_mean_exponent_one():
    A, weight = rows(9, 3), np.arange(1.0, 10)
    made = exact_kernel("projected", feature_map("zz", 3), 0.2, None, 0.5)
    represented = made.represent(A)
    gamma = with_scale(made, represented, weight).gamma
    share = weight / weight.sum()
    assert share @ (gamma / 2 * squared_distances(represented, represented)) @ share == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"name": "qft"}, "feature_map='qft' is unknown"),
        ({"name": "zz", "repeats": 0}, "repeats=0"),
        ({"name": "amplitude", "repeats": 2}, "loads the row once"),
        ({"name": "pauli", "paulis": ("ZA",)}, "words of X, Y and Z"),
        ({"name": "pauli", "paulis": ("ZZZ",)}, "no gate with an angle on 2 qubits"),
        ({"name": "pauli", "paulis": ()}, "words of X, Y and Z"),
    ],
)
def test_what_is_no_map_is_refused(setting, told):
    with pytest.raises(ConfigError, match=told):
        feature_map(**{"n_features": 2, **setting})
