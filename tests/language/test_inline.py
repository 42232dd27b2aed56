"""Tables inside a text, and what they must not be taken for."""

from __future__ import annotations

import pytest

from qualms.language.inline import cut_table
from qualms.language.read import read_text
from qualms.language.reading import Accepted, Question
from qualms.specification.choice import Matching
from qualms.specification.general import GeneralModel
from tests.language.inline_texts import ASKED, STATED
from tests.language.stated import same


@pytest.mark.parametrize(("text", "goal", "rows"), STATED, ids=[t[:40] for t, _, _ in STATED])
def test_a_table_gives_the_numbers_of_each_thing(text: str, goal: str, rows: tuple[str, ...]) -> None:
    found = read_text(text)
    assert isinstance(found, Accepted), found
    assert isinstance(found.model, GeneralModel)
    assert same(found.model, goal, rows), found.model


@pytest.mark.parametrize("text", ASKED, ids=[t[:40] for t in ASKED])
def test_what_a_table_leaves_open_is_asked(text: str) -> None:
    assert isinstance(read_text(text), Question)


def test_markdown_tabs_and_spaces_give_the_same_table() -> None:
    rows = [["Item", "Profit", "Hours"], ["Hat", "3", "1"], ["Cap", "2", "0.5"]]
    marked = ["| " + " | ".join(r) + " |" for r in rows]
    marked.insert(1, "|---|---:|:--|")
    told = [
        cut_table("Before.\n" + "\n".join(lines) + "\nAfter.")
        for lines in (marked, ["\t".join(r) for r in rows], ["   ".join(r) for r in rows])
    ]
    assert told[0][1] is not None
    assert told[0] == told[1] == told[2]
    assert told[0][0] == "Before.\nAfter."


def test_a_text_without_a_table_stays_as_it_is() -> None:
    text = "A shop makes tables.\nEach takes 3 hours.\n\nMaximize  the profit."
    assert cut_table(text) == (text, None)


PAIRS = """{words}

| Worker | Sorting | Packing |
|---|---|---|
| Ann | 4 | 6 |
| Bob | 5 | 3 |
"""


def test_workers_are_assigned_to_tasks() -> None:
    found = read_text(PAIRS.format(words="Assign two workers to two tasks and minimize the total time."))
    assert isinstance(found, Accepted)
    assert isinstance(found.model, Matching)
    assert (found.model.sense, found.model.costs) == ("min", ((4, 6), (5, 3)))


@pytest.mark.parametrize(
    "words",
    [
        "Assign the workers to the tasks and minimize the total time. Ann cannot do the sorting.",
        "Assign the workers to the tasks and minimize the total time. Each has 5 hours.",
        "Assign the workers to the tasks.",
        "What about these workers and tasks?",
    ],
)
def test_conditions_beside_a_matrix_are_asked_about(words: str) -> None:
    assert isinstance(read_text(PAIRS.format(words=words)), Question)


SHOP = """A shop makes hats and caps.

| Item | Profit ($) | {head} |
|---|---|---|
| Hat | 3 | {cell} |
| Cap | 2 | 1 |

There are 40 hours. Maximize the profit."""


@pytest.mark.parametrize(
    ("head", "cell"),
    [
        ("Hours", "-"), ("Hours", ""), ("Hours", "1 or 2"), ("Hours", "many"), ("Weekly demand", "4"),
        ("Required", "4"), ("Capacity", "4"), ("Minimum and maximum", "4"), 
        ("Available hours", "4"), ("Copper (%)", "4"),
    ],
)  # fmt: skip
def test_cells_and_headings_with_two_meanings_are_asked_about(head: str, cell: str) -> None:
    assert isinstance(read_text(SHOP.format(head=head, cell=cell)), Question)


def test_the_same_shop_with_hours_is_read() -> None:
    found = read_text(SHOP.format(head="Hours", cell="2"))
    assert isinstance(found, Accepted)
    assert same(found.model, "max 3 a + 2 b", ("2 a + 1 b <= 40",))


def test_two_tables_are_asked_about() -> None:
    table = "\n| Item | Profit |\n|---|---|\n| Hat | 3 |\n| Cap | 2 |\n\nAnd:\n"
    assert isinstance(read_text("A shop." + table + table + "There are 5 hours. Maximize profit."), Question)
