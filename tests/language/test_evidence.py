"""Which numbers of a text and of a specification belong together."""

import copy
import json
from fractions import Fraction

import pytest

from qualms.language.evidence import evidence, without_false_quotations
from qualms.language.read import read_text
from qualms.language.reading import Accepted
from qualms.language.text_numbers import mentioned_numbers
from tests.language.stub import workshop
from tests.language.texts import ACCEPTED

VALUES = {
    "40 hours": [40],
    "forty-two hours": [42],
    "two dozen eggs": [24],
    "3 dozen eggs": [36],
    "1,200 kg": [1200],
    "1.200,50 €": [Fraction(2401, 2)],
    "1\u202f200 and 1'200": [1200, 1200],
    "two million": [2_000_000],
    "fifty cents": [50],
    "2.5 million": [2_500_000],
    "$3k": [3000],
    "5만 원": [50_000],
    "차량 3대, 용량 100": [3, 100],
    "30%": [Fraction(3, 10)],
    "thirty percent": [Fraction(3, 10)],
    "1/3 of it": [Fraction(1, 3)],
    "a third of it": [Fraction(1, 3)],
    "twice the number": [2],
    "x1 and B12": [],
    "3,4,5": [3, 4, 5],
    "a 20-foot box": [20],
    "ranges of 3-5": [3, 5],
    ".5 l": [Fraction(1, 2)],
    "40.": [40],
    "5m of wood and 3M of it": [5, 3_000_000],
    "2024-05-01": [2024, 5, 1],
}


@pytest.mark.parametrize("text", VALUES)
def test_numbers_of_a_text(text):
    assert [m.value for m in mentioned_numbers(text)] == VALUES[text]


@pytest.mark.parametrize("text", ["one of them", "the 3rd", "visit each once", "1. Tables\n", "\n(2) chairs"])
def test_numbers_that_need_not_be_used(text):
    assert all(m.quiet for m in mentioned_numbers(text))
    assert mentioned_numbers(text)


def limit(value, text, **more):
    """What is found where one number is a limit."""
    written = {
        "kind": "general",
        "variables": [{"name": "x"}],
        "constraints": [
            {
                "name": "limit",
                "left": {"op": "variable", "name": "x"},
                "relation": "<=",
                "right": {"op": "number", "value": value},
            }
        ],
        "objective": {"sense": "max", "expression": {"op": "variable", "name": "x"}},
        **more,
    }
    return evidence(written, text)


FITTING = {
    (0.3, "30% of it"): (),
    (30, "30% of it"): ("30 % is taken as 30, not as 0.3",),
    (30, "thirty percent"): ("30 % is taken as 30, not as 0.3",),
    (180, "3 hours, told in minutes"): ("3 hours are taken as 180 minutes",),
    (4000, "4 kg of flour, 50 g each", (50,)): ("4 kg are taken as 4,000 g",),
    (0.5, "50 cents of a dollar"): ("50 cents are taken as 0.5 dollars",),
    (1.2, "1,200"): ("The number 1,200 is taken as 1.2",),
    (0.333333333, "1/3"): (),
    (0, "nothing at all"): ("The model put 0 in “limit”, where the text gives no number",),
}


@pytest.mark.parametrize("case", FITTING)
def test_numbers_that_fit(case):
    value, text, *others = case
    entries = [{"index": [], "value": v} for v in (others[0] if others else ())]
    found = limit(value, text, parameters=[{"name": "p", "entries": entries}])
    assert found.questions == ()
    assert found.assumptions == FITTING[case]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (180, "3 hours"),  # the text speaks of no minutes
        (12, "10 and 2"),
        (0.7, "30% of it"),
        (41, "40"),
        (1, "a table"),
        (0.333, "1/3"),
        (2, "x2"),
        (4000, "4 kg, 50 minutes"),
    ],
)
def test_numbers_that_do_not_fit(value, text):
    (question, *_) = limit(value, text).questions
    assert question.startswith("The model put ")
    assert "in “limit”, which your text does not have" in question


