"""The twins of a sampling circuit: as many samples, the same work after them; what each keeps of it."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from qualms.records.quadrant import CLASSICAL
from qualms.solve import Limits, solve
from qualms.solve.encodings import ising_encoding
from qualms.solve.solvers.gaussian import both_below, latent_correlations, rounded
from qualms.solve.solvers.placebos import PLACEBOS, AnnealedPlacebo, GaussianPlacebo
from qualms.solve.solvers.qaoa import QAOASolver
from qualms.solve.solvers.samples import Marginals
from qualms.solve.solvers.solver import Clock, Effort
from tests.problems.small import made


def test_the_bivariate_normal_agrees_with_scipy():
    rng = np.random.default_rng(0)
    for _ in range(60):
        h, k = rng.normal(0, 1.5, 2) * (rng.random(2) > 0.2)  # some are exactly zero
        r = rng.uniform(-0.99, 0.99)
        wanted = multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf([h, k])
        assert both_below(np.array([h]), np.array([k]), np.array([r]))[0] == pytest.approx(wanted, abs=1e-6)


def test_correlations_behind_signs_are_found_again():
    rng = np.random.default_rng(1)
    threshold = rng.normal(0, 1, 6)
    root = rng.normal(size=(6, 6))
    true = root @ root.T
    true /= np.sqrt(np.outer(np.diag(true), np.diag(true)))
    up = 1 / 2 * (1 + np.vectorize(lambda t: 2 * multivariate_normal(0, 1).cdf(t) - 1)(threshold))
    both = np.array([[both_below(*map(np.atleast_1d, (a, b, 0 if i == j else r)))[0] for j, (b, r) in
                      enumerate(zip(threshold, row, strict=True))] for i, (a, row) in
                     enumerate(zip(threshold, true, strict=True))])  # fmt: skip
    pairs = 4 * both - 2 * up[:, None] - 2 * up[None] + 1
    np.fill_diagonal(pairs, 1)
    assert np.allclose(latent_correlations(threshold, pairs), true, atol=1e-5)


def test_signs_have_the_marginals_that_they_are_to_have():
    rng = np.random.default_rng(2)
    z = rng.normal(size=(200_000, 4)) @ rng.normal(size=(4, 4))
    told = Marginals.of(np.where(z < np.array([0.3, -0.5, 0.0, 1.0]), 1.0, -1.0))
    drawn = Marginals.of(rounded(told, 200_000, rng))
    assert np.allclose(drawn.single, told.single, atol=0.01)
    assert np.allclose(drawn.pairs, told.pairs, atol=0.01)


def test_signs_of_fixed_spins_are_fixed():
    told = Marginals.of(np.tile([1.0, -1.0, 1.0], (50, 1)))
    assert (rounded(told, 200, np.random.default_rng(0)) == [1, -1, 1]).all()


def test_marginals_of_two_sets_join():
    spins = np.random.default_rng(0).choice([-1.0, 1.0], (100, 5))
    whole, parts = Marginals.of(spins), Marginals.of(spins[:30]).joined(Marginals.of(spins[30:]))
    assert np.allclose(whole.single, parts.single)
    assert np.allclose(whole.pairs, parts.pairs)
    assert parts.count == 100


@pytest.mark.parametrize("options", [{}, {"mixer": "warm"}, {"mixer": "xy"}, {"backend": "sampled"}])
def test_all_draw_what_the_circuit_drew(options):
    problem = made("assignment" if options.get("mixer") == "xy" else "maxcut")
    solver = QAOASolver(depth=2, shots=40, **options)
    result = solve(problem, Limits(30.0, rounds=2), [solver])
    arms = {arm.solver: arm for arm in result.arms}
    quantum = arms["qaoa"]
    assert quantum.effort.marginals is not None
    for twin in PLACEBOS:
        arm = arms[twin.name_of("qaoa")]
        assert arm.failed is None
        assert arm.quadrant == CLASSICAL
        assert (arm.twin_of, arm.twin_is) == ("qaoa", twin.control)
        assert arm.effort == quantum.effort
        assert arm.best is not None


def test_the_annealer_sweeps_as_often_as_the_circuit_has_layers():
    problem = made("maxcut")
    encoding = ising_encoding(problem)

    def energy(depth):
        twin = AnnealedPlacebo(QAOASolver(depth=depth))
        spins = twin.draw(encoding, 400, Clock(Limits()), 0, np.random.default_rng(0))
        assert spins.shape == (400, 7)
        assert np.isin(spins, (-1, 1)).all()
        return encoding.model.energies(spins).mean()

    assert energy(10) < energy(3) < 0


def test_the_gaussian_twin_alone_runs_the_circuit_for_its_marginals():
    problem = made("ising")
    twin = GaussianPlacebo(QAOASolver(depth=1, shots=64))
    found = list(twin.run(problem, Clock(Limits(20.0, rounds=1)), 3))
    again = list(twin.run(problem, Clock(Limits(20.0, rounds=1)), 3))
    told = [f for f in found if isinstance(f, Effort)]
    assert told[-1].amount == 64
    assert not hasattr(twin, "_marginals")  # nothing stays on a solver
    assert [f.tolist() for f in found if isinstance(f, np.ndarray)] == [
        f.tolist() for f in again if isinstance(f, np.ndarray)
    ]
