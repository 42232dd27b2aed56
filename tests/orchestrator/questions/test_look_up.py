"""What is known already is found by name."""

import pytest

from qualms.orchestrator.questions.grammar import Question
from qualms.orchestrator.questions.look_up import Lookup
from qualms.solve import Limits, solve
from qualms.specification.conversion import of_problem
from qualms.specification.specification import to_problem
from tests.orchestrator.samples import infeasible, packing, plants, workshop
from tests.problems.small import made


def found(specification, question):
    result = solve(to_problem(specification), Limits(0.3))
    return [fact.told for fact in Lookup(specification, result, Question(question)).found()]


def test_elements_choose_single_variables():
    assert found(plants(), "How much shipment from south?") == [
        ("Shipment[south, A] 5 tons.", "Shipment[south, B] 20 tons.")
    ]


def test_use_of_constraints():
    assert found(workshop(), "How much painting is used?") == [
        ("Painting: 100 hours of 100 hours, 0 hours left.",)
    ]
    assert found(plants(), "How much capacity is left?") == [
        (
            "Capacity[north]: 25 tons of 25 tons, 0 tons left.",
            "Capacity[south]: 25 tons of 40 tons, 15 tons left.",
        )
    ]


def test_given_numbers_and_the_answer_are_told_apart():
    assert found(packing(), "What is the weight of bronze?") == [
        ("Weight of bronze is 30, as it was given.",)
    ]
    assert found(packing(), "Is bronze taken?") == [("Bronze is not in the answer.",)]
    assert found(packing(), "Is silver taken?") == [("Taken: gold, silver.",)]


def test_what_nobody_knows_is_not_found():
    assert found(packing(), "Is copper taken?") == [] or "copper" not in str(
        found(packing(), "Is copper taken?")
    )
    assert found(workshop(), "What is the weather?") == []


@pytest.mark.parametrize("question", ["How many tables?", "What is the profit?", "Which limits are binding?"])
def test_without_an_answer_that_is_told(question):
    assert found(infeasible(), question)[0][0] == "There is no answer: the problem is infeasible."


def test_shares_that_are_held_and_those_that_are_not():
    specification = of_problem(made("portfolio"))
    problem = to_problem(specification)
    best = solve(problem, Limits(0.3)).best.solution
    for k, share in enumerate(best):
        (told,) = found(specification, f"How much is asset {k + 1}?")[0]
        assert told.startswith(f"Asset {k + 1} {share:.2g} share" if share else f"Asset {k + 1} is not in")


def test_routes_and_their_titles():
    (told,) = found(of_problem(made("cvrp")), "Which route visits 3?")
    assert len(told) == 1
    assert told[0].startswith("Route ")
    assert " 3 " in told[0]


def test_who_and_how_good():
    assert any("highs (classical)" in text for text in found(workshop(), "Which solvers ran?")[0])
    assert "No answer is better" in found(workshop(), "How good is it, is it optimal?")[0][0]
    assert "fingerprint" in found(workshop(), "What is the receipt?")[0][0]
