"""Tables and characters in terminals that are narrow or lack characters."""

import codecs
import functools
import io
import sys
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from qualms.report import noise, tables
from qualms.report.characters import ERRORS, make_streams_lenient, readable, stand_in
from qualms.report.sheet import Sheet
from tests.records.sample import make_noise, make_record


def printed(sheet, width, encoding="utf-8"):
    """The lines that a terminal of that width gets."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=ERRORS)
    Console(file=file, width=width, color_system=None).print(sheet)
    file.flush()
    return [line.rstrip() for line in file.buffer.getvalue().decode(encoding).split("\n")][:-1]


def words(text):
    return [w for w in text.replace("│", " ").replace("┃", " ").split() if w]


def study():
    names = [
        "full",
        "lora",
        "qsl",
        "qsl/frozen-angles",
        "qsl/random-orthogonal",
        "qsl:mergeable@superpositional/lambda-zero",
    ]
    return [
        make_record(n, s, 8.412 + s + k, trained=1_234_567 + k) for k, n in enumerate(names) for s in range(3)
    ]


def noise_study():
    out = []
    for method in ("qsl", "qsl/frozen-angles"):
        for device in ("ideal", "fake_sherbrooke"):
            for shots in (None, 1000):
                record = make_noise(method, shots, 0, 1.987, device)
                condition = replace(record.payload.condition, mitigation="zne+readout" if shots else "none")
                cost = {
                    "circuits": 57600,
                    "two_qubit_gates": 22,
                    "device_seconds": 1234.5,
                    "device_dollars": 87654.3,
                }
                out.append(replace(record, payload=replace(record.payload, condition=condition, **cost)))
    return out


def devices():
    from qualms.analysis import readiness
    from qualms.cli import devices

    return [devices._table(readiness()), devices._sources()]


@functools.cache
def sheets():
    return [tables.terminal(study()), noise.sheet(noise_study()), *devices()]


@pytest.mark.parametrize("width", [200, 80, 60, 40, 20])
def test_every_cell_is_there_whole(width):
    """Names and numbers unbroken where a line has room for them, and texts with all their words in order,
    whatever the form of the table.
    """
    for sheet in sheets():
        lines = printed(sheet, width)
        assert max(map(cell_len, lines)) <= width
        assert "…" not in "".join(lines)
        assert not any(line.rstrip().endswith("…") for line in lines)
        found = [w for line in lines for w in words(line)]
        joined = "".join(found)
        for cell in {c for row in (sheet.header, *sheet.rows) for c in row}:
            for word in cell.split():
                if cell_len(word) + 4 <= width:
                    assert word in found or f"{word}:" in found, (width, word)
                else:
                    assert word in joined or width < 30
            if cell_len(cell) <= 24 and width >= 60:
                assert (
                    any(" ".join(cell.split()) in " ".join(line.split()) for line in lines)
                    or cell in sheet.header
                ), (width, cell)


def test_columns_go_below_each_other_and_rows_into_blocks():
    sheet = Sheet(
        ["name", "first", "second", "third"], [["ab", "1.23 ± .04", "22", "333"], ["c", "5", "66", "777"]]
    )
    assert sum("ab" in line for line in printed(sheet, 60)) == 1
    assert sum("ab" in line for line in printed(sheet, 22)) == 3
    long = Sheet(
        ["name", "first", "second"],
        [["variational classifier, 10 qubits", "40 · 0.93 · $0.41", "40 · 0.89 · $0.41"]],
    )
    assert any("variational classifier, 10 qubits" in line for line in printed(long, 80))
    assert printed(sheet, 11)[:4] == ["name: ab", "  first:", "  1.23 ±", "  .04"]
    assert printed(sheet, 18)[:4] == ["name: ab", "  first:", "  1.23 ± .04", "  second: 22"]


def test_brackets_in_cells_are_text_and_not_markup():
    assert "[bold]x[/]" in " ".join(printed(Sheet(["a", "b"], [["[bold]x[/]", "[1]"]]), 80))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp949", "latin-1", "koi8-r"])
def test_tables_stay_straight_in_every_encoding(encoding):
    lines = printed(Sheet(["λ", "±"], [["é ≤ 中", "1 ± 2"], ["plain", "3"]]), 60, encoding)
    frame = [line for line in lines if line.strip()]
    assert len({cell_len(line) for line in frame}) == 1, lines
    assert "?" not in "".join(lines)


def test_stand_ins_are_ascii_and_readable():
    expected = {
        "–": "-",
        "—": "-",
        "λ": "lambda",
        "Σ": "Sigma",
        "±": "+/-",
        "≤": "<=",
        "→": "->",
        "─": "-",
        "┃": "|",
        "┼": "+",
        "…": "...",
        "é": "e",
        "²": "^2",
        "₀": "_0",
        "½": "1/2",
        "∞": "inf",
        "⟨": "<",
        "●": "*",
        "\u2003": " ",
        "中": "\\u4e2d",
        "😀": "\\U0001f600",
    }
    assert {c: stand_in(c) for c in expected} == expected
    assert all(stand_in(chr(code)).isascii() for code in range(0x80, 0xD800))
    assert readable("λ ± –", "cp1252") == "lambda ± –"
    assert readable("λ ± –", "utf-8") == "λ ± –"


def test_names_of_files_that_are_no_text_go_out_as_their_bytes():
    assert "a\udcff.txt".encode("utf-8", ERRORS) == b"a\xff.txt"


def test_streams_keep_their_encoding_and_get_no_error(monkeypatch):
    for encoding in ("ascii", "cp949", "utf-8"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", stream)
        make_streams_lenient()
        stream.write("5 ± 1 – λ 中\n")
        stream.flush()
        assert stream.buffer.getvalue().decode(encoding).startswith("5 ")
    monkeypatch.setattr(sys, "stdout", None)  # a process without streams
    make_streams_lenient()
    assert codecs.lookup_error(ERRORS)
