"""The words and numbers of questions."""

import pytest

from qualms.orchestrator.questions.grammar import Change, Question, content, stem, stems, tokens


@pytest.mark.parametrize(
    ("word", "found"),
    [("tables", "table"), ("Boxes", "box"), ("glasses", "glass"), ("cities", "city"), ("bus", "bus"),
     ("glass", "glass"), ("gas", "gas"), ("Anna's", "anna"), ("hours", "hour"), ("analysis", "analysis")],
)  # fmt: skip
def test_singulars(word, found):
    assert stem(word) == found


def test_numbers():
    assert [t.number for t in tokens("1,250.5 and .5, two at 10%")] == [1250.5, None, 0.5, 2, None, 10, None]
    assert stems("Product 2 (new)") == ("product", "2", "new")
    assert content("the total weight of the cut") == ("weight",)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("What if wood is 80?", Change("set", 80)),
        ("What if wood rises to 80?", Change("set", 80)),
        ("What if wood rises by 80?", Change("add", 80)),
        ("What if wood falls by 2.5?", Change("add", -2.5)),
        ("What if wood rises by 10 %?", Change("multiply", 1.1, True)),
        ("What if there is 10 percent less wood?", Change("multiply", 0.9, True)),
        ("What if wood doubles?", Change("multiply", 2)),
        ("What if we had half as much wood?", Change("multiply", 0.5)),
        ("What if there were ten more wood?", Change("add", 10)),
        ("What if wood is at least 5?", Change("at least", 5)),
        ("What if wood is no more than 5?", Change("at most", 5)),
        ("What if wood is no less than 5?", Change("at least", 5)),
        ("What if wood is more than 5?", Change("at least", 5, strict=True)),
        ("What if wood is less than 5?", Change("at most", 5, strict=True)),
        ("What if wood cannot be more than 5?", Change("at most", 5)),
        ("What if wood can't be less than 5?", Change("at least", 5)),
        ("What if wood cannot be 5?", None),
        ("Why don't we have more than 5 wood?", Change("at least", 5, strict=True)),
        ("What if wood is exactly 5?", Change("exactly", 5)),
        ("What if wood is 10 %?", Change("set", 10, True)),
        ("What if wood changes?", None),
        ("What if wood is 5 or 6?", None),
        ("What if wood rises and then falls by 5?", None),
    ],
)
def test_changes(text, change):
    question = Question(text)
    (found,) = question.mentioned([("wood", "wood")])
    told = question.change(found.places)
    if change is None or told is None:
        assert told is change
    else:
        assert (told.how, told.percent, told.strict) == (change.how, change.percent, change.strict)
        assert told.value == pytest.approx(change.value)


def names(text, *known):
    return [f.thing for f in Question(text).mentioned((k, k) for k in known)]


def test_names_are_found_in_the_singular_and_the_plural():
    assert names("How many TABLES?", "table", "chair") == ["table"]
    assert names("one more carpentry hour", "carpentry hours") == ["carpentry hours"]
    assert names("hours of carpentry", "carpentry hours") == ["carpentry hours"]


def test_a_longer_name_goes_before_its_parts():
    assert names("demand of B", "demand", "demand B") == ["demand B"]
    assert names("the demand", "demand", "demand B") == ["demand"]
    assert names("gold and silver", "gold", "silver", "bronze") == ["gold", "silver"]


def test_a_is_an_article_and_A_is_a_name():
    assert names("What is a demand?", "A", "demand") == ["demand"]
    assert names("What is the demand of A?", "A") == ["A"]
    assert names("Why not choose item X?", "x", "A") == ["x"]
    assert names("Why can I not choose it?", "i") == []


def test_numbers_in_names_are_no_values():
    question = Question("What if product 2 is 5?")
    (found,) = question.mentioned([("p", "product 2")])
    assert question.change(found.places) == Change("set", 5)
    assert names("What if the product is 2?", "product 2") == []


def test_words_that_nothing_knows():
    question = Question("What if the price of wood is 80?")
    (found,) = question.mentioned([("wood", "wood")])
    assert question.unknown(found.places) == ["price"]
    assert question.unknown(found.places, ("price",)) == []


def test_what_is_to_be_left_out():
    assert Question("What if we remove the limit?").removes
    assert Question("What if we leave the limit out?").removes
    assert not Question("What if the price drops by 5?").removes
    question = Question("What if we make no chairs?")
    (found,) = question.mentioned([("chairs", "chairs")])
    assert question.denies(found.places)
