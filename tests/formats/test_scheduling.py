"""Job shops as their collections write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qualms.errors import DataError
from qualms.problems import JobShop
from qualms.solve import read_problem

MACHINES, DURATIONS = [[0, 1, 2], [0, 2, 1], [1, 2, 0]], [[3, 2, 2], [2, 1, 4], [4, 3, 1]]
STANDARD = "".join(
    " ".join(f"{m} {d}" for m, d in zip(a, b, strict=True)) + "\n"
    for a, b in zip(MACHINES, DURATIONS, strict=True)
)
TIMES = "".join(" ".join(map(str, row)) + "\n" for row in DURATIONS)
ORDERS = "".join(" ".join(str(m + 1) for m in row) + "\n" for row in MACHINES)
HEAD = "Nb of jobs, Nb of Machines, Time seed, Machine seed, Upper bound, Lower bound\n"
TAILLARD = f"{HEAD}  3  3  840612802  398197754  11  9\nTimes\n{TIMES}Machines\n{ORDERS}"
ORLIB = (
    f" instance toy\n\n +++++++++++++++++++++++++++++\n a toy of 3 jobs (Carlier)\n 3 3\n{STANDARD}\n "
    "+++++++++++++++++++++++++++++\n"
)


def read(folder: Path, text: str, name: str = "shop.txt", **given: object) -> JobShop:
    (folder / name).write_text(text)
    problem = read_problem(folder / name, **given)
    assert isinstance(problem, JobShop)
    return problem


@pytest.mark.parametrize("text", [
    f"3 3\n{STANDARD}", f"# best known 11\n3 3\n{STANDARD}", f"3 3\n{STANDARD}".replace("3", "3.0"), ORLIB,
    TAILLARD, " +++++\n instance toy \n +++++\n Three by three (ft)\n 3 3\n" + STANDARD,
])  # fmt: skip
def test_every_collection(tmp_path, text):
    problem = read(tmp_path, text)
    assert problem.machines.tolist() == MACHINES
    assert problem.durations.tolist() == DURATIONS
    assert read(tmp_path, text, kind="job shop").machines.tolist() == MACHINES


def test_two_tables_without_words(tmp_path):
    assert read(tmp_path, f"3 3\n{TIMES}{ORDERS}", kind="job shop").durations.tolist() == DURATIONS


def test_machines_keep_their_numbers(tmp_path):
    together = np.array([0, 3, 5, 0, 2, 5, 20, 24, 27])
    assert "machine 1: job 2 starts at 0 while another runs" in read(tmp_path, TAILLARD).violations(together)
    assert "machine 0: job 2 starts at 0 while another runs" in read(tmp_path, ORLIB).violations(together)


def test_several_instances(tmp_path):
    two = ORLIB + ORLIB.replace("instance toy", "instance other").replace("0 3 1 2 2 2", "0 9 1 2 2 2")
    with pytest.raises(DataError, match="2 instances: --set instance=… says which, of toy, other"):
        read(tmp_path, two)
    assert read(tmp_path, two, instance="other").durations[0, 0] == 9
    assert read(tmp_path, two, instance="toy").name == "toy"
    with pytest.raises(DataError, match="instance 'third'; the file has toy, other"):
        read(tmp_path, two, instance="third")
    pair = TAILLARD + TAILLARD.replace("3 2 2", "9 2 2")
    assert read(tmp_path, pair, instance="2").durations[0, 0] == 9


def test_rows_beyond_the_jobs_are_refused(tmp_path):
    with pytest.raises(DataError, match=":9: a row of numbers beyond the 3 jobs that line 5 tells"):
        read(tmp_path, ORLIB.replace(STANDARD, STANDARD + "0 9 1 9 2 9"))
    with pytest.raises(DataError, match=":1: nothing follows this line of names"):
        read(tmp_path, "nb of jobs, x\n")


@pytest.mark.parametrize("name", ["f.fjs", "f.txt"])
def test_flexible_shops_are_refused_by_name(tmp_path, name):
    with pytest.raises(DataError, match=":1: a flexible job shop"):
        read(tmp_path, "2 2 1.5\n2 1 1 5 2 1 3 2 4\n2 2 1 4 2 6 1 2 1\n", name, kind="job shop")


@pytest.mark.parametrize(("old", "new", "place"), [
    ("Machines\n1 2 3\n", "Machines\n1 2 4\n", ":8: machine 4 is not between 1 and 3"),
    ("Times\n3 2 2\n", "Times\n3 2\n", ":4: 2 numbers, where 3 machines are expected"),
    ("1 3 2\n", "", ": 5 rows, but 3 jobs have 3 rows"),
])  # fmt: skip
def test_broken_files_name_the_line(tmp_path, old, new, place):
    assert old in TAILLARD
    with pytest.raises(DataError) as error:
        read(tmp_path, TAILLARD.replace(old, new))
    assert place in str(error.value)


def test_small_job_shops_are_not_facilities(tmp_path):
    assert read(tmp_path, "3 3\n0 3 1 2 2 2\n0 2 2 1 1 4\n1 4 2 3 0 1\n").kind == "job shop"
    assert read(tmp_path, "2 4\n0 3 1 2 2 2 3 1\n0 2 2 1 1 4 3 2\n").kind == "job shop"
