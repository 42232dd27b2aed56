"""The annealing kernel samples Boltzmann's distribution, keeps its books and its time."""

import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.errors import ConfigError
from qualms.kernels import annealing
from qualms.kernels.annealing import IsingModel, Replicas


def random_system(n=6, seed=0, whole=False, density=0.7) -> IsingModel:
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    kept = rng.random(len(i)) < density
    values = rng.integers(-3, 4, len(i)) if whole else rng.normal(size=len(i))
    return IsingModel.from_pairs(
        n, i[kept], j[kept], values[kept], rng.integers(-2, 3, n) if whole else rng.normal(size=n) / 2, 1.5
    )


def all_spins(n):
    return 2 * ((np.arange(1 << n)[:, None] >> np.arange(n)) & 1) - 1


@pytest.fixture(params=["compiled", "numpy"])
def core(request, monkeypatch):
    if request.param == "numpy":
        monkeypatch.setattr(annealing, "compiled_core", lambda: None)
    return request.param


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("beta", [0.2, 0.8])
def test_at_a_fixed_temperature_it_samples_boltzmanns_distribution(core, whole, beta):
    """Independent replicas after many sweeps, against the exact probabilities, by chi-square."""
    from scipy import stats

    system = random_system(4, 1, whole)
    replicas = Replicas(system, 4000 if core == "compiled" else 3000, 3)
    replicas.sweep(np.full(60, beta))
    spins = all_spins(4)
    weights = np.exp(-beta * system.energies(spins))
    index = ((replicas.spins > 0) @ (1 << np.arange(4))).astype(int)
    counts = np.bincount(index, minlength=16)
    assert stats.chisquare(counts, weights / weights.sum() * counts.sum()).pvalue > 1e-3


@pytest.mark.parametrize("whole", [True, False])
def test_energies_and_fields_stay_right(core, whole):
    system = random_system(30, 2, whole)
    replicas = Replicas(system, 16, 5)
    for beta in (0.1, 1.0, 10.0):
        replicas.sweep(np.full(20, beta))
        np.testing.assert_allclose(replicas.energies, system.energies(replicas.spins), atol=1e-9)
    assert replicas.dtype == (np.float32 if whole else np.float64)
    assert set(np.unique(replicas.spins)) <= {-1, 1}


def test_the_seed_decides_and_threads_do_not(core):
    def run(seed, threads=1):
        replicas = Replicas(random_system(20, 0), 40, seed, threads)
        replicas.sweep(np.geomspace(0.1, 3, 50))
        return replicas.spins

    assert (run(1) == run(1)).all()
    assert (run(1) == run(1, 2)).all()
    assert not (run(1) == run(2)).all()


def test_spins_can_be_set_and_each_replica_has_its_temperature():
    system = random_system(12, 3, True)
    replicas = Replicas(system, 16, 0)
    start = np.tile(np.where(np.arange(12) % 2, 1, -1), (len(replicas), 1))
    replicas.spins = start
    betas = np.tile(np.where(np.arange(len(replicas)) < 8, 1e6, 0.05), (3, 1))  # half frozen, half hot
    replicas.sweep(betas)
    cold, hot = replicas.spins[:8], replicas.spins[8:]
    assert (system.energies(cold) <= system.energies(start[0]) + 1e-9).all()
    assert len(np.unique(hot, axis=0)) > len(np.unique(cold, axis=0))


def test_annealing_finds_small_ground_states(core):
    for seed in range(5):
        system = random_system(10, seed)
        replicas = Replicas(system, 16, seed)
        replicas.sweep(np.geomspace(0.1, 10, 200))
        assert replicas.energies.min() == pytest.approx(system.energies(all_spins(10)).min(), abs=1e-9)


def test_it_stops_when_its_time_is_over():
    system = random_system(2000, 0, density=0.02)
    replicas = Replicas(system, 16, 0)
    began = time.monotonic()
    made = replicas.sweep(np.geomspace(0.1, 3, 10**6), seconds=0.2)
    assert 0 < made < 10**6
    assert time.monotonic() - began < 20  # not a timing: far from the hours that a million sweeps take
    np.testing.assert_allclose(replicas.energies, system.energies(replicas.spins), rtol=1e-9)


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(-5, 5)).filter(lambda t: t[0] != t[1]),
        max_size=30,
    ),
    st.integers(0, 127),
)
@settings(max_examples=100, deadline=None)
def test_pairs_add_up(pairs, code):
    i, j, values = (
        (np.array(c, np.int64) for c in zip(*pairs, strict=True)) if pairs else (np.zeros(0, np.int64),) * 3
    )
    system = IsingModel.from_pairs(7, i, j, values, np.arange(7), 2.0)
    s = 2 * ((code >> np.arange(7)) & 1) - 1
    expected = sum(v * s[a] * s[b] for a, b, v in pairs) + (np.arange(7) * s).sum() + 2
    assert system.energies(s) == pytest.approx(expected)
    assert (np.diff(system.first) >= 0).all()
    assert system.first[-1] == len(system.neighbours) == 2 * len(system.pairs()[0])


def test_a_system_without_couplings():
    for system in (IsingModel.from_pairs(3, [], [], []), IsingModel.from_pairs(0, [], [], [])):
        replicas = Replicas(system, 4, 0)
        replicas.sweep(np.ones(3))
        assert (replicas.energies == 0).all()


def test_bad_pairs():
    for i, j in (([0], [3]), ([-1], [0]), ([1], [1])):
        with pytest.raises(ConfigError):
            IsingModel.from_pairs(3, i, j, [1.0])


def test_random_words_go_on_when_couplings_change():
    c = IsingModel.from_pairs(30, np.arange(29), np.arange(1, 30), np.ones(29))
    replicas = Replicas(c, 8, 3)
    replicas.reweighted(np.zeros(len(c.values), bool), 0.0)
    seen = []
    for _ in range(3):
        replicas.sweep(np.full(1, 0.4))
        seen.append(replicas.spins.copy())
        replicas.reweighted(np.zeros(len(c.values), bool), 0.0)
    flips = [a != b for a, b in pairwise(seen)]
    assert not np.array_equal(flips[0], flips[1])
