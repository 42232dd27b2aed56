"""Every option is looked at before the work, and refused in one line that names it."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest

from qualms.cli import main


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """Run the command in this process; the line that it ends with."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> str:
        monkeypatch.setattr(sys, "argv", ["qualms", *map(str, words)])
        with pytest.raises(SystemExit) as caught:
            main.run()
        shown = capsys.readouterr()
        assert caught.value.code == 2
        assert shown.out == ""
        (line,) = shown.err.splitlines()
        assert "pydantic" not in line
        return line.removeprefix("qualms: ")

    yield run
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(("qualms-", ".qualms"))]


def rows(path: Path, count: int = 20) -> Path:
    path.write_text("text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(count)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["tune", "lora", "--lr", "0"], "--lr 0: must be greater than 0"),
        (["tune", "lora", "--lr", "nan"], "--lr nan: must be a finite number"),
        (["tune", "lora", "--lr", "inf"], "--lr inf: must be a finite number"),
        (["tune", "lora", "--lr", "-0.1"], "--lr -0.1: must be greater than 0"),
        (["tune", "lora", "--lr", "1e31"], "--lr 1e+31: must be less than or equal to 1e+15"),
        (["tune", "lora", "--seed", "-1"], "--seed -1: must be greater than or equal to 0"),
        (["tune", "lora", "--seed", 2**32], f"--seed {2**32}: must be less than or equal to {2**32 - 1}"),
        (["tune", "lora", "--steps", "0"], "--steps 0: must be greater than or equal to 1"),
        (["tune", "lora", "--batch-size", "-3"], "--batch-size -3: must be greater than or equal to 1"),
        (["tune", "lora", "--optim", "sgd"], "--optim sgd: unknown; choose one of adamw, superpositional"),
        (["tune", "lora", "-s", "seeds=[1]"], "--set seeds: also given by --seed; give one of them"),
        (["tune", "lora", "-s", "weight_decay=.nan"], "--set weight_decay nan: must be a finite number"),
        (
            ["tune", "lora", "-s", "learning_rates.lora=-1"],
            "--set learning_rates.lora -1: must be greater than 0",
        ),
        (["compare", "--seeds", "1,1"], "--seeds 1,1: 1 occurs twice"),
        (
            ["compare", "--front", ".", "--methods", "lora", "--json"],
            "--methods: goes with training, and --front trains nothing",
        ),
        (
            ["compare", "--out", "o", "--dry-run", "--front", "."],
            "--dry-run: goes with training, and --front trains nothing",
        ),
        (
            ["compare", "--front", ".", "-s", "steps=1"],
            "--set: goes with training, and --front trains nothing",
        ),
        (["compare", "--seeds", "1,1.0"], "--seeds 1,1.0: 1.0 occurs twice"),
        (
            ["compare", "--seeds", "1,x"],
            "--seeds 1,x: integers from 0 to 4,294,967,295 with commas between, not 'x'",
        ),
        (
            ["compare", "--seeds", ""],
            "--seeds '': integers from 0 to 4,294,967,295 with commas between; there is none",
        ),
        (
            ["compare", "--seeds", "0,-1"],
            "--seeds 0,-1: integers from 0 to 4,294,967,295 with commas between, not '-1'",
        ),
        (["compare", "--methods", "lora,lora"], "--methods lora,lora: lora occurs twice"),
        (["compare", "--methods", ","], "--methods []: must have at least 1 entry, and has 0"),
        (["compare", "--workers", "0"], "--workers 0: must be greater than or equal to 1"),
        (["compare", "--workers", "100000"], "--workers 100000: must be less than or equal to 256"),
        (
            ["compare", "--executor", "threads"],
            "--executor threads: unknown executor 'threads'; there are processes, ray, ray:ADDRESS",
        ),
        (["compare", "-s", "steps=3", "-s", "steps=4"], "--set steps: given twice"),
        (
            ["compare", "--steps", "3", "-s", "steps=4"],
            "--set steps: also given by --steps; give one of them",
        ),
        (["compare", "-s", "stepz=3"], "--set stepz: unknown key 'stepz'; did you mean 'steps'?"),
        (
            ["compare", "-s", "search.stepz=3"],
            "--set search.stepz: unknown key 'search.stepz'; did you mean 'search.steps'?",
        ),
        (
            ["compare", "-s", "skip_bad_rows=no"],
            "--set skip_bad_rows=no: no may be read as true or false or as text",
        ),
        (["evaluate", "nowhere", "--examples", "1"], "--examples 1: a finite number of at least 2"),
        (["evaluate", "nowhere", "--max-new-tokens", "0"], "--max-new-tokens 0: must be from 1 to 100,000"),
        (
            ["generate", "nowhere", "x", "--max-new-tokens", 10**9],
            "--max-new-tokens 1000000000: must be from 1 to 100,000",
        ),
        (
            ["noise", "nowhere", "--shots", "0"],
            "--shots 0: integers from 1 to 1,000,000,000 with commas between, not '0'",
        ),
        (["noise", "nowhere", "--shots", "100,1e2"], "--shots 100,1e2: 1e2 occurs twice"),
        (
            ["noise", "nowhere", "--scales", "nan"],
            "--scales nan: numbers from 0 to 1,000 with commas between, not 'nan'",
        ),
        (
            ["noise", "nowhere", "--scales", "-1"],
            "--scales -1: numbers from 0 to 1,000 with commas between, not '-1'",
        ),
        (["noise", "nowhere", "--seeds", "0,0"], "--seeds 0,0: 0 occurs twice"),
        (["noise", "nowhere", "--examples", "1"], "--examples 1: a finite number of at least 2"),
        (["noise", "nowhere", "--max-cost", "nan"], "--max-cost nan: a finite number of at least 0"),
        (["noise", "nowhere", "--max-cost", "inf"], "--max-cost inf: a finite number of at least 0"),
        (["analyze", "--qubits", "11"], "--qubits 11: must be from 1 to 10"),
        (["analyze", "--layers", "0"], "--layers 0: must be from 1 to 1,000"),
        (["analyze", "--tokens", "0"], "--tokens 0: must be from 1 to 1,000,000"),
        (["analyze", "--seed", "-1"], "--seed -1: must be from 0 to 4,294,967,295"),
        (
            ["analyze", "--plateau", "2,99"],
            "--plateau 2,99: integers from 1 to 14 with commas between, not '99'",
        ),
        (["analyze", "--plateau", "2,2"], "--plateau 2,2: 2 occurs twice"),
        (["analyze", "--gradient", "adjoint"], "--gradient adjoint: must be parameter-shift or spsa"),
    ],
)
def test_options_out_of_bounds(refused, words, line):
    assert refused(*words).startswith(line)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["solve", "--tme", "3", "x"], "no such option: --tme (.*--time.*); see qualms solve --help"),
        (["solve", "x", "--time", "abc"], "invalid value for '--time': .*; see qualms solve --help"),
        (["solve", "x", "--time"], "option '--time' requires an argument; see qualms solve --help"),
        (["solve"], "missing argument '.*'; see qualms solve --help"),
        (["solve", "x", "y"], "got unexpected extra argument.*y.*; see qualms solve --help"),
        (["compare", "--dry-run=3"], "option '--dry-run' does not take a value; see qualms compare --help"),
        (["export", "x"], "missing option '--out'; see qualms export --help"),
        (
            ["export", "x", "--out", "y", "--to", "z"],
            "invalid value for '--to': 'z' is not one of 'lora', .*",
        ),
        (["slove"], "no such command 'slove'.*solve.* [Ss]ee qualms --help"),
        (["--tme"], "no such option: --tme.* see qualms --help"),
    ],
)
def test_a_command_line_with_a_mistake_is_told_in_one_line(refused, words, line):
    assert re.fullmatch(line, refused(*words))


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["analyze", ""], "adapter"),
        (["analyze", "--records", ""], "--records"),
        (["analyze", "--model", ""], "--model"),
        (["compare", "--out="], "--out"),
        (["compare", "--recipe", ""], "--recipe"),
        (["compare", "--data", ""], "--data"),
        (["evaluate", "x", "--base", " "], "--base"),
        (["export", "x", "--out", ""], "--out"),
        (["export-records", "x", "--out", ""], "--out"),
        (["generate", ""], "adapter"),
        (["noise", "x", "--twin", "y", "--twin", ""], "--twin"),
        (["noise", "x", "--out", ""], "--out"),
        (["report", ""], "folder"),
        (["report", "x", "--out", ""], "--out"),
        (["solve", ""], "file"),
        (["solve", "x", "--out", ""], "--out"),
        (["solve", "x", "--report", ""], "--report"),
        (["solve", "x", "--store", ""], "--store"),
        (["tune", "lora", "--out", ""], "--out"),
    ],
)
def test_an_empty_path_is_not_the_current_folder(refused, words, where):
    told = refused(*words).replace("FILE", "file").replace("ADAPTER", "adapter").replace("FOLDER", "folder")
    assert re.match(rf"invalid value for '.*{where}.*': it is empty; give the name of", told)


