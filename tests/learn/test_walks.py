import json

import networkx as nx
import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.errors import ConfigError, TooLargeError
from qualms.learn.graphs import graph_of
from qualms.learn.walks import quantum_search, quantum_walk
from qualms.records import twins_of

TIMES = np.linspace(0, 5, 7)


def random_graph(seed, n):
    """Weights of a connected graph."""
    rng = np.random.default_rng(seed)
    weights = np.triu(rng.random((n, n)) * (rng.random((n, n)) < 0.5), 1)
    weights[np.arange(n - 1), np.arange(1, n)] += 0.1
    return weights + weights.T


def laplacian(A):
    return np.diag(A.sum(axis=1)) - A


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 9), st.sampled_from(["laplacian", "adjacency"]))
def test_both_walks_agree_with_matrix_exponentials(seed, n, hamiltonian):
    A = random_graph(seed, n)
    H = laplacian(A) if hamiltonian == "laplacian" else -A
    walk = quantum_walk(A, TIMES, n - 1, hamiltonian)
    for t, quantum, classical in zip(TIMES, walk.probabilities, walk.classical, strict=True):
        np.testing.assert_allclose(np.abs(scipy.linalg.expm(-1j * H * t)[:, -1]) ** 2, quantum, atol=1e-9)
        np.testing.assert_allclose(scipy.linalg.expm(-laplacian(A) * t)[:, -1], classical, atol=1e-9)
    np.testing.assert_allclose(walk.probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(walk.classical.sum(axis=1), 1)
    assert walk.limit.sum() == pytest.approx(1)


def test_averages_are_those_of_quadrature():
    walk = quantum_walk(random_graph(1, 6), np.linspace(0, 4, 4001), 2)
    wanted = np.trapezoid(walk.probabilities, walk.times, axis=0) / 4
    np.testing.assert_allclose(walk.averaged([0.0, 4.0]), [walk.probabilities[0], wanted], atol=1e-6)
    np.testing.assert_allclose(walk.averaged([1e7])[0], walk.limit, atol=1e-4)


def test_known_limit_of_the_cycle():
    """Aharonov et al. (2001), theorem 3.4: of eigenvalues that are double but for one or two."""
    n = 7
    walk = quantum_walk(nx.cycle_graph(n), [0.0])
    wanted = np.full(n, 1 / n - 1 / n**2)
    wanted[0] = 2 / n - 1 / n**2
    np.testing.assert_allclose(walk.limit, wanted)
    # spectrum 2 − 2 cos(2πk/n)
    assert walk.classical_gap == pytest.approx(2 - 2 * np.cos(2 * np.pi / n))


def test_a_hypercube_is_crossed():
    """exp(iAt) at t = π/2 takes each node to its antipode (Moore and Russell 2002)."""
    cube = nx.hypercube_graph(4)
    walk = quantum_walk(cube, [np.pi / 2], (0, 0, 0, 0), "adjacency")
    assert walk.probabilities[0, walk.nodes.index((1, 1, 1, 1))] == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 9), st.sampled_from(["laplacian", "adjacency"]))
def test_no_set_is_left_faster_than_its_cut_allows(seed, n, hamiltonian):
    A = random_graph(seed, n)
    walks = [quantum_walk(A, TIMES, k, hamiltonian) for k in range(n)]
    inside = list(walks[0].cut)
    ratio = A[inside].sum() - A[np.ix_(inside, inside)].sum()
    assert walks[0].cut_ratio == pytest.approx(ratio / len(inside))
    kept = np.mean([walks[k].probabilities[:, inside].sum(axis=1) for k in inside], axis=0)
    assert (kept >= 1 - TIMES * walks[0].cut_ratio - 1e-9).all()
    # Cheeger: λ₂/2 ≤ ratio ≤ √(2 d λ₂)
    degree, gap = A.sum(axis=1).max(), walks[0].classical_gap
    assert gap / 2 <= walks[0].cut_ratio + 1e-9 <= np.sqrt(2 * degree * gap) + 1e-8


def test_a_large_graphs_cut_is_found_along_its_second_eigenvector():
    walk = quantum_walk(nx.barbell_graph(8, 0), [1.0])
    assert set(walk.cut) in ({*range(8)}, {*range(8, 16)})
    assert walk.cut_ratio == pytest.approx(1 / 8)
    assert walk.no_speed_up_bound(0.25) == pytest.approx(0.25 * 8)
    assert "before the time 2," in walk.sentence()


def test_mixing_times():
    quantum, classical = quantum_walk(nx.complete_graph(6), [0.0]).mixing_time(0.1)
    # exp(−6t) · 5/6 = 0.1
    assert classical == pytest.approx(np.log(0.1 * 6 / 5) / -6, rel=0.06)
    assert 0 < quantum < np.inf
    assert quantum_walk(np.zeros((1, 1)), [1.0]).mixing_time() == (0.0, 0.0)


