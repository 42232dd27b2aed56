"""Questions are answered by what solving again says, or asked back."""

import json

import pytest

from qualms.orchestrator.questions.why import examples, why
from qualms.solve import Limits, solve
from qualms.specification.choice import Matching
from qualms.specification.conversion import of_problem
from qualms.specification.expressions import Total
from qualms.specification.general import Objective, Variable
from qualms.specification.specification import parse, to_problem
from tests.orchestrator.samples import infeasible, most, packing, plants, times, workshop
from tests.problems.small import KINDS, made

SECONDS = 1.0


@pytest.fixture(scope="module")
def solved():
    """A function of a specification that solves each of them once."""
    known = {}

    def result(specification):
        key = specification.model_dump_json()
        if key not in known:
            known[key] = solve(to_problem(specification), Limits(0.3))
        return known[key]

    return result


@pytest.fixture
def ask(solved):
    return lambda specification, question: why(specification, solved(specification), question, SECONDS)


def best(wood=240, paint=100, most=70, tables=range(61), profit=(70, 50), per_table=4, least=0):
    """The workshop's best profit, by listing."""
    return max(
        profit[0] * a + profit[1] * b
        for a in tables
        for b in range(least, most + 1)
        if per_table * a + 3 * b <= wood and 2 * a + b <= paint
    )


@pytest.mark.parametrize(
    ("question", "kind", "after"),
    [
        ("What if carpentry is 264?", "what if", best(264)),
        ("What if carpentry is 264 hours?", "what if", best(264)),
        ("what if the carpentry hours increase by 10", "what if", best(250)),
        ("What if there were ten more hours of painting?", "what if", best(paint=110)),
        ("What if painting rises by 10 %?", "what if", best(paint=110)),
        ("What if painting falls to 80?", "what if", best(paint=80)),
        ("Suppose carpentry is twice as much", "what if", best(480)),
        ("What if carpentry is at most 200?", "what if", best(200)),
        ("What if the profit of chairs doubles?", "what if", best(profit=(70, 100))),
        ("What if carpentry per table is 3?", "what if", best(per_table=3)),
        ("What if tables are at least 35?", "what if", best(tables=range(35, 61))),
        ("What if we make no more than 20 tables?", "what if", best(tables=range(21))),
        ("What if 35 tables are made?", "what if", best(tables=[35])),
        ("What if we make 5 more tables?", "what if", best(tables=[35])),
        ("What if we can't make more than 20 tables?", "what if", best(tables=range(21))),
        ("What if we cannot make chairs?", "what if", best(most=0)),
        ("Why not more than 40 chairs?", "why not", best(least=41)),
        ("What if chairs are at most 30?", "what if", best(most=30)),
        ("What if we make no chairs?", "what if", best(most=0)),
        ("What if we remove the limit on chairs?", "what if", best(most=200)),
        ("What if we drop painting?", "what if", best(paint=1000)),
        ("What if we ignore the carpentry constraint?", "what if", best(wood=10000)),
        ("Why not make 41 chairs?", "why not", best(tables=[29])),
        ("Why don't we make more tables?", "why not", best(tables=range(31, 61))),
        ("Why not at least 45 tables?", "why not", best(tables=range(45, 61))),
        ("How much would one more hour of carpentry bring?", "sensitivity", best(241)),
        ("What are 5 fewer hours of painting worth?", "sensitivity", best(paint=95)),
        ("How much would 10 % more painting bring?", "sensitivity", best(paint=110)),
        ("What is the shadow price of painting?", "sensitivity", best(paint=101)),
    ],
)
def test_what_is_solved_again_is_what_listing_says(ask, question, kind, after):
    found = ask(workshop(), question)
    assert found.kind == kind, found.told
    assert found.before == 4100
    assert found.after == after
    assert found.difference == after - 4100
    assert found.status == "optimal"
    assert found.specification is not None
    assert float(solve(to_problem(found.specification), Limits(0.3)).objective) == after
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("How many tables?", "Tables 30."),
        ("how many chairs do we make", "Chairs 40."),
        ("What is the profit?", "Profit is 4,100 dollars."),
        ("What is the objective?", "Profit is 4,100 dollars."),
        ("Which constraints are binding?", "The answer reaches these limits: carpentry (at most 240 hours)"),
        ("How much carpentry is left?", "Carpentry: 240 hours of 240 hours, 0 hours left."),
        ("What was assumed?", "Every table and chair is sold."),
        ("Is it optimal?", "No answer is better"),
        ("Which solver found it?", "highs (classical) found 4,100 dollars"),
        ("What should we do?", "Answer: tables 30 and chairs 40."),
        ("Did a quantum solver contribute?", "No quantum solver ran"),
        ("What is the fingerprint?", "The problem's fingerprint is "),
        ("What is the profit of tables?", "Profit per unit of tables is 70 dollars, as it was given."),
    ],
)
def test_what_is_looked_up(ask, question, told):
    found = ask(workshop(), question)
    assert found.kind == "retrieve", found.told
    assert told in " ".join(found.told)