def test_every_path_of_every_command_is_read_by_the_parser_that_refuses_empty_ones():
    for name in main.COMMANDS:
        module = import_module(f"qualms.cli.{name.replace('-', '_')}")
        for hint in get_type_hints(module.command, include_extras=True).values():
            if get_origin(hint) is Annotated and "Path" in str(get_args(hint)[0]):
                assert get_args(hint)[1].parser is not None, (name, hint)


def test_without_a_command_all_are_listed(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["qualms"])
    with pytest.raises(SystemExit) as caught:
        main.run()
    shown = capsys.readouterr()
    assert caught.value.code in (0, 2)
    assert "doctor" in shown.out + shown.err


def test_recipes_name_the_file(refused, tmp_path):
    (tmp_path / "r.yaml").write_text("steps: 0\n")
    assert refused("compare", "--recipe", "r.yaml") == "r.yaml: steps 0: must be greater than or equal to 1"


def test_a_batch_larger_than_the_data_set(refused, tmp_path):
    rows(tmp_path / "d.csv")
    line = refused(
        "tune", "lora", "--task", "classify", "--model", "base", "--data", "d.csv", "--batch-size", 500
    )
    assert line == "batch_size 500: the batch is larger than the training split, which has 16 examples"


@pytest.mark.parametrize(
    "words", [["compare"], ["tune", "lora"], ["noise", "nowhere"], ["export", "nowhere"]]
)
def test_folders_that_cannot_be_used_are_refused_before_anything_is_read(refused, tmp_path, words):
    (tmp_path / "file").write_text("mine")
    assert refused(*words, "--out", "file").startswith("--out file cannot be used, because it is a file")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_page_that_cannot_be_written_is_refused_before_the_work(refused, tmp_path):
    (tmp_path / "run" / "report.html").mkdir(parents=True)
    assert refused("compare", "--out", "run").startswith("--out run/report.html is a folder")
    (tmp_path / "run" / "records.jsonl").write_text("")
    assert refused("report", "run", "--out", "none/page.html").startswith(
        "--out none/page.html: there is no folder"
    )
    assert refused("report", "run", "--out", "run/records.jsonl").startswith(
        "--out run/records.jsonl is the file that is read"
    )


def test_what_is_to_be_known_of_the_data_is_printed_before_the_work(monkeypatch, capsys, tmp_path):
    (tmp_path / "d.csv").write_text(
        "text;label\n" + "".join(f"text {i};{i % 2}\n" for i in range(20)), encoding="utf-8"
    )
    monkeypatch.setattr(
        sys,
        "argv",
        [
            "qualms",
            "compare",
            "--dry-run",
            "--task",
            "classify",
            "--model",
            "base",
            "--data",
            str(tmp_path / "d.csv"),
        ],
    )
    with pytest.raises(SystemExit) as caught:
        main.run()
    assert not caught.value.code
    shown = capsys.readouterr()
    first, *_ = shown.err.splitlines()
    assert first.startswith("preparing a comparison in qualms-run: full, lora, prefix, qsl, qsl:mergeable")
    assert "separated by semicolons" in shown.err
    assert "'train': 16" in shown.out