def test_a_graph_that_is_not_connected():
    walk = quantum_walk(nx.disjoint_union(nx.path_graph(2), nx.path_graph(3)), [1.0], 0)
    assert walk.classical_gap == pytest.approx(0, abs=1e-12)
    assert walk.cut_ratio == 0
    assert walk.no_speed_up_bound() == np.inf
    np.testing.assert_allclose(walk.probabilities[0, 2:], 0, atol=1e-12)
    assert walk.mixing_time()[1] < np.inf


def test_names_weights_and_containers():
    named = nx.Graph()
    named.add_edge("a", "b", weight=2.0)
    named.add_edge("b", "c")
    A = np.array([[0, 2, 0], [2, 0, 1], [0, 1, 0]], float)
    walk = quantum_walk(named, TIMES, "b")
    assert walk.nodes == ("a", "b", "c")
    for same in (A, scipy.sparse.csr_array(A)):
        np.testing.assert_allclose(quantum_walk(same, TIMES, 1).probabilities, walk.probabilities)
    start = np.array([1, 1j, 0]) / np.sqrt(2)
    assert quantum_walk(A, [0.0], start).probabilities[0] == pytest.approx([0.5, 0.5, 0])
    many = nx.MultiGraph([(0, 1), (0, 1)])
    assert graph_of(many, "here").adjacency[0, 1] == 2
    assert json.dumps(walk.to_dict())
    (twin,) = twins_of(walk)
    assert twin.make(walk) is walk.classical


def test_search_on_the_complete_graph():
    """Childs and Goldstone (2004): certain after (π/2)√N, with γN = 1."""
    n = 64
    found = quantum_search(nx.complete_graph(n), 5, np.linspace(0, 20, 401))
    assert found.gamma == pytest.approx(1 / n, rel=0.02)
    assert found.best_time == pytest.approx(np.pi / 2 * np.sqrt(n), rel=0.02)
    assert found.best_probability > 0.99
    assert found.probabilities[0] == pytest.approx(1 / n)
    assert json.dumps(found.to_dict())


def test_search_and_its_twin_agree_with_matrix_exponentials():
    A, w = random_graph(4, 7), 3
    found = quantum_search(A, w, TIMES, gamma=0.4)
    H = 0.4 * laplacian(A)
    caught = -0.4 * laplacian(A)
    caught[:, w] = 0
    H[w, w] -= 1
    start = np.full(7, 7**-0.5)
    for t, quantum, classical in zip(TIMES, found.probabilities, found.classical, strict=True):
        assert abs((scipy.linalg.expm(-1j * H * t) @ start)[w]) ** 2 == pytest.approx(quantum, abs=1e-9)
        assert (scipy.linalg.expm(caught * t) @ start**2)[w] == pytest.approx(classical, abs=1e-9)


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (nx.DiGraph([(0, 1)]), "directed"),
        (nx.Graph(), "no nodes"),
        (nx.Graph([(0, 0), (0, 1)]), "edge to itself"),
        (np.array([[0, 1], [0, 0]]), "not symmetric"),
        (np.array([[0, -1], [-1, 0]]), "between 0 and 1 has the negative weight -1"),
        (np.array([[0, np.inf], [np.inf, 0]]), "finite"),
        (np.array([[0, np.nan], [np.nan, 0]]), "finite"),
        (np.ones((2, 3)), r"square; got shape \(2, 3\)"),
        ([["a", "b"], ["b", "a"]], "real numbers"),
        (np.array([[0, 1j], [-1j, 0]]), "real numbers"),
    ],
)
def test_bad_graphs_are_refused(graph, message):
    with pytest.raises(ConfigError, match=message):
        quantum_walk(graph, [1.0])


def test_bad_settings_are_refused():
    path = nx.path_graph(4)
    with pytest.raises(TooLargeError, match="5,000 nodes"):
        quantum_walk(scipy.sparse.eye_array(5000), [1.0])
    for settings_, message in [
        (([-1.0],), "not negative"),
        ((["soon"],), "not numbers"),
        (([1.0], 9), "no node 9; there are 0, 1, 2, 3"),
        (([1.0], np.ones(4)), "norm 2, not 1"),
        (([1.0], np.ones(3)), "amplitudes of 4 nodes"),
        (([1.0], 0, "oracle"), "choose laplacian or adjacency"),
    ]:
        with pytest.raises(ConfigError, match=message):
            quantum_walk(path, *settings_)
    with pytest.raises(ConfigError, match="between 0 and 1"):
        quantum_walk(path, [1.0]).mixing_time(2)
    with pytest.raises(ConfigError, match="must be connected"):
        quantum_search(np.zeros((3, 3)), 0, [1.0])
    with pytest.raises(ConfigError, match="must be positive"):
        quantum_search(path, 0, [1.0], gamma=0)
