"""Every kind of problem has a member of the specification, which says the same in JSON and in OMMX."""

import json

import numpy as np
import pytest

from qualms.errors import ConfigError, DataError
from qualms.formats.ommx import read_instance
from qualms.problems.fingerprint import fingerprint
from qualms.solve import Limits, solve
from qualms.specification.conversion import of_problem
from qualms.specification.exchange import KEY, exchanged, from_ommx, to_ommx
from qualms.specification.specification import parse, schema, to_problem
from tests.problems.small import KINDS, made, optimum, solutions


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.mark.parametrize("seed", [0, 1])
def test_json_and_back(kind, seed):
    problem = made(kind, seed)
    specification = of_problem(problem)
    text = specification.model_dump_json()
    assert parse(text) == specification
    rebuilt = to_problem(parse(text))
    assert type(rebuilt) is type(problem)
    assert (rebuilt.kind, rebuilt.sense, rebuilt.size) == (problem.kind, problem.sense, problem.size)
    rng = np.random.default_rng(seed)
    for _ in range(20):
        x = problem.sample(rng)
        assert rebuilt.objective(x) == problem.objective(x)
        assert len(rebuilt.violations(x)) == len(problem.violations(x))


def test_a_problem_of_a_specification_gives_the_same_specification(kind):
    specification = of_problem(to_problem(of_problem(made(kind))))
    assert of_problem(to_problem(specification)) == specification
    again = to_problem(parse(specification.model_dump_json()))
    assert fingerprint(again) == fingerprint(to_problem(specification))


def test_ommx_and_back(kind):
    specification = of_problem(made(kind))
    assert from_ommx(to_ommx(specification)) == specification


def test_the_model_in_ommx_has_the_same_optimum(kind):
    problem = made(kind)
    model, told = read_instance(to_ommx(of_problem(problem)), KEY)
    assert told is not None
    if kind in ("quadratic assignment", "portfolio"):
        assert exchanged(problem).rows.shape[0] == 0  # penalties instead of rows: another objective
        return
    found = solve(model, Limits(20.0), ["exact" if len(model.q) else "highs"])
    assert found.best is not None
    assert not found.best.violations
    assert float(found.best.objective) == pytest.approx(float(optimum(problem)), abs=1e-9)


def test_a_changed_model_is_not_taken_for_its_specification():
    from ommx.v1 import Instance

    one, other = (of_problem(made("knapsack", seed)) for seed in (0, 1))
    instance = Instance.from_bytes(to_ommx(one))
    instance.add_user_annotation(KEY, other.model_dump_json())
    with pytest.raises(DataError, match="differs from the specification beside it"):
        from_ommx(instance.to_bytes())


def test_an_answer_names_what_the_user_named(kind):
    problem = made(kind)
    specification = of_problem(problem)
    best = next(x for x in solutions(problem) if not problem.violations(x))
    lines = specification.answer(best)
    assert lines
    assert all(line.what for line in lines)
    assert specification.sentences()


def test_schema_has_every_member_and_describes_itself():
    plain = schema()
    kinds = set(plain["discriminator"]["mapping"])
    assert kinds >= {
        "maxcut", "independent set", "colouring", "qubo", "ising", "labs", "partition", "knapsack",
        "assignment", "quadratic assignment", "facility location", "routing", "job shop", "portfolio",
        "general", "classification", "sampling", "linear system",
    }  # fmt: skip
    json.dumps(plain)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "kind is missing"),
        ("[]", "must be an object"),
        ("{", "the text"),
        ('{"kind": "labs", "length": "10"}', "labs.length"),
        ('{"kind": "labs", "length": 10, "run": "rm"}', "labs.run"),
        ('{"kind": "labs", "length": 1}', "greater than or equal to 2"),
        ('{"kind": "partition", "items": [{"name": "a", "number": NaN}]}', "partition.items.0.number"),
        ('{"kind": "knapsack", "items": [], "capacity": 1}', "knapsack.items"),
        ('{"kind": "teleport"}', "teleport"),
        ('{"kind": "labs", "length": 9, "length": 8}', "'length' is given twice"),
        ('{"kind": "maxcut", "nodes": ["a\\u202eb"], "edges": []}', "nodes has hidden or control characters"),
        ('{"kind": "labs", "length": 9, "name": "a\\nAnswer: 7"}', "name has hidden or control characters"),
    ],
)
def test_what_is_no_specification_is_refused_with_its_place(text, told):
    with pytest.raises(ConfigError, match="no valid specification") as error:
        parse(text)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_contradictions_are_told():
    cases = {
        '{"kind": "maxcut", "edges": [{"a": "x", "b": "x"}]}': "from 'x' to itself",
        '{"kind": "maxcut", "nodes": ["x"], "edges": [{"a": "x", "b": "y"}]}': "'y', which is no node",
        '{"kind": "maxcut", "nodes": ["x", "x"], "edges": []}': "named twice",
        '{"kind": "assignment", "agents": ["a"], "tasks": ["t"], "costs": [[1, 2]]}': "1 rows of 1",
        '{"kind": "portfolio", "returns": [0.1]}': "either `covariance`",
        '{"kind": "routing", "stops": [{"name": 1}, {"name": 2}], "distances": [[0, 1]]}': "2 rows",
        '{"kind": "job shop", "machines": ["m"], "jobs": [{"name": "j", "operations": [{"machine": "k", '
        '"duration": 1}]}]}': "no machine 'k'",
        '{"kind": "linear system", "matrix": [[1]], "right": [1]}': "no optimization problem",
    }
    for text, told in cases.items():
        with pytest.raises(ConfigError) as error:
            to_problem(parse(text))
        assert told in str(error.value)


def test_numbers_that_solvers_take_for_infinity_are_refused():
    model = """{"kind": "general", "variables": [{"name": "x"}], "objective": {"sense": "max",
    "expression": {"op": "variable", "name": "x"}}, "constraints": [{"name": "cap", "relation": "<=",
    "left": {"op": "variable", "name": "x"}, "right": {"op": "number", "value": 1e20}}]}"""
    with pytest.raises(ConfigError, match="too large"):
        to_problem(parse(model))
    packing = '{"kind": "knapsack", "capacity": 5, "items": [{"name": "a", "profit": 1e308, "weight": 1}]}'
    with pytest.raises(ConfigError, match="too large"):
        to_problem(parse(packing))


def test_matchings_of_unequal_groups_and_of_values():
    text = """{"kind": "assignment", "sense": "max", "agents": ["ann", "bob"],
     "tasks": ["cook", "sing", "dig"],
     "costs": [[5, 1, 9], [6, 2, 8.5]]}"""
    specification = parse(text)
    found = solve(to_problem(specification), Limits(10.0), ["highs"])
    assert float(found.best.objective) == 15.0
    assert [(line.what, line.value) for line in specification.answer(found.best.solution)] == [
        ("ann", "dig"),
        ("bob", "cook"),
    ]
