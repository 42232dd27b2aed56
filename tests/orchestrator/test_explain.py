"""Explanations say what numbers say."""

import hashlib
import json

import numpy as np
import pytest

from qualms.orchestrator.explain import explain
from qualms.orchestrator.explaining.arms import contributions
from qualms.problems.fingerprint import fingerprint
from qualms.records import CLASSICAL, Metric, Quadrant
from qualms.solve import Limits, solve
from qualms.solve.check import check
from qualms.solve.result import Arm, Result
from qualms.specification.conversion import of_problem
from qualms.specification.general import Variable
from qualms.specification.specification import to_problem
from tests.orchestrator.samples import infeasible, packing, plants, workshop
from tests.problems.small import KINDS, made
from tests.records.sample import make_solving


def explained(specification, seconds=1.0, solvers=None):
    result = solve(to_problem(specification), Limits(seconds), solvers)
    return explain(specification, result, seconds), result


def test_an_answer_with_its_limits_and_what_moving_them_brings():
    found, result = explained(workshop())
    assert [(line.what, line.value, line.unit) for line in found.answer] == [
        ("tables", 30, "tables"),
        ("chairs", 40, "chairs"),
    ]
    assert (found.status, found.goal.value, found.goal.unit) == ("optimal", 4100, "dollars")
    told = "\n".join(found.sentences())
    assert "Answer: tables 30 and chairs 40." in told
    assert "Profit is 4,100 dollars." in told
    assert "reaches these limits: carpentry (at most 240 hours) and painting (at most 100 hours)" in told
    assert "with 1 hour more profit would be 4,110 dollars (+10 dollars)" in told
    assert "Note: Every table and chair is sold." in told
    assert len(found.arms) == len(result.arms)
    assert not found.conflict
    assert not found.left_out


def test_rates_of_real_variables_have_ranges():
    found, _ = explained(workshop("real"))
    carpentry = found.bindings[0]
    assert carpentry.rate.dual == pytest.approx(15)
    told = " ".join(found.sentences())
    assert (
        "Per hour more of carpentry (at most 240 hours), profit changes by +15 dollars, while it is between "
        "200 hours and 270 hours." in told
    )


def test_costs_of_what_is_not_chosen_are_told():
    told = " ".join(explained(plants())[0].sentences())
    assert "Per ton of shipment[north, B], shipping cost changes by +4 dollars" in told
    assert "shipment[north, B] at least 0" not in told


def test_an_infeasible_problem_gets_its_conflict_with_units():
    found, _ = explained(infeasible())
    assert not found.answer
    assert found.conflict.irreducible
    told = found.sentences()
    assert told[0] == "There is no answer: the problem is infeasible."
    assert told[1] == "These cannot hold together: order (at least 10 tables); paint (at most 15 litres)."


def test_an_unbounded_problem():
    found, _ = explained(workshop().model_copy(update={"constraints": ()}))
    assert found.status == "unbounded"
    assert "profit can be improved without end" in found.sentences()[0]


def test_without_a_proof_there_are_no_sensitivities_but_a_checked_gap():
    found, _ = explained(packing(), solvers=["greedy"])
    assert found.limit.verified
    assert found.checked == found.limit
    assert found.limit.gap == pytest.approx(15 / 160)
    assert "In no answer is the total profit larger than 175, a gap of 9.4 % (15)." in " ".join(
        found.sentences()
    )
    model, _ = explained(workshop(), solvers=["greedy"])
    assert all(b.rate is None for b in model.bindings)


def test_a_solvers_word_is_told_from_a_check():
    word = " ".join(explained(packing(), solvers=["highs"])[0].sentences())
    assert "No answer is better, if the bound is right that it meets (branch and cut of HiGHS)." in word
    assert "The bound that Qualms checked itself is 175, a gap of 9.4 % (15) from: linear relaxation." in word
    checked = " ".join(explained(workshop())[0].sentences())
    assert "No answer is better. Qualms checked the bound that proves it (linear relaxation)." in checked


def test_zeros_of_long_answers_are_one_line():
    many = workshop(
        variables=(*workshop().variables, *(Variable(name=f"spare {k}", high=1) for k in range(25)))
    )
    answer = explained(many)[0].answer
    assert [(line.what, line.value) for line in answer] == [
        ("tables", 30),
        ("chairs", 40),
        ("each of the other 25 variables", 0),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_explained_and_becomes_json(kind):
    specification = of_problem(made(kind))
    found, result = explained(specification, 0.5)
    again = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert again["status"] == result.status
    assert again["receipt"]["fingerprint"] == fingerprint(result.problem)
    assert (
        again["receipt"]["specification_sha256"]
        == hashlib.sha256(specification.model_dump_json().encode()).hexdigest()
    )
    assert again["receipt"]["seeds"] == [0]
    assert again["sentences"] == found.sentences()
    assert all(sentence and "\n" not in sentence for sentence in found.sentences())


def with_twin(quantum, twin, sense="max"):
    """A result of two arms that chose items of the packing."""
    problem = to_problem(packing())
    arms = [
        Arm("qaoa", Quadrant("classical", "simulated quantum"), 0, best=check(problem, np.array(quantum))),
        Arm("qaoa/placebo", CLASSICAL, 0, best=check(problem, np.array(twin)), twin_of="qaoa"),
    ]
    return Result(problem, arms[0].best, "qaoa", [], arms, 1.0)


def test_a_quantum_arm_is_compared_with_its_twin():
    (better,) = contributions(with_twin([1, 1, 0], [0, 1, 0]), "dollars")
    assert (better.difference, better.better) == (60, True)
    assert "was better than its twin qaoa/placebo" in better.sentence
    assert "One run is no evidence" in better.sentence
    (worse,) = contributions(with_twin([0, 0, 1], [1, 1, 0]), "")
    assert (worse.difference, worse.better) == (-70, False)
    (same,) = contributions(with_twin([1, 1, 0], [1, 1, 0]), "")
    assert (same.difference, same.better) == (0, False)
    (lacking,) = contributions(with_twin([1, 1, 0], [1, 1, 1]), "")
    assert lacking.difference is None
    assert "because qaoa/placebo found nothing" in lacking.sentence


def test_records_of_several_seeds_give_an_interval():
    result = with_twin([1, 1, 0], [0, 1, 0])
    own = fingerprint(result.problem)

    def record(solver, seed, objective, problem=own):
        return make_solving(
            solver,
            seed,
            objective,
            problem_hash=problem,
            metrics={"objective": Metric(objective, "objective", "higher")},
        )

    records = [record("qaoa", s, 160 + s) for s in range(4)]
    records += [record("qaoa/placebo", s, 150 + 2 * (s % 2)) for s in range(4)]
    records += [record("qaoa", 9, 0, "other"), record("qaoa/placebo", 9, 999, "other")]
    (found,) = contributions(result, "", records)
    assert found.interval.count == 4
    assert found.interval.mean == pytest.approx(10.5)
    assert "Over 4 paired runs the difference is +10.5" in found.sentence
    assert "it is better" in found.sentence
    (alone,) = contributions(result, "", records[:1])
    assert alone.interval is None
