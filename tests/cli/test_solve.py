"""`qualms solve` as a user meets it."""

import json
import os
import re
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from qualms.errors import QualmsWarning
from qualms.records import read_records
from tests.forked import qualms


def command(*words):
    return [sys.executable, "-m", "qualms.cli.main", "solve", *map(str, words)]


def run(*words):
    return qualms("solve", *words)


@pytest.fixture
def graph(tmp_path):
    path = tmp_path / "ring.txt"
    path.write_text("6 6\n" + "".join(f"{k + 1} {(k + 1) % 6 + 1} 1\n" for k in range(6)))
    return path


def test_json_has_what_programs_read(graph, tmp_path):
    done = run(
        graph,
        "--time",
        "2",
        "--json",
        "--out",
        tmp_path / "ring.sol",
        "--report",
        tmp_path / "ring.html",
        "--solver",
        "exact",
        "--solver",
        "qaoa:depth=1,shots=20",
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.keys() >= {
        "objective",
        "feasible",
        "violations",
        "bound",
        "gap",
        "solution",
        "arms",
        "quadrant",
        "seconds",
        "status",
        "conflict",
    }
    assert (told["objective"], told["bound"], told["gap"], told["status"]) == (6, 6, 0.0, "optimal")
    assert {a["solver"] for a in told["arms"]} == {
        "random",
        "greedy",
        "exact",
        "qaoa:depth=1,shots=20",
        "qaoa:depth=1,shots=20/placebo",
        "qaoa:depth=1,shots=20/annealed",
        "qaoa:depth=1,shots=20/gaussian",
    }
    assert sorted((tmp_path / "ring.sol").read_text().split()) == ["0"] * 3 + ["1"] * 3
    page = (tmp_path / "ring.html").read_text()
    assert "qaoa:depth=1,shots=20/placebo" in page
    assert "One run is no evidence" in page


def test_infeasible_models_end_with_three_and_say_what_conflicts(tmp_path):
    path = tmp_path / "none.lp"
    path.write_text(
        "Minimize\n x\nSubject To\n least: x + y >= 5\n most: x + y <= 3\nBounds\n x <= 9\n y <= "
        "9\nGeneral\n x y\nEnd\n"
    )
    done = run(path, "--time", "2")
    assert done.returncode == 3
    assert "infeasible" in done.stdout
    assert "least" in done.stdout
    assert "most" in done.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("words", [("solve", "labs:8", "--rounds", "1", "--json"), ("devices",), ("--help",)])
def test_standard_output_on_a_full_disk_is_one_line(words):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "qualms.cli.main", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("qualms: standard output cannot be written: ")
    assert "Traceback" not in done.stderr


def test_mistakes_are_one_line(graph, tmp_path, monkeypatch, capsys):
    """In this process: what reaches the user's stderr, and the status."""
    from qualms.cli import main

    (tmp_path / "cut.vrp").write_text("NAME : a\nTYPE : CVRP\n")
    for words, reason in (
        ((graph, "--solver", "abacus"), "unknown solver 'abacus'"),
        ((graph, "--set", "most=3"), "has no setting 'most'"),
        ((graph, "--set", "most"), "KEY=VALUE"),
        ((tmp_path / "none.txt",), "No such file"),
        ((tmp_path / "cut.vrp",), "no known format"),
        ((graph, "--time", "-1"), "-1"),
        ((graph, "--kind", "sudoku"), "kind 'sudoku' is unknown"),
    ):
        monkeypatch.setattr(sys, "argv", ["qualms", "solve", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main.run()
        told = capsys.readouterr().err
        assert ended.value.code == 2
        assert told.startswith("qualms: "), told
        assert len(told.strip().splitlines()) == 1
        assert reason in told


def called(monkeypatch, capsys, *words):
    """In this process: the status, and what was printed."""
    from qualms.cli import main

    monkeypatch.setattr(sys, "argv", ["qualms", "solve", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main.run()
    return ended.value.code or 0, capsys.readouterr()


def test_places_of_files_are_looked_at_before_the_work(graph, tmp_path, monkeypatch, capsys):
    for words, reason in (
        (("--out", tmp_path / "none" / "x.sol"), "--out .*: there is no folder .*none"),
        (("--report", tmp_path / "none" / "x.html"), "--report .*: there is no folder"),
        (("--out", tmp_path), "--out .* is a folder; give the name of a file"),
        (("--out", graph), "--out .* is the file that is read"),
        (("--out", tmp_path / "x", "--report", tmp_path / "x"), "--out and --report are the same file"),
        (("--set", "most=3", "--set", "most=4"), "--set most is given twice: '3' and '4'"),
        (("--set", "mosst=3"), "unknown setting 'mosst'"),
        (("--time", "nan"), "nan seconds; it must be a finite number"),
    ):
        status, told = called(monkeypatch, capsys, graph, *words)
        assert (status, told.out) == (2, "")
        assert re.search(reason, told.err), told.err
        assert len(told.err.splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == [graph.name]


def test_the_answer_is_printed_whatever_happens_to_the_files(graph, monkeypatch, capsys):
    """/dev/full takes no byte."""
    status, told = called(monkeypatch, capsys, graph, "--time", "0.5", "--out", "/dev/full")
    assert status == 2
    assert "Proven optimal: no cut is larger than 6" in told.out
    assert "No space left" in told.err.splitlines()[-1]
    status, told = called(monkeypatch, capsys, graph, "--time", "0.5", "--out", "/dev/full", "--json")
    assert (status, json.loads(told.out)["objective"]) == (2, 6)


def test_a_store_keeps_a_record_of_every_arm_and_the_report_shows_seeds_and_twins(
    graph, tmp_path, monkeypatch, capsys
):
    store = tmp_path / "store"
    words = [
        graph,
        "--time",
        "20",
        "--rounds",
        "1",
        "--solver",
        "qaoa:depth=1,shots=20",
        "--solver",
        "annealing",
        "--store",
        store,
    ]
    for seed in (0, 1):
        status, told = called(monkeypatch, capsys, *words, "--seed", seed)
        assert status == 0
        assert f"written: {store}" in told.out
    from qualms.cli import main

    records = read_records(store)
    by = {(r.method, r.seed): r for r in records}
    assert {m for m, _ in by} == {
        "random",
        "greedy",
        "qaoa:depth=1,shots=20",
        "qaoa:depth=1,shots=20/placebo",
        "qaoa:depth=1,shots=20/annealed",
        "qaoa:depth=1,shots=20/gaussian",
        "annealing",
    }
    assert by["qaoa:depth=1,shots=20/placebo", 1].twin_of == "qaoa:depth=1,shots=20"
    assert by["qaoa:depth=1,shots=20", 0].quadrant.is_quantum
    assert by["qaoa:depth=1,shots=20", 0].cost.shots >= 20
    assert by["qaoa:depth=1,shots=20/placebo", 0].cost.shots == 0  # nothing quantum was measured
    assert len({r.task_id for r in records}) == 1
    assert sum(r.payload.picture is not None for r in records) == 2  # one a run, with the winner
    status, told = called(monkeypatch, capsys, *words, "--seed", 0)
    assert "has 7 of these 7 runs already" in told.err
    assert len(read_records(store)) == len(records)
    again = tmp_path / "elsewhere.mc"
    again.write_bytes(Path(graph).read_bytes())
    called(monkeypatch, capsys, again, *words[1:], "--seed", 2)
    assert {r.task_id for r in read_records(store)} == {records[0].task_id}  # by content, not by name
    monkeypatch.setattr(sys, "argv", ["qualms", "report", str(store)])
    with pytest.raises(SystemExit):
        main.run()
    printed = capsys.readouterr().out
    assert "3 seeds" in printed
    assert "classical twin qaoa:depth=1,shots=20/placebo" in printed
    assert "<svg" in (store / "report.html").read_text()


def test_two_runs_of_other_company_are_other_runs(graph, tmp_path, monkeypatch, capsys):
    """Arms share the time: alone a solver has another budget than beside a second one."""
    words = [graph, "--time", "5", "--rounds", "1", "--store", tmp_path / "store", "--solver", "annealing"]
    for more in ((), ("--solver", "tabu")):
        assert called(monkeypatch, capsys, *words, *more)[0] == 0
    records = read_records(tmp_path / "store")
    assert len({r.task_id for r in records}) == 2
    assert sum(r.method == "annealing" for r in records) == 2


def test_a_store_that_cannot_be_used_is_told_before_the_work(graph, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    status, told = called(monkeypatch, capsys, graph, "--time", "0.5", "--store", tmp_path / "file")
    assert (status, told.out) == (2, "")
    assert "--store" in told.err
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "records.jsonl").write_text("mine\n")
    status, told = called(monkeypatch, capsys, graph, "--time", "0.5", "--store", tmp_path / "foreign")
    assert (status, told.out) == (2, "")
    assert "records.jsonl:1" in told.err
    assert (tmp_path / "foreign" / "records.jsonl").read_text() == "mine\n"


def test_what_a_file_left_open_is_told(tmp_path, monkeypatch, capsys):
    path = tmp_path / "m.lp"
    path.write_text("Minimize\n x\nSubject To\n c1: x - 1 >= 2\nGeneral\n x\nEnd\n")
    status, told = called(monkeypatch, capsys, path, "--time", "1")
    assert status == 0
    assert "note: line 4: the constant -1" in " ".join(told.out.split())
    status, told = called(monkeypatch, capsys, path, "--time", "1", "--set", "constants=move", "--json")
    found = json.loads(told.out)
    assert (found["objective"], found["notes"], found["variables"], found["solution"]) == (
        3,
        [],
        ["x"],
        [3.0],
    )


def test_warnings_are_part_of_what_is_printed(graph, monkeypatch, capsys):
    from qualms.cli import solve as command

    solved = command.solve

    def warning(*given):
        of_a_device = "no T1 of qubit 3:\ntaken as infinite"
        for text in (of_a_device, of_a_device, "another"):
            warnings.warn(text, QualmsWarning, stacklevel=1)
        return solved(*given)

    monkeypatch.setattr(command, "solve", warning)
    words = (graph, "--rounds", "1", "--solver", "exact")
    status, told = called(monkeypatch, capsys, *words, "--json")
    assert (status, told.err) == (0, "")
    assert json.loads(told.out)["warnings"] == ["no T1 of qubit 3: taken as infinite", "another"]
    status, told = called(monkeypatch, capsys, *words)
    assert told.out.count("warning: no T1 of qubit 3: taken as infinite") == 1
    monkeypatch.setattr(command, "solve", solved)
    _, told = called(monkeypatch, capsys, *words, "--json")
    assert json.loads(told.out)["warnings"] == []


@pytest.mark.parametrize(("solver", "race"), [("highs", ()), ("annealing", ("--race", "--cores", "1"))])
def test_ctrl_c_keeps_the_best_so_far_and_says_so(tmp_path, solver, race):
    import numpy as np

    rng = np.random.default_rng(0)
    i, j = np.triu_indices(60, 1)
    path = tmp_path / "g.txt"
    weights = rng.choice([-1, 1], len(i))
    path.write_text(
        f"60 {len(i)}\n" + "".join(f"{a + 1} {b + 1} {w}\n" for a, b, w in zip(i, j, weights, strict=True))
    )
    work = subprocess.Popen(
        command(path, "--time", "120", "--solver", solver, *race),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    first = next(line for line in work.stderr if solver in line)  # it has an answer
    work.send_signal(signal.SIGINT)
    out, err = work.communicate(timeout=90)
    assert work.returncode == 0, err
    assert "found by" in out
    assert "The run was interrupted after" in out
    assert first.split()[-1].isdigit()


def test_a_race_answers_as_a_run_does_and_its_records_say_what_it_was(graph, tmp_path, monkeypatch, capsys):
    store = tmp_path / "store"
    words = [graph, "--race", "--time", "20", "--cores", "2", "--solver", "annealing", "--solver", "tabu"]
    status, told = called(monkeypatch, capsys, *words, "--store", store, "--json")
    assert status == 0
    answer = json.loads(told.out)
    assert answer["status"] == "optimal"
    assert {a["solver"] for a in answer["arms"]} == {"random", "greedy", "annealing", "tabu"}
    assert {r.payload.limits["race_cores"] for r in read_records(store)} == {2}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--gap", "1%"], "--gap is for races; add --race"),
        (["--cores", "2"], "--cores is for races; add --race"),
        (["--race", "--rounds", "2"], "--rounds cannot be combined with --race"),
        (["--race", "--gap", "5"], "must be a share such as 0.5%"),
        (["--race", "--gap", "-1%"], "must be a share such as 0.5%"),
        (["--race", "--gap", "close"], "must be a share such as 0.5%"),
        (["--race", "--cores", "0"], "cores=0 must be an integer of at least 1"),
    ],
)
def test_options_of_races_are_looked_at_before_the_work(graph, monkeypatch, capsys, words, told):
    status, printed = called(monkeypatch, capsys, graph, *words)
    assert status == 2
    assert told in printed.err
