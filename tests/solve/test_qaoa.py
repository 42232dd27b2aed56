"""QAOA: circuits, angles and light cones against brute force, closed forms and published values."""

import networkx as nx
import numpy as np
import pytest
import torch

from qualms.backends import get_backend
from qualms.circuits import PauliSum, ansatz
from qualms.errors import ConfigError, TooLargeError
from qualms.kernels.annealing import IsingModel
from qualms.problems.numbers import Decimals
from qualms.records.twin import twins_of
from qualms.solve import Clock, Limits, MaxCut, solve
from qualms.solve.encodings import ising_encoding
from qualms.solve.qaoa.angles import fixed, table
from qualms.solve.qaoa.circuit import Cost, circuit
from qualms.solve.qaoa.light_cone import cone, correlation, one_layer
from qualms.solve.qaoa.tree import tree_cut
from qualms.solve.solvers import Effort, get_solver
from qualms.solve.solvers.placebos import Placebo
from qualms.solve.solvers.qaoa import QAOASolver
from tests.problems.small import made

# Wurtz and Lykov 2021, p = 1 … 9
GUARANTEED = [0.6924, 0.7559, 0.7924, 0.8169, 0.8364, 0.8499, 0.8598, 0.8674, 0.8735]


def cubic(n: int, seed: int = 0) -> MaxCut:
    ends = np.array(sorted(nx.random_regular_graph(3, n, seed=seed).edges)).T
    return MaxCut(n, ends[0], ends[1], Decimals.of(np.ones(len(ends[0]), int)))


def system(n=6, seed=1) -> IsingModel:
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    kept = rng.random(len(i)) < 0.6
    return IsingModel.from_pairs(n, i[kept], j[kept], rng.normal(size=kept.sum()), rng.normal(size=n))


def zz(n, *places):
    return PauliSum({"".join("Z" if q in places else "I" for q in range(n)): 1.0})


def mean(made_circuit, observable, *values):
    return float(
        get_backend("statevector").expectation(
            made_circuit, observable, torch.tensor(values, dtype=torch.float64)
        )
    )


def test_the_table_holds_the_published_guarantees_and_the_tree_its_table():
    for p, guaranteed in enumerate(GUARANTEED, 1):
        assert round(table()[p][2], 4) >= guaranteed - 1e-4
    for p in (1, 2, 5):
        gamma, beta, cut = table()[p]
        assert tree_cut(torch.tensor(gamma), torch.tensor(beta)).item() == pytest.approx(cut, abs=1e-6)


@pytest.mark.parametrize("p", [1, 2])
def test_the_tree_is_what_a_circuit_does_on_a_graph_without_short_cycles(p):
    """A 3-regular graph of girth above 2p + 1 does not fit a state vector at p = 2, but the cone of one of
    its edges does.
    """
    graph = nx.heawood_graph() if p == 1 else nx.balanced_tree(3, 3)
    if p == 2:
        nodes, edges = graph.number_of_nodes(), list(nx.bfs_edges(nx.balanced_tree(2, 3), 0))
        tree = nx.Graph()
        for side in (0, 1):  # an edge (0, 1) whose ends have two children each, and those two each
            tree.add_edges_from((f"{side}-{a}", f"{side}-{b}") for a, b in edges)
        tree.add_edge("0-0", "1-0")
        keep = [
            v
            for v in tree
            if nx.shortest_path_length(tree, "0-0", v) <= p + 1
            and nx.shortest_path_length(tree, "1-0", v) <= p + 1
        ]
        graph = nx.convert_node_labels_to_integers(
            tree.subgraph(keep), ordering="sorted", label_attribute="old"
        )
        places = {graph.nodes[v]["old"]: v for v in graph}
        pair = places["0-0"], places["1-0"]
        assert nodes
    else:
        pair = next(iter(graph.edges))
    i, j = np.array(sorted(graph.edges)).T
    c = IsingModel.from_pairs(graph.number_of_nodes(), i, j, np.full(len(i), 0.5))
    rng = np.random.default_rng(p)
    gamma, beta = rng.uniform(0.2, 0.9, p), rng.uniform(-0.7, -0.1, p)
    told = (1 - correlation(c, *pair, np.stack([gamma, beta], 1).reshape(-1))) / 2
    assert tree_cut(torch.tensor(gamma), torch.tensor(beta)).item() == pytest.approx(told, abs=1e-9)


