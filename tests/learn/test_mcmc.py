import json
from itertools import product

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.circuits import PauliSum
from qualms.errors import ConfigError, TooLargeError
from qualms.learn.mcmc import (
    proposal_circuit,
    proposals,
    quantum_enhanced_mcmc,
    sample_chain,
    sherrington_kirkpatrick,
)
from qualms.learn.mcmc.chains import CHAINS, gap_bound, proposal, spectral_gap, transition_matrix
from qualms.learn.mcmc.circuit import proposals_of
from qualms.learn.mcmc.spins import spin_model
from qualms.records import twins_of


def paulis(model, gamma):
    """H as a sum of Pauli matrices, by Kronecker products."""
    n, X, Z = model.size, np.array([[0, 1], [1, 0]]), np.diag([1, -1])

    def on(matrix, *places):
        out = np.eye(1)
        for q in range(n):
            out = np.kron(out, matrix if q in places else np.eye(2))
        return out

    energy = sum(model.couplings[i, j] * on(Z, i, j) for i in range(n) for j in range(i + 1, n))
    energy = energy + sum(model.fields[i] * on(Z, i) for i in range(n))
    mixer = sum(on(X, i) for i in range(n))
    return (1 - gamma) * np.linalg.norm(mixer) / np.linalg.norm(energy) * energy + gamma * mixer


def by_hand(proposed, energies, T):
    """Metropolis's chain entry by entry."""
    size = len(energies)
    P = np.zeros((size, size))
    for x, y in product(range(size), repeat=2):
        if x != y:
            P[x, y] = proposed[x, y] * min(1.0, np.exp(-(energies[y] - energies[x]) / T))
    for x in range(size):
        P[x, x] = 1 - P[x].sum()
    return P


def test_energies_of_states():
    model = sherrington_kirkpatrick(4, 1)
    for x in (0, 5, 14):
        s = [1 - 2 * int(bit) for bit in f"{x:04b}"]
        wanted = (
            sum(model.couplings[i, j] * s[i] * s[j] for i in range(4) for j in range(i)) + model.fields @ s
        )
        assert model.energies[x] == pytest.approx(wanted)


def test_the_quantum_proposal_is_the_measured_evolution():
    model = sherrington_kirkpatrick(3, 2)
    found = proposals.quantum(model, [0.3, 0.5], [2.0, 7.0])
    wanted = np.mean(
        [np.abs(scipy.linalg.expm(-1j * t * paulis(model, g))) ** 2 for g in (0.3, 0.5) for t in (2.0, 7.0)],
        0,
    )
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(0, 10**6), st.floats(0.05, 20), st.booleans())
def test_every_chain_keeps_its_target(n, seed, T, fields):
    model = sherrington_kirkpatrick(n, seed, fields or n == 1)
    target, quantum = model.probabilities(T), proposals.quantum(model, [0.4], [3.0, 9.0])
    for name in CHAINS:
        proposed = proposal(name, model, T, quantum)
        np.testing.assert_allclose(proposed, proposed.T)
        np.testing.assert_allclose(proposed.sum(axis=1), 1)
        assert (proposed >= 0).all()
        P = transition_matrix(proposed, model.energies, T)
        np.testing.assert_allclose(P, by_hand(proposed, model.energies, T), atol=1e-12)
        np.testing.assert_allclose(P.sum(axis=1), 1)
        flow = target[:, None] * P
        np.testing.assert_allclose(flow, flow.T, atol=1e-12)
        np.testing.assert_allclose(target @ P, target, atol=1e-12)
        gap = spectral_gap(proposed, model.energies, T)
        sizes = np.sort(np.abs(np.linalg.eigvals(P)))
        assert gap == pytest.approx(1 - sizes[-2], abs=1e-6)
        assert gap <= gap_bound(target) + 1e-9
        accepted = proposals.acceptance(proposed, model, T)
        assert accepted == pytest.approx(
            (target[:, None] * proposed * np.minimum(1, target / target[:, None])).sum()
        )


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 9), st.integers(0, 10**6), st.floats(0.1, 8))
def test_the_bound_holds_for_any_doubly_stochastic_proposal(size, seed, spread):
    rng = np.random.default_rng(seed)
    energies = spread * rng.normal(size=size)
    shares = rng.dirichlet(np.full(4, 0.3))
    Q = sum(w * np.eye(size)[rng.permutation(size)] for w in shares)
    Q = (Q + Q.T) / 2
    target = np.exp(-energies) / np.exp(-energies).sum()
    assert spectral_gap(Q, energies, 1.0) <= gap_bound(target) + 1e-9


@pytest.mark.parametrize("n", [3, 6, 10])
def test_the_unstructured_target_has_no_speed_up(n):
    """One state of probability 1/2 among equal ones: at most 2/(N − 1)."""
    size = 1 << n
    target = np.full(size, 0.5 / (size - 1))
    target[3] = 0.5
    assert gap_bound(target) == pytest.approx(min(1, 2 / (size - 1)))