def test_each_place_has_its_name():
    written = {
        "kind": "knapsack",
        "capacity": 9,
        "items": [{"name": "lamp", "profit": 7, "weight": {"value": 8, "unit": "kg"}}],
    }
    assert [q.partition(",")[0] for q in evidence(written, "Pack.").questions] == [
        "The model put 9 for the capacity",
        "The model put 7 for the profit of “lamp”",
        "The model put 8 for the weight of “lamp”",
    ]


def test_bounds_of_bits_and_signs_need_no_number():
    bit = {"name": "x", "domain": "binary", "low": 0, "high": 1}
    minus = {"op": "product", "factors": [{"op": "number", "value": -1}, {"op": "variable", "name": "x"}]}
    found = limit(40, "40", variables=[bit], objective={"sense": "max", "expression": minus})
    assert found.questions == ()
    found = limit(40, "40", variables=[{"name": "x", "low": 0, "high": 1}])
    assert found.questions != ()
    alone = {"op": "product", "factors": [{"op": "number", "value": 1}]}
    assert limit(40, "40", objective={"sense": "max", "expression": alone}).questions != ()


def test_counts_and_names_are_told_and_not_asked():
    sets = [{"name": "plants", "elements": ["machine 7", "b", "c"]}]
    found = limit(40, "There are 3 plants, machine 7 among them, and 40 hours.", sets=sets)
    assert found.questions == ()
    (told,) = found.assumptions
    assert told.startswith("The number 3 (“There are 3 plants")
    assert told.endswith("is taken as how many elements of plants there are")


def test_a_number_more_or_less_often_than_in_the_text():
    found = limit(40, "At most 40 tables and at most 40 chairs.")
    assert found.assumptions == ("The number 40 stands 2 times in the text and once in what the model read",)
    bound = [{"name": "x", "high": 40}]
    found = limit(40, "At most 40 tables.", variables=bound)
    assert found.assumptions == ("The number 40 stands once in the text and 2 times in what the model read",)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Maximize it. 40", False),
        ("Minimise it. 40", True),
        ("Maximize and minimize. 40", True),
        ("40", False),
        ("at most 40", False),
        ("no more than the 40", False),
        ("at least 40", True),
        ("a minimum of 40", True),
        ("at least 40 and at most 40", False),
    ],
)
def test_directions(text, asks):
    assert bool(limit(40, text).questions) == asks


def test_a_bound_of_the_other_direction():
    assert limit(40, "At least 5, 40", variables=[{"name": "x", "high": 5}]).questions
    assert not limit(40, "At least 5, 40", variables=[{"name": "x", "low": 5}]).questions


def test_many_questions_are_counted():
    text = " ".join(str(k) for k in range(100, 130))
    questions = limit(40, f"40 {text}").questions
    assert len(questions) == 9
    assert questions[-1] == "There are 22 other numbers that are not used."


def test_quotations():
    made = workshop()
    kept, gone = without_false_quotations(made, "at most 40\nHOURS are available")
    assert kept == made
    assert not gone
    kept, gone = without_false_quotations(made, "40 hours")
    assert "words" not in kept["constraints"][0]
    assert gone == ["At most 40 hours are available"]


def read(name):
    """A text and the JSON of what the grammar reads in it, as if a good model had written it."""
    text = ACCEPTED[name].text
    reading = read_text(text)
    assert isinstance(reading, Accepted)
    return text, json.loads(reading.model.model_dump_json())


def places(part, path=()):
    """The paths of all numbers."""
    if isinstance(part, dict | list):
        for key, inner in part.items() if isinstance(part, dict) else enumerate(part):
            yield from places(inner, (*path, key))
    elif isinstance(part, int | float) and not isinstance(part, bool):
        yield path


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_right_reading_raises_no_question_and_a_wrong_number_does(name):
    text, right = read(name)
    assert evidence(right, text).questions == ()
    for path in places(right):
        wrong = copy.deepcopy(right)
        part = wrong
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = part[path[-1]] + 0.37
        assert evidence(wrong, text).questions != (), path


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_limit_that_is_left_out_is_told(name):
    text, right = read(name)
    before = evidence(right, text)
    for k, constraint in enumerate(right["constraints"]):
        if not any(True for _ in places(constraint)):
            continue  # "more chairs than tables" has no number by which it could be missed
        wrong = copy.deepcopy(right)
        del wrong["constraints"][k]
        assert evidence(wrong, text) != before, constraint["name"]
