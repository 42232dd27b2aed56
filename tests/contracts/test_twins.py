"""Everything registered that computes on something quantum declares its classical twins, by one mechanism,
and they are what they say.
"""

import numpy as np
import pytest

from qualms.adapters import PRESETS
from qualms.backends import get_backend
from qualms.errors import ConfigError
from qualms.optim import FromCircuit, Sine
from qualms.records import Quadrant, Twin, twins_of
from qualms.records.quadrant import CLASSICAL
from qualms.solve import SOLVERS, Limits, solve
from qualms.solve.solvers import get_solver
from qualms.study.methods import parse
from tests.conftest import build
from tests.problems.small import made

QUANTUM = {
    **{f"solver {name}": lambda name=name: get_solver(name) for name in SOLVERS},
    **{f"adapter {name}": preset for name, preset in PRESETS.items()},
    "perturbation sine": Sine,
    "perturbation circuit": FromCircuit,
}


@pytest.fixture(params=QUANTUM)
def thing(request):
    return QUANTUM[request.param]()


def test_there_is_something_quantum_of_every_kind():
    quantum = {name.partition(" ")[0] for name, make in QUANTUM.items() if make().quadrant.is_quantum}
    assert quantum == {"solver", "adapter", "perturbation"}


def test_whatever_is_quantum_declares_twins(thing):
    twins = twins_of(thing)
    if thing.quadrant.is_quantum:
        assert twins
    assert all(isinstance(t, Twin) for t in twins)
    assert len({t.name for t in twins}) == len(twins)
    for t in twins:
        assert t.control
        assert not t.control.endswith(".")
        assert "/" not in t.name


@pytest.mark.parametrize("name", SOLVERS)
def test_a_solver_s_twins_are_classical_and_bear_its_name(name):
    solver = get_solver(name)
    for twin in twins_of(solver):
        control = twin.make(solver)
        assert control.quadrant == CLASSICAL
        assert control.name == f"{name}/{twin.name}"
        assert not twins_of(control)


@pytest.mark.parametrize("name", PRESETS)
def test_an_adapter_s_twins_are_not_quantum(name):
    config = PRESETS[name](task_type="CAUSAL_LM", **({} if name == "mergeable" else {"n_qubits": 2}))
    for twin in twins_of(config):
        control = twin.make(config, build("llama"))
        # its circuit runs as it was drawn, and only its training is taken away
        if twin.name != "frozen-angles":
            assert not getattr(control, "quadrant", CLASSICAL).is_quantum


@pytest.mark.parametrize("q", [Sine(), FromCircuit(n_qubits=2, depth=1)])
def test_an_optimizer_s_twins_are_classical(q):
    for twin in twins_of(q):
        lam, control = twin.make(0.5, q)
        assert lam == 0 or control.quadrant == CLASSICAL


@pytest.mark.parametrize("name", ["qsl", "qsl:mergeable", "lora@superpositional", "qsl@superpositional"])
def test_a_method_s_twins_are_those_of_its_adapter_and_its_optimizer(name):
    method = parse(name)
    for twin in method.twins:
        made_ = parse(twin.name_of(name))
        assert (made_.twin_of, made_.control) == (name, twin.control)


class Lonely:
    """A quantum solver that somebody wrote without a control."""

    name = "lonely"
    quadrant = Quadrant("classical", "simulated quantum")

    def refuses(self, problem):
        return None

    def run(self, problem, clock, seed):
        yield problem.sample(np.random.default_rng(seed))


def test_nothing_quantum_runs_without_its_twin():
    with pytest.raises(
        ConfigError, match="lonely computes on simulated quantum and declares no classical twin"
    ):
        solve(made("maxcut"), Limits(0.3), [Lonely()])


class Coin:
    """The control that Lonely lacked."""

    name, quadrant = "lonely/coin", CLASSICAL
    refuses, run = Lonely.refuses, Lonely.run


def test_a_solver_of_one_s_own_brings_its_twin_by_the_same_mechanism():
    ours = Lonely()
    ours.twins = (Twin("coin", "a coin is thrown", lambda of: Coin()),)
    result = solve(made("maxcut"), Limits(0.5, rounds=1), [ours])
    arm = next(a for a in result.arms if a.solver == "lonely/coin")
    assert (arm.twin_of, arm.twin_is) == ("lonely", "a coin is thrown")


def test_a_device_makes_a_solver_s_quadrant():
    assert get_solver("qaoa:backend=sampled").quadrant.is_quantum
    assert get_backend("statevector").quadrant is not None