def test_the_gap_is_not_lost_at_low_temperature():
    """Two states at a distance of 100 in energy: flow only downwards, gap as proposed."""
    energies, Q = np.array([0.0, 700.0]), np.array([[0.75, 0.25], [0.25, 0.75]])
    assert spectral_gap(Q, energies, 0.5) == pytest.approx(0.25)


def test_circuits_come_near_the_evolution_and_stay_symmetric():
    model = sherrington_kirkpatrick(4, 3)
    exact = np.abs(scipy.linalg.expm(-3j * paulis(model, 0.4))) ** 2
    errors = []
    for steps in (4, 16, 64):
        found = proposals_of(proposal_circuit(model, 0.4, 3.0, steps))
        np.testing.assert_allclose(found, found.T, atol=1e-12)
        np.testing.assert_allclose(found.sum(axis=1), 1)
        errors.append(np.abs(found - exact).max())
    assert errors[2] < 1e-3
    assert errors[1] / errors[2] == pytest.approx(16, rel=0.2)  # second order
    assert proposal_circuit(model, 0.4, 3.0).counts()["rzz"] == 15 * 6
    assert proposals_of(proposal_circuit(model, 1.0, np.pi / 2))[0, -1] == pytest.approx(1)


def test_the_circuits_energy_is_the_models():
    model = sherrington_kirkpatrick(3, 4)
    terms = {"ZZI": (0, 1), "ZIZ": (0, 2), "IZZ": (1, 2)}
    cost = PauliSum(
        {
            **{k: model.couplings[p] for k, p in terms.items()},
            **{"".join("Z" if q == i else "I" for q in range(3)): model.fields[i] for i in range(3)},
        }
    )
    np.testing.assert_allclose(np.diag(cost.matrix()).real, model.energies)


def test_matched_twins():
    model = sherrington_kirkpatrick(5, 6)
    quantum = proposals.quantum(model)
    matched = proposals.as_acceptable(quantum, model, 1.0)
    assert proposals.acceptance(matched, model, 1.0) == pytest.approx(
        proposals.acceptance(quantum, model, 1.0), abs=1e-6
    )
    apart = proposals.distances(5)
    far = proposals.as_far(quantum)
    for k in range(6):
        assert far[apart == k].sum() == pytest.approx(quantum[apart == k].sum())
        assert np.ptp(far[apart == k]) < 1e-15


def test_gaps_and_their_sentence():
    found = quantum_enhanced_mcmc(sherrington_kirkpatrick(6, 0), temperature=0.5)
    assert found.gaps.keys() == found.acceptance.keys() == CHAINS.keys()
    # single-spin chains slow down first when it gets cold (Layden et al.)
    assert found.gaps["quantum"] > found.gaps["local"]
    assert f"above {found.bound:.3g}" in found.sentence()
    assert json.dumps(found.to_dict())
    assert [t.make(found) for t in twins_of(found)] == list(found.gaps.values())[1:]


@pytest.mark.parametrize("name", CHAINS)
def test_sampled_chains_visit_states_by_their_probability(name):
    model = sherrington_kirkpatrick(3, 1)
    states = sample_chain(model, temperature=3.0, steps=8000, seed=1, proposed_by=name)
    index = (states < 0) @ [4, 2, 1]
    shares = np.bincount(index, minlength=8) / len(states)
    assert np.abs(shares - model.probabilities(3.0)).max() < 0.05
    np.testing.assert_array_equal(
        states[:50], sample_chain(model, temperature=3.0, steps=8000, seed=1, proposed_by=name)[:50]
    )


def test_bad_input_is_refused():
    J = np.array([[0, 1], [1, 0.0]])
    for given_, message in [
        ((np.ones((2, 3)),), "do not fit"),
        ((J, [1, 2, 3]), "do not fit"),
        ((J + np.eye(2),), "zeros on the diagonal"),
        (([[0, 1], [0, 0]],), "symmetric"),
        ((J * np.nan,), "finite"),
        ((J * 0,), "same energy"),
        (([["a", "b"], ["b", "a"]],), "numbers"),
        ((J, None, 0), "must be positive"),
        ((J, None, 1.0, np.eye(8)), "not that of 2 spins"),
    ]:
        with pytest.raises(ConfigError, match=message):
            quantum_enhanced_mcmc(*given_)
    with pytest.raises(TooLargeError, match="13 spins"):
        spin_model(np.zeros((13, 13)))
    with pytest.raises(ConfigError, match="unknown proposal 'cluster'"):
        sample_chain(J, proposed_by="cluster")
    with pytest.raises(ConfigError, match="gamma=2"):
        proposal_circuit(spin_model(J), 2, 1.0)
    with pytest.raises(ConfigError, match="at least one"):
        proposals.quantum(spin_model(J), [], [1.0])
