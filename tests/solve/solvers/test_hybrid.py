"""Circuits inside classical searches."""

import numpy as np
import pytest

from qualms.errors import ConfigError
from qualms.problems.system import SpinSystem
from qualms.records.quadrant import CLASSICAL
from qualms.solve import Limits, solve
from qualms.solve.encodings import ising_encoding
from qualms.solve.solvers import get_solver
from qualms.solve.solvers.hybrid.neighbourhood import cluster
from tests.problems.small import made, optimum


def test_a_piece_in_the_field_of_the_rest_has_the_energy_of_the_whole():
    c = ising_encoding(made("qubo")).model
    rng = np.random.default_rng(0)
    spins = rng.choice([-1.0, 1.0], c.n)
    for _ in range(20):
        chosen = cluster(c, int(rng.integers(c.n)), 3, rng)
        assert len(set(chosen.tolist())) == 3
        piece = SpinSystem(c).piece(spins, chosen)
        other = spins.copy()
        other[chosen] = rng.choice([-1.0, 1.0], 3)
        whole = c.energies(other) - c.energies(spins)
        assert piece.model.energies(other[chosen]) - piece.model.energies(spins[chosen]) == pytest.approx(
            whole
        )


@pytest.mark.parametrize(
    ("name", "kind"),
    [("neighbourhood", "maxcut"), ("segment-routing", "tsp"), ("residual-portfolio", "portfolio")],
)
def test_quantum_steps_have_placebos_and_classical_ones_have_none(name, kind):
    problem = made(kind)
    result = solve(problem, Limits(8, rounds=1), [name])
    arms = {a.solver: a for a in result.arms}
    assert arms[name].quadrant.compute == "simulated quantum"
    assert arms[f"{name}/placebo"].quadrant == CLASSICAL
    assert arms[name].best is not None
    classical = solve(problem, Limits(4, rounds=1), [f"{name}:inner=exact"])
    assert {a.solver for a in classical.arms} == {"random", "greedy", f"{name}:inner=exact"}
    assert next(a for a in classical.arms if a.solver == f"{name}:inner=exact").quadrant == CLASSICAL


def test_exact_pieces_solve_small_problems():
    for seed in range(3):
        problem = made("maxcut", seed)
        result = solve(problem, Limits(5, rounds=1), ["neighbourhood:inner=exact,size=7"])
        assert next(
            a for a in result.arms if a.solver == "neighbourhood:inner=exact,size=7"
        ).best.objective == optimum(problem)
        held = made("portfolio", seed)
        assert float(
            solve(held, Limits(5, rounds=3), ["residual-portfolio:inner=exact"]).objective
        ) == pytest.approx(float(optimum(held)))


def test_bad_options():
    for wrong in (
        "neighbourhood:size=1",
        "neighbourhood:inner=guess",
        "segment-routing:size=9",
        "residual-portfolio:size=99",
    ):
        with pytest.raises(ConfigError):
            get_solver(wrong)
    assert "no limit" in get_solver("residual-portfolio").refuses(
        made("portfolio").__class__(np.ones(2), np.eye(2), np.zeros(2))
    )
    assert "segments of routes" in get_solver("segment-routing").refuses(made("maxcut"))