def test_fixed_angles_keep_their_guarantee_on_every_graph_tried():
    for n, seed in ((8, 0), (10, 1), (12, 2), (12, 3)):
        problem = cubic(n, seed)
        c = ising_encoding(problem).model
        cost = Cost.of(c)
        best = float(solve(problem, Limits(5), ["exact"]).objective)
        for p in sorted(table()):
            got = circuit(cost, n, p, "x")
            values = torch.tensor(
                [
                    dict(
                        zip((f"{w}{k}" for k in range(p) for w in ("gamma", "beta")), fixed(p), strict=True)
                    )[str(q)]
                    for q in got.parameters
                ]
            )
            energy = (
                float(get_backend("statevector").expectation(got, cost.pauli, values)) / cost.scale + c.offset
            )
            assert -energy / best >= table()[p][2]


def test_one_layer_in_closed_form_is_the_state_vector():
    c = system()
    cost = PauliSum(
        {
            **{
                "".join("Z" if q in (a, b) else "I" for q in range(6)): float(v)
                for a, b, v in zip(*c.pairs(), strict=True)
            },
            **{"".join("Z" if q == a else "I" for q in range(6)): float(c.fields[a]) for a in range(6)},
        }
    )
    made_circuit = ansatz.qaoa(cost, 1)
    single, double = one_layer(c, 0.37, 0.53)
    assert single == pytest.approx([mean(made_circuit, zz(6, a), 0.37, 0.53) for a in range(6)], abs=1e-12)
    i, j, _ = c.pairs()
    assert double == pytest.approx(
        [mean(made_circuit, zz(6, a, b), 0.37, 0.53) for a, b in zip(i, j, strict=True)], abs=1e-12
    )


def test_light_cones_are_the_whole_and_know_their_limit():
    c = system(8, 3)
    i, j, values = c.pairs()
    cost = PauliSum(
        {
            **{
                "".join("Z" if q in (a, b) else "I" for q in range(8)): float(v)
                for a, b, v in zip(i, j, values, strict=True)
            },
            **{"".join("Z" if q == a else "I" for q in range(8)): float(c.fields[a]) for a in range(8)},
        }
    )
    angles = np.array([0.3, 0.2, 0.5, 0.1])
    made_circuit = ansatz.qaoa(cost, 2)
    order = [dict(gamma0=0.3, beta0=0.2, gamma1=0.5, beta1=0.1)[str(p)] for p in made_circuit.parameters]  # noqa: C408
    assert correlation(c, int(i[0]), int(j[0]), angles) == pytest.approx(
        mean(made_circuit, zz(8, i[0], j[0]), *order), abs=1e-10
    )
    big = ising_encoding(cubic(400, 1)).model
    a, b = (int(x[0]) for x in big.pairs()[:2])
    assert len(cone(big, (a, b), 2)) <= 14
    assert abs(correlation(big, a, b, fixed(2))) < 1
    with pytest.raises(TooLargeError, match="at most 22"):
        correlation(big, a, b, fixed(4))


def test_the_xy_mixer_keeps_one_of_many():
    groups = [np.array([0, 1, 2]), np.array([3, 4, 5, 6])]
    got = circuit(Cost.of(system(8, 2)), 8, 2, "xy", groups=groups)
    p = (
        get_backend("statevector")
        .probabilities(got, torch.tensor([0.3, 0.2, 0.4, 0.6], dtype=torch.float64))
        .numpy()
    )
    states = np.flatnonzero(p > 1e-10)
    up = 1 - ((states[:, None] >> np.arange(7, -1, -1)) & 1)
    assert (up[:, groups[0]].sum(1) == 1).all()
    assert (up[:, groups[1]].sum(1) == 1).all()
    assert len(states) == 3 * 4 * 2
    start = get_backend("statevector").probabilities(got, torch.zeros(4, dtype=torch.float64)).numpy()
    assert start[start > 1e-10] == pytest.approx(np.full(24, 1 / 24))


