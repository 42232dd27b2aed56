"""Graphs and quadratic forms: encodings, numbers, and comments that carry numbers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from qualms.errors import DataError
from qualms.solve import Limits, read_problem, solve

COO = (
    "c id : 3\nc scale : 2.0\nc offset : 100.0\np qubo 0 3 3 2\nc linear terms\n0 0 -1.0\n1 1 -1.5\n2 "
    "2 2.0\nc quadratic terms\n0 1 2.0\n1 2 -3.0\n"
)


def write(folder: Path, text: str, name: str = "a.txt") -> Path:
    (folder / name).write_bytes(text.encode())
    return folder / name


def test_numbers_in_comments_are_told(tmp_path):
    problem = read_problem(write(tmp_path, COO, "o.qubo"))
    assert problem.objective(np.array([0, 1, 1])) == -2.5
    assert [n.split(" was")[0] for n in problem.notes] == [
        "line 2: the comment 'c scale : 2.0'",
        "line 3: the comment 'c offset : 100.0'",
    ]
    assert solve(problem, Limits(1), ["exact"]).to_dict()["notes"] == list(problem.notes)
    assert read_problem(write(tmp_path, "c a plain comment of 3 words\n2 1\n1 2 1\n")).notes == ()


def test_dimods_own_text(tmp_path):
    import dimod
    from dimod.serialization import coo

    rng = np.random.default_rng(0)
    for vartype in ("SPIN", "BINARY"):
        model = dimod.BQM.from_qubo(
            {(i, j): float(rng.integers(-4, 5)) for i in range(4) for j in range(i, 4)}
        ).change_vartype(vartype, inplace=False)
        model.offset = 0
        text = coo.dumps(model, vartype_header=True)
        problem = read_problem(write(tmp_path, text))
        assert problem.kind == ("ising" if vartype == "SPIN" else "qubo")
        for _ in range(6):
            x = rng.choice([-1, 1] if vartype == "SPIN" else [0, 1], 4)
            assert float(problem.objective(x)) == pytest.approx(model.energy(dict(enumerate(x))))


@pytest.mark.parametrize(("text", "kind"), [
    ("\ufeff3 3\r\n1 2 1\r\n2 3 1\r\n1 3 1\r\n\x1a", "maxcut"),
    ("3.0 3.0\n1.0 2 1\n2 3 1e0\n1 3 1\n", "maxcut"), ("p edge 3 1.0\ne 1 2.0\n", "independent set"),
    ("2.0\n0 1\n1 0\n0 2\n2 0.0\n", "quadratic assignment"),
])  # fmt: skip
def test_encodings_and_whole_numbers_with_a_point(tmp_path, text, kind):
    assert read_problem(write(tmp_path, text)).kind == kind


def test_weights_of_dimacs_edges(tmp_path):
    text = "p edge 3 3\ne 1 2 5\ne 2 3 7\ne 1 3 1\nn 1 4\n"
    cut = read_problem(write(tmp_path, text), kind="maxcut")
    assert cut.objective(np.array([0, 1, 0])) == 12
    assert "weights of nodes" in cut.notes[0]
    assert "weights of edges were not used" in read_problem(write(tmp_path, text)).notes[0]
    with pytest.raises(DataError, match=":3: an edge is given twice, with two different weights"):
        read_problem(write(tmp_path, "p edge 2 2\ne 1 2 5\ne 2 1 6\n"), kind="maxcut")


def test_large_and_repeated_numbers(tmp_path):
    assert "1 pairs of nodes are given again" in read_problem(write(tmp_path, "2 2\n1 2 1\n2 1 1\n")).notes[0]
    for text, kind, place in (
        ("1 4\n1 2 9007199254740993 4 5\n", "mixed integer", ":2: "),
        ("2\n0 1\n1 0\n0 2\n2 1e30\n", "quadratic assignment", ":5: "),
        ("1000000000 1\n1 2\n", None, ":1: "),
        ("2 1\n1 2 1e50\n", None, ":2: '1e50'"),
        ("p edge 1000000000 1\ne 1 2\n", None, ":1: "),
        (
            "2\n.01 .1\n.02 .2\n1 1 1\n1 2 .5\n2 2 .7\n",
            "portfolio",
            ":6: a correlation of asset 2 with itself",
        ),
        ("2 1\n1 2 " + "1" * 5000 + "\n", None, ":2: "),
    ):
        with pytest.raises(DataError, match=place):
            read_problem(write(tmp_path, text), kind=kind)


def test_spins_of_a_constrained_model_are_told(tmp_path):
    import dimod

    model = dimod.CQM()
    model.set_objective(dimod.Spin("s") + dimod.Binary("b"))
    with model.to_file() as file:
        (tmp_path / "m.cqm").write_bytes(file.read())
    assert read_problem(tmp_path / "m.cqm").notes == (
        "1 spins (s) were turned into bits x: the spin is 2 x − 1",
    )


@pytest.mark.parametrize("word", ["1_0", "٣", "1,5", "nan", "1d3"])
def test_python_would_read_more_than_a_number(tmp_path, word):
    with pytest.raises(DataError, match=":2: "):
        read_problem(write(tmp_path, f"30 1\n1 2 {word}\n"))


def test_rudy_files(tmp_path):
    graph = read_problem(write(tmp_path, "3 3\n1 2 1\n2 3 -2\n1 3\n"))
    assert (graph.kind, graph.size, graph.objective([0, 1, 0])) == ("maxcut", 3, -1)
    form = read_problem(write(tmp_path, "2 3\n1 1 -5\n1 2 3\n2 2 1\n", "b.sparse"))
    assert (form.kind, form.objective([1, 1])) == ("qubo", 2)  # off-diagonal entries count twice
    coo = read_problem(write(tmp_path, "c a comment\np qubo 0 3 2 1\n0 0 1.5\n2 2 -1\n0 2 3\n", "c.qubo"))
    assert coo.objective([1, 0, 1]) == Fraction(7, 2)


def test_dimacs_graphs_are_simple(tmp_path):
    problem = read_problem(write(tmp_path, "c\nc two ways\np edge 2 2\ne 1 2\ne 2 1\n"), kind="maxcut")
    assert problem.objective(np.array([0, 1])) == 1


def test_numbers_larger_than_64_bits(tmp_path):
    big = read_problem(write(tmp_path, "2 1\n1 2 5000000000000000000\n", "a.sparse"))
    assert big.objective(np.array([1, 1])) == 10**19