@pytest.mark.parametrize(
    ("question", "told", "choices"),
    [
        ("How much would one more hour bring?", "Which one do you mean", ("carpentry", "painting")),
        ("What if carpentry is 200 and painting 90?", "one number or variable", ("carpentry", "painting")),
        ("What if the budget is 80?", "“budget” names nothing here", None),
        ("What if the price of wood and carpentry is 80?", "“price” and “wood” name nothing", None),
        ("What if carpentry changes?", "Say one number, as in: What if carpentry is 240?", ()),
        ("What if carpentry is at least 200?", "is no limit of that kind", ()),
        ("What if carpentry is 10 %?", "Percent of what?", ()),
        ("What if tables are at least 2.5 pounds?", "“pounds” names nothing", None),
        ("Why not copper?", "“copper” names nothing here", None),
        ("Tell me a joke", "“joke” names nothing here", None),
        ("?", "That question is not understood.", None),
    ],
)  # fmt: skip
def test_what_is_not_clear_is_asked_back(ask, question, told, choices):
    found = ask(workshop(), question)
    assert not found.answered
    assert told in found.told[0]
    assert len(found.told) == 1
    assert found.choices == (choices if choices is not None else tuple(examples(workshop())))
    assert found.after is None


def test_two_limits_of_one_name_are_never_guessed(ask):
    model = workshop()
    first, second = model.constraints
    twice = model.model_copy(
        update={
            "constraints": (
                first.model_copy(update={"name": "hours of wood"}),
                second.model_copy(update={"name": "hours of paint"}),
            )
        }
    )
    found = ask(twice, "How much is one more hour worth?")
    assert found.choices == ("hours of wood", "hours of paint")
    assert ask(twice, "What if the hours of wood are 264?").after == best(264)


@pytest.mark.parametrize("kind", [*KINDS, "samples"])
def test_examples_can_be_asked(ask, kind):
    specifications = [of_problem(made(kind))] if kind != "samples" else [workshop(), plants(), packing()]
    for specification in specifications:
        for question in examples(specification):
            found = ask(specification, question)
            assert found.answered, (question, found.told)


# No answer --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    ["Why is it infeasible?", "why is there no solution?", "Which constraints conflict, what is infeasible?"],
)
def test_why_there_is_no_answer(ask, question):
    found = ask(infeasible(), question)
    assert found.kind == "infeasible"
    assert {m.name for m in found.conflict.members} == {"order", "paint"}
    assert "order (at least 10 tables); paint (at most 15 litres)" in found.told[0]
    assert "There is an answer" in ask(workshop(), question).told[0]


def test_a_change_may_leave_or_make_an_answer(ask):
    found = ask(workshop(), "What if tables are at least 51?")
    assert found.status == "infeasible"
    assert found.told[0] == "There would be no answer."
    assert {m.name for m in found.conflict.members} == {"tables", "painting", "chairs"}
    better = ask(infeasible(), "What if paint is 20?")
    assert (better.before, better.after) == (None, 4000)
    assert "There would be an answer" in better.told[0]
    assert "There is no answer" in ask(infeasible(), "How many tables?").told[0]
    assert "no answer yet" in ask(infeasible(), "What would one more litre bring?").told[0]


def test_unbounded_changes_are_told(ask):
    model = workshop(orders=None)
    model = parse(model.model_copy(update={"constraints": model.constraints[:1]}).model_dump_json())
    found = ask(model, "What if we remove the carpentry constraint?")
    assert found.status == "unbounded"
    assert found.told == ("Profit would have no limit.",)


def test_what_is_so_already(ask):
    assert ask(workshop(), "Why not 40 chairs?").told == ("That is so: chairs 40.",)
    assert ask(packing(), "Why not choose gold?").told == ("That is in the answer already.",)


# Real variables, sets, and other kinds ----------------------------------------------------------------------


def test_rates_of_real_models(ask):
    found = ask(workshop("real"), "How much would one more hour of carpentry bring?")
    assert found.difference == pytest.approx(15)
    assert "The rate is +15 dollars per unit from 200 hours up to 270 hours." in found.told


@pytest.mark.parametrize(
    ("question", "after"),
    [
        ("What if demand of B rises by 10 %?", 191),
        ("What if demand rises by 10%?", 206),
        ("What if the supply of north is 30?", 180),
        ("What if shipment from north to A is at most 10?", 200),
        ("Why not a shipment from north to B of at least 5?", 205),
        ("What would one more ton of demand of A cost?", 190),
        ("What if the cost from south to A falls by 1?", 180),
    ],
)
def test_parameters_and_single_variables_of_sets(ask, question, after):
    found = ask(plants(), question)
    assert found.answered, found.told
    assert found.after == after


