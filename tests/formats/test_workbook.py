"""Workbooks: what openpyxl writes comes back as the table that it was; what has two readings is refused."""

import sys
from datetime import date, datetime

import pytest

from qualms.errors import DataError, MissingExtraError
from qualms.formats.read import read_problem
from qualms.formats.table import read_table
from qualms.formats.workbook import read_workbook
from qualms.language.reading import Question
from qualms.language.tables import read_with_table
from qualms.orchestrator.rows import answer_table

openpyxl = pytest.importorskip("openpyxl")


@pytest.fixture
def saved(tmp_path):
    """A workbook of rows; `change` may do more to the sheet."""

    def made(rows, change=lambda book, sheet: None, name="w.xlsx"):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        change(book, book.active)
        book.save(tmp_path / name)
        return tmp_path / name

    return made


ITEMS = [["item", "value", "weight"], ["tent", 60, 10.5], ["stove", 100.0, 20], ["rope", 120, 30]]


def test_cells_become_the_text_of_a_table(saved):
    rows = [
        ["a", "b"],
        [0.1, True],
        [date(2026, 11, 26), datetime(2026, 1, 2, 3, 4)],
        [None, None],
        [7.0, " x "],
    ]
    assert read_workbook(saved(rows)) == [
        (1, ["a", "b"]),
        (2, ["0.1", "TRUE"]),
        (3, ["2026-11-26", "2026-01-02 03:04:00"]),
        (5, ["7", " x "]),
    ]


def test_a_sentence_beside_a_workbook_is_read_as_beside_text(saved, tmp_path):
    text = "Pack at most 40"
    (tmp_path / "w.csv").write_text("\n".join(",".join(map(str, row)) for row in ITEMS))
    assert read_with_table(text, saved(ITEMS)) == read_with_table(text, tmp_path / "w.csv")


def test_prices_with_dates_are_a_portfolio(saved):
    rows = [["date", "A", "B"], *([date(2026, 1, k), 100 + k, 50 + k % 3] for k in range(1, 9))]
    assert read_problem(saved(rows)).names == ("A", "B")


def merge(book, sheet):
    sheet.merge_cells("A1:B1")


def second(book, sheet):
    book.create_sheet("more")["A1"] = 1


@pytest.mark.parametrize(
    ("rows", "change", "told"),
    [
        (ITEMS, merge, "cells A1:B1 are merged"),
        (ITEMS, second, "the sheets 'Sheet', 'more' all have cells"),
        ([["a"], ["=SUM(B1:B2)"]], lambda *_: None, r"w\.xlsx:A2: the file has no value of the formula =SUM"),
        ([], lambda *_: None, "the workbook has no cells"),
    ],
)
def test_what_has_two_readings_is_refused_with_its_cell(saved, rows, change, told):
    with pytest.raises(DataError, match=told):
        read_table(saved(rows, change))


def test_errors_of_formulas_are_named(saved):
    def broken(book, sheet):
        sheet["B2"] = "#DIV/0!"

    with pytest.raises(DataError, match=r"w\.xlsx:B2: the cell has the error #DIV/0!"):
        read_table(saved(ITEMS, broken))


def test_what_is_no_workbook_is_refused_in_a_line(tmp_path):
    for content in (b"", b"a,b\n1,2\n", b"PK\x03\x04"):
        (tmp_path / "w.xlsx").write_bytes(content)
        with pytest.raises(DataError, match="is no workbook") as told:
            read_table(tmp_path / "w.xlsx")
        assert "\n" not in str(told.value)
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path / "none.xlsx")


def test_without_openpyxl_the_extra_is_named(saved, monkeypatch):
    path = saved(ITEMS)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"'\.\[xlsx\]'"):
        read_table(path)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([*ITEMS, ["Total", 280, 60.5]], "Is row 5 of w.xlsx, 'Total', the sum of the others"),
        (
            [[*row, 2 if k else "qty"] for k, row in enumerate(ITEMS)],
            "What does the column 'qty' of w.xlsx count",
        ),
        (
            [[*row, 2 if k else "Total"] for k, row in enumerate(ITEMS)],
            "Is the column 'Total' of w.xlsx the sum",
        ),
    ],
)
def test_sums_and_counts_are_asked_about(saved, rows, told):
    found = read_with_table("Pack at most 40", saved(rows))
    assert isinstance(found, Question)
    assert told in found.questions[0]


def test_names_that_are_broken_into_lines_are_one_line(saved, tmp_path):
    for path in (saved([["item", "value", "weight"], ["big\ntent", 60, 10]]), tmp_path / "n.csv"):
        if path.suffix == ".csv":
            path.write_text('item,value,weight\n"big\ntent",60,10\n')
        found = read_table(path)
        assert found.rows[0][1][0] == "big tent"
        assert "names that are broken into lines were read as one line" in found.notes


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_an_answer_is_parted_as_the_table_was(tmp_path, delimiter):
    path = tmp_path / ("w.tsv" if delimiter == "\t" else "w.csv")
    path.write_text("\n".join(delimiter.join(map(str, row)) for row in ITEMS))
    packing = read_with_table("Pack at most 40", path)
    written = answer_table(packing, [1, 0, 0], packing.answer([1, 0, 0]), path)
    assert written.splitlines()[1] == delimiter.join(["tent", "60", "10.5", "yes"])
