"""dimod both ways; our sampler under dimod's own suite."""

import unittest

import dimod
import dimod.testing
import numpy as np
import pytest

from qualms.errors import ConfigError, DataError
from qualms.formats.dimod import from_bqm, from_cqm, to_bqm
from qualms.solve import Limits, read_problem, solve
from qualms.solve.dimod import AnnealingSampler, DimodSolver
from qualms.solve.encodings import ising_encoding
from tests.problems.small import made


@dimod.testing.load_sampler_bqm_tests(AnnealingSampler)
class TestAnnealingSampler(unittest.TestCase):
    """dimod's tests of samplers, on ours."""

    def test_api(self):
        dimod.testing.assert_sampler_api(AnnealingSampler())


def model(seed=0, vartype="SPIN"):
    return dimod.generators.gnp_random_bqm(8, 0.6, vartype, random_state=seed)


def test_models_of_spins_and_bits_keep_their_energies():
    for vartype in ("SPIN", "BINARY"):
        bqm = model(1, vartype)
        problem = from_bqm(bqm)
        states = dimod.ExactSolver().sample(bqm)
        for sample, energy in list(zip(states.samples(sorted_by=None), states.record.energy, strict=True))[
            :40
        ]:
            assert float(problem.objective(np.array([sample[v] for v in bqm.variables]))) == pytest.approx(
                energy, abs=1e-9
            )
        c = ising_encoding(problem).model
        back = to_bqm(c)
        spins = np.random.default_rng(0).choice([-1, 1], (5, c.n))
        assert np.allclose(back.energies((spins, range(c.n))), c.energies(spins))


def test_files(tmp_path):
    bqm = model(2)
    path = tmp_path / "m.bqm"
    path.write_bytes(bqm.to_file().read())
    assert float(solve(read_problem(path), Limits(2), ["exact"]).objective) == pytest.approx(
        dimod.ExactSolver().sample(bqm).first.energy
    )
    path.write_bytes(b"DIMODBQM nothing")
    with pytest.raises(DataError, match="dimod cannot read it"):
        read_problem(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_problem(tmp_path / "none.cqm")


def constrained():
    x, b, s = dimod.Integer("x", upper_bound=5), dimod.Binary("b"), dimod.Spin("s")
    cqm = dimod.CQM()
    cqm.set_objective(x * x - 3 * x + b + s * b)
    cqm.add_constraint(x + b <= 3, label="room")
    cqm.add_constraint(x + s == 2, label="tie")
    return cqm


def test_constrained_models(tmp_path):
    cqm = constrained()
    path = tmp_path / "m.cqm"
    path.write_bytes(cqm.to_file().read())
    best = dimod.ExactCQMSolver().sample_cqm(cqm).filter(lambda d: d.is_feasible).first.energy
    result = solve(read_problem(path), Limits(3), ["exact"])
    assert float(result.objective) == best
    assert result.feasible
    bad = constrained()
    bad.add_constraint(dimod.Integer("x", upper_bound=5) * dimod.Binary("b") <= 2, label="curved")
    with pytest.raises(ConfigError, match="'curved' has products"):
        from_cqm(bad)
    soft = constrained()
    soft.add_constraint(dimod.Binary("b") <= 0, label="wish", weight=2.0)
    with pytest.raises(ConfigError, match="'wish' is soft"):
        from_cqm(soft)


def test_a_sampler_of_others_is_a_solver():
    problem = made("maxcut")
    result = solve(problem, Limits(2, rounds=2), [DimodSolver(dimod.ExactSolver())])
    assert result.winner is not None
    assert result.objective == solve(problem, Limits(2), ["exact"]).objective


def test_seeds_and_keywords():
    bqm = model(3)
    first, second = (
        AnnealingSampler().sample(bqm, num_reads=5, num_sweeps=20, seed=4).record.sample for _ in range(2)
    )
    assert np.array_equal(first, second)
    with pytest.raises(ValueError, match="unknown keyword 'speed'"):
        AnnealingSampler().sample(bqm, speed=3)
    with pytest.raises(ValueError, match="at least 1"):
        AnnealingSampler().sample(bqm, num_reads=0)
    kept = AnnealingSampler().sample(bqm, initial_states=[dict.fromkeys(bqm.variables, 1)] * 3, seed=1)
    assert len(kept) == 3
