"""Rows of tables."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualms.data.table import read_rows
from qualms.data.text import Text
from qualms.errors import DataError


def text(content: str) -> Text:
    return Text(Path("t.csv"), content)


def test_quotes_lines_and_blanks() -> None:
    found = read_rows(text('a,b\n\n"x\ny","1,100"\n , \nz,"say ""no"""\n'))
    assert found == [(1, ["a", "b"]), (3, ["x\ny", "1,100"]), (6, ["z", 'say "no"'])]


def test_tabs_have_no_quotes() -> None:
    assert read_rows(text('a\tb\n"x\t1\ny"\t2\n'), "\t") == [
        (1, ["a", "b"]),
        (2, ['"x', "1"]),
        (3, ['y"', "2"]),
    ]


def test_long_fields_are_read_and_the_limit_of_the_process_stays() -> None:
    before = csv.field_size_limit()
    assert read_rows(text("a,b\n" + "x" * 200_000 + ",1\n"))[1][1] == ["x" * 200_000, "1"]
    with pytest.raises(DataError, match=r"t\.csv:2: a field of more than 10,000,000"):
        read_rows(text("a,b\n" + "x" * 10_000_001 + ",1\n"))
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_rows_that_are_too_long_can_be_left_out(delimiter: str) -> None:
    """The rows after one are found again, also after one of several lines in quotation marks."""
    quoted = "" if delimiter == "\t" else f'"{"x" * 6_000_000}\n{"y" * 6_000_000}"{delimiter}2\n'
    source = text(f"a{delimiter}b\n{'x' * 10_000_001}{delimiter}1\n{quoted}last{delimiter}3\n")
    told: list[int] = []
    rows = read_rows(source, delimiter, lambda line, reason: told.append(line))
    assert [row for _, row in rows] == [["a", "b"], ["last", "3"]]
    assert told == ([2] if delimiter == "\t" else [2, 3])


@pytest.mark.parametrize("content", ['a,b\nx,"y\nz,1\n', 'a,b\n"x"y,1\n'])
def test_broken_quotes_name_the_line(content: str) -> None:
    with pytest.raises(DataError, match=r"t\.csv:2: not CSV"):
        read_rows(text(content))


@pytest.mark.parametrize("row", ['a, "pos"', 'a;x, "pos, neg"', '"b,c", "pos" ', ',  "pos"', 'x, "'])
def test_quotation_marks_behind_a_space_are_refused(row: str) -> None:
    with pytest.raises(DataError, match=r"t\.csv:2: a space before a quotation mark, in ' .*; take"):
        read_rows(text(f"text,label\n{row}\nb,neg\n"))
    told: list[int] = []
    rows = read_rows(text(f"text,label\n{row}\nb,neg\n"), ",", lambda line, reason: told.append(line))
    assert told == [2]
    assert [line for line, _ in rows] == [1, 3]


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ('a, "so" he said', ["a", ' "so" he said']),
        ('a," ""pos"""', ["a", ' "pos"']),
        ('"x, ""y\n, ""z"""," ""pos"""', ['x, "y\n, "z"', ' "pos"']),
        ("a, pos", ["a", " pos"]),
    ],
)
def test_quotation_marks_within_a_text_stay(row: str, fields: list[str]) -> None:
    assert read_rows(text(f"text,label\n{row}\n"))[1][1] == fields


@given(st.lists(st.lists(st.text("ab \",;\n'"), min_size=2, max_size=4), min_size=1))
def test_what_csv_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    kept = [row for row in rows if any(field.strip() for field in row)]
    assert [row for _, row in read_rows(text(path.read_text(encoding="utf-8")))] == kept