def test_elements_choose_what_is_told(ask):
    assert [x.what for x in ask(plants(), "How much shipment from north?").answer] == [
        "shipment[north, A]",
        "shipment[north, B]",
    ]
    assert [x.value for x in ask(plants(), "How much is the shipment from north to A?").answer] == [25]
    assert ask(plants(), "What if demand is 40?").choices == ("demand of A", "demand of B")
    assert ask(plants(), "What is the demand of A?").told == ("Demand of A is 30 tons, as it was given.",)


@pytest.mark.parametrize(
    ("question", "after"),
    [
        ("Why not choose bronze?", 90),
        ("Why not take bronze instead?", 90),
        ("What if the capacity is 60?", 250),
        ("What if we remove gold?", 100),
        ("What if we leave out gold?", 100),
        ("What if the weight of bronze falls to 5?", 250),
        ("How much would 15 more kilograms of capacity bring?", 190),
    ],
)
def test_items(ask, question, after):
    found = ask(packing(), question)
    assert found.answered, found.told
    assert found.after == after


def test_choices_that_exclude_each_other(ask):
    found = ask(packing(), "Why not take gold and bronze?")
    assert found.status == "infeasible"
    assert ask(packing(), "Is gold taken?").told == ("Taken: gold, silver.",)
    assert ask(packing(), "What is the weight of gold?").told == ("Weight of gold is 10, as it was given.",)


def vehicles():
    """Truck and bike are best; the van is as dear as it is good."""
    goods = [("truck", 60, 5), ("van", 50, 4), ("bike", 10, 1)]
    return workshop().model_copy(
        update={
            "variables": tuple(Variable(name=n, domain="binary") for n, *_ in goods),
            "constraints": (most("budget", 100, "dollars", *(times(c, n) for n, c, _ in goods)),),
            "objective": Objective(
                sense="max", name="value", expression=Total(terms=tuple(times(v, n) for n, _, v in goods))
            ),
        }
    )


@pytest.mark.parametrize(
    ("question", "after"),
    [
        ("Why not choose the van?", 5),
        ("Why is the van not chosen?", 5),
        ("What if we can't use the truck?", 5),
        ("What if we leave out the truck?", 5),
        ("What if the budget rises by 10 dollars?", 9),
    ],
)
def test_yes_or_no_variables(ask, question, after):
    assert ask(vehicles(), question).after == after
    both = ask(vehicles(), "Why not both truck and van?")
    assert both.status == "infeasible"
    assert {m.name for m in both.conflict.members} >= {"budget", "truck as asked", "van as asked"}


def test_an_answer_that_still_fits_is_not_forgotten():
    """Where the time is too short to find it again."""
    specification = workshop()
    result = solve(to_problem(specification), Limits(0.3))
    found = why(specification, result, "What if carpentry is 241?", 0.001, ["greedy"])
    assert found.after >= 4100


def test_agents_and_tasks(ask):
    team = Matching(agents=("Anna", "Ben"), tasks=("cooking", "cleaning"), costs=((1, 2), (4, 3)))
    assert ask(team, "What does Anna do?").told == ("Anna: cooking.",)
    assert ask(team, "Why is Ben not cooking?").after == 6
    assert ask(team, "What if the cost of Anna and cooking is 9?").after == 6
    assert ask(team, "What is the total cost?").told == ("The total cost is 4.",)


def test_the_answer_says_what_it_understood_and_what_is_not_proven(solved):
    specification = workshop()
    greedy = solve(to_problem(specification), Limits(0.3), ["greedy"])
    found = why(specification, greedy, "What if carpentry is 264?", SECONDS)
    assert found.understood == "You ask what happens if carpentry is 264 hours in place of 240 hours."
    assert "not known to be the best" in " ".join(found.told)
    given = why(specification, solved(specification), "What if carpentry is 264?", SECONDS, ["cpsat"])
    assert given.after == best(264)


@pytest.mark.parametrize(
    "question",
    [
        "What if carpentry is 50,5?",
        "What if carpentry is 4k?",
        "What if carpentry is at most 20%?",
        "What if carpentry is not 160?",
    ],
)
def test_numbers_that_would_be_misread_are_asked_about(ask, question):
    told = ask(workshop(), question)
    assert not told.answered
    assert "is not read" in told.told[0]


@pytest.mark.parametrize("question", ["What if carpentry is -5?", "What if carpentry is −5?"])
def test_signs_are_read(ask, question):
    told = ask(workshop(), question)
    assert told.answered
    assert "-5" in told.understood.replace("−", "-")
    assert told.status == "infeasible"