def test_a_warm_start_begins_where_it_is_told():
    spins = np.array([1, -1, -1, 1])
    got = circuit(Cost.of(system(4, 5)), 4, 1, "warm", warm=spins)
    at = (
        get_backend("statevector")
        .expectation(got, [zz(4, q) for q in range(4)], torch.zeros(2, dtype=torch.float64))
        .numpy()
    )
    assert at == pytest.approx(0.5 * spins)
    moved = (
        get_backend("statevector")
        .expectation(got, [zz(4, q) for q in range(4)], torch.tensor([0.0, 0.7], dtype=torch.float64))
        .numpy()
    )
    assert moved == pytest.approx(0.5 * spins)  # the mixer keeps its own start


def test_the_placebo_draws_as_many_samples_and_does_the_same_after():
    quantum = QAOASolver(depth=1, shots=40, cvar=0.5, backend=get_backend("sampled"))
    problem = made("maxcut")
    drawn = [f for f in quantum.run(problem, Clock(Limits(20, rounds=2)), 0) if isinstance(f, Effort)][-1]
    assert drawn.amount > 80  # the search for angles took samples as well
    control, *_ = twins_of(quantum)
    twin = control.make(quantum)
    assert isinstance(twin, Placebo)
    assert twin.name == "qaoa/placebo"
    found = list(twin.run(problem, Clock(Limits(20, effort=drawn.amount)), 0))
    assert [f for f in found if isinstance(f, Effort)][-1] == drawn
    answers = [f for f in found if isinstance(f, np.ndarray)]
    assert answers
    assert all(not problem.violations(a) for a in answers)


def test_noisy_and_sampled_backends_run_it():
    for backend in ("sampled", "density_matrix"):
        result = solve(made("maxcut"), Limits(20, rounds=1), [f"qaoa:depth=1,shots=64,backend={backend}"])
        arm = next(a for a in result.arms if a.solver == f"qaoa:depth=1,shots=64,backend={backend}")
        assert arm.reason is None
        assert arm.best is not None
        assert arm.quadrant.compute == "simulated quantum"


def test_what_does_not_fit_is_refused():
    assert "30 spins" in get_solver("qaoa").refuses(cubic(30))
    assert "one-of-many" in get_solver("qaoa-xy").refuses(cubic(8))
    assert "500 spins" in get_solver("qaoa-recursive").refuses(cubic(500))
    for wrong in (
        {"depth": 0},
        {"cvar": 0},
        {"angles": "guessed"},
        {"mixer": "y"},
        {"depth": 40, "angles": "fixed"},
        {"shots": 0},
    ):
        with pytest.raises(ConfigError):
            QAOASolver(**wrong)
    with pytest.raises(ConfigError, match="1 to 13"):
        tree_cut(torch.zeros(14), torch.zeros(14))


def test_recursion_finds_the_ground_state_of_a_ring_and_a_tree():
    """One layer knows the signs along edges exactly enough: unfrustrated systems are solved."""
    rng = np.random.default_rng(0)
    signs = rng.choice([-1, 1], 19)
    tree = MaxCut(
        20, np.array([rng.integers(0, k) for k in range(1, 20)]), np.arange(1, 20), Decimals.of(signs)
    )
    result = solve(tree, Limits(20, rounds=1), ["qaoa-recursive"])
    assert next(a for a in result.arms if a.solver == "qaoa-recursive").best.objective == int(
        (signs > 0).sum()
    )


def test_numpy_numbers_in_options():
    solver = QAOASolver(depth=np.int64(2), shots=np.int32(64), cvar=np.float32(0.5))
    assert (type(solver.depth), type(solver.shots), type(solver.cvar)) == (int, int, float)
    for wrong in (
        {"depth": np.float32(2)},
        {"shots": np.bool_(True)},
        {"cvar": np.float32("nan")},
        {"cvar": True},
    ):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            QAOASolver(**wrong)
