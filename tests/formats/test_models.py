"""LP and MPS files, beside HiGHS's reader where that one reads them rightly."""

from __future__ import annotations

import gzip
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_matrix, csr_matrix

from qualms.errors import DataError
from qualms.problems import MixedInteger
from qualms.solve import Limits, read_problem, solve


def read(folder: Path, text: str, name: str = "m.lp", **given: object) -> MixedInteger:
    path = folder / name
    path.write_bytes(text.encode())
    problem = read_problem(path, **given)
    assert isinstance(problem, MixedInteger)
    return problem


def lp(body: str, objective: str = "x + y", bounds: str = "") -> str:
    return f"Minimize\n obj: {objective}\nSubject To\n {body}\n{bounds}End\n"


def row(problem: MixedInteger, k: int = 0) -> tuple[dict[str, float], float, float]:
    part = problem.rows[k].tocoo()
    return (
        {problem.variable(c): float(v) for c, v in zip(part.col, part.data, strict=True)},
        problem.row_low[k],
        problem.row_high[k],
    )


INF = np.inf


@pytest.mark.parametrize(("body", "linear", "low", "high"), [
    ("c1: x + y < 4", {"x": 1, "y": 1}, -INF, 4),
    ("c1: x => 2", {"x": 1}, 2, INF),
    ("c1: x =< 2", {"x": 1}, -INF, 2),
    ("c1: 3 >= x", {"x": 1}, -INF, 3),
    ("c1: -3 <= x", {"x": 1}, -3, INF),
    ("c1: 2 <= x + y <= 6", {"x": 1, "y": 1}, 2, 6),
    ("c1: 6 >= x + y >= 2", {"x": 1, "y": 1}, 2, 6),
    ("c1: x >= 2 - y", {"x": 1, "y": 1}, 2, INF),
    ("c1: x + 1 >= y + 2", {"x": 1, "y": -1}, 1, INF),
    ("c1: = 0\n", {}, 0, 0),
    ("c1: -inf <= x + y <= 6", {"x": 1, "y": 1}, -INF, 6),
    ("c1: x + 2\n y >= 3", {"x": 1, "y": 2}, 3, INF),
    ("c1: 2 x + 3y - x = 4", {"x": 1, "y": 3}, 4, 4),
    ("c1: 2 * x >= 2", {"x": 2}, 2, INF),
    ("c1: x - - 2 y + -3 x >= 1", {"x": -2, "y": 2}, 1, INF),
    ("x\n + y\n >= 2", {"x": 1, "y": 1}, 2, INF),
    ("2 <= x\n + y", {"x": 1, "y": 1}, 2, INF),
    ("c1: .1 x + .2 x + 1e-12 y >= 1e1", {"x": 0.3, "y": 1e-12}, 10, INF),
    ("c1: x(1,2) + x[3,4] + st_ >= 1", {"x(1,2)": 1, "x[3,4]": 1, "st_": 1}, 1, INF),
])  # fmt: skip
def test_rows_of_every_dialect(tmp_path, body, linear, low, high):
    problem = read(tmp_path, lp(body))
    assert row(problem) == (linear, low, high)
    assert problem.rows.shape[0] == 1
    assert problem.notes == ()


@pytest.mark.parametrize(("body", "place"), [
    ("c1: b = 0 -> x <= 2", ":4: an indicator"),
    ("c1: 2 x * y >= 8", ":4: a product outside"),
    ("c1: x / 2 >= 1", ":4: a division"),
    ("c1: x/2 >= 1", ":4: 'x/2': a division"),
    ("c1: (x + y) >= 1", ":4: '(x': brackets"),
    ("c1: [ x^2 ] <= 4", ":4: a quadratic constraint"),
    ("c1: 1 x 2 y >= 3", ":4: a sign is missing before '2'"),
    ("c1: x + y <=\n c2: x <= 4", ":4: a constraint without a right side"),
    ("c0: <= x", ":4: nothing stands before '<='"),
    ("c1: 2 <= x <=\n c2: x <= 4", ":4: a constraint without a right side"),
    ("c1: x + y >= 2;", ":4: ';': ; does not belong"),
    ("c1: x >= 1\nBinary\n x, y", ":6: 'x,': a comma does not belong"),
    ("c1: x >= 1\nBounds:\n x >= -5", ":5: 'Bounds:': the head of a section, which has no colon"),
    ("c1: x >= 1\nBounds\n x <= 5\n x <= 3", ":7: a second upper bound of 'x', the first in line 6"),
    ("c1: x >= 1\nBounds\n x >= inf", ":6: a lower bound of +infinity"),
    ("c1: x >= 1\nBounds\n x <= 5\n x free", ":7: a second upper bound of 'x'"),
    ("c1: inf <= x + y <= 5", ":4: an infinite side that nothing can keep"),
    ("c1: x >= 1e400", ":4: the number 1e400 is too large"),
    ("c1: x + inf >= 1", ":4: 'inf' in a sum"),
    ("c1: x + y >= nan", ":4: 'nan' is no number"),
    ("c1: x + y >= 1e30", ":4: a side of 1e20 or more"),
    ("c1: x + y <= -1e20", ":4: a side of 1e20 or more"),
    ("c1: 1e30 <= x + y <= 1e31", ":4: a side of 1e20 or more"),
    ("c1: x >= 2 3", ":4: a sign is missing before '3'"),
    ("c1: x = > 2", ":4: a constraint without a right side"),
    ("c1: x + y", ":4: the constraint of line 4 has no"),
    ("c1: 3 >= 2", ":4: a constraint without variables"),
    ("c1: x >=", ":4: a constraint without a right side"),
    ("c1: 2 <= x >= 1", ":4: in a range"),
    ("c1: x <= 2 <= 3", ":4: a second '<='"),
    ("c1: 1,5 x >= 2", ":4: ',5': a comma"),
    ("c1: x ? y >= 2", ":4: a sign is missing before '?'"),
    ("c1: x >= 1\nsos\n s1: S1:: x:1", ":6: special ordered sets"),
    ("c1: x >= 1\nSemi-continuous\n x", ":6: semi-continuous variables"),
    ("c1: x >= 1\nBounds\n x <= 1 <= 2", ":6: a bound is like"),
    ("c1: x >= 1\nGeneral\n 3", ":6: '3' where names"),
    ("c1: x >= 1\nMaximize\n x", ":5: a second objective"),
])  # fmt: skip
def test_what_is_not_read_has_its_line(tmp_path, body, place):
    with pytest.raises(DataError) as error:
        read(tmp_path, lp(body))
    assert place in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("text", "place"), [
    ("hello\nEnd\n", ":1: 'hello' where Minimize"),
    ("max: 3x;\nc1: x <= 4;\n", ":1: 'max: 3x;': this is the LP format of lp_solve"),
    ("Minimize\n x\nSubject To\n c: x >= 1\n", ":4: the file ends in 'c: x >= 1', not in End"),
    ("Minimize\n [ x^2 ]\nSubject To\n c: x >= 1\nEnd\n", ":2: the squares of an objective end in ] / 2"),
    ("Minimize\n x >= 1\nEnd\n", ":2: '>=' in the objective"),
    ("\\ only a comment\n", ": empty"),
])  # fmt: skip
def test_what_is_no_model(tmp_path, text, place):
    with pytest.raises(DataError) as error:
        read(tmp_path, text)
    assert place in str(error.value)


def test_a_constant_beside_variables_is_told_and_can_be_chosen(tmp_path):
    text = lp("c1: x - 1 >= 2", "x")
    found = read(tmp_path, text)
    assert row(found)[1] == 2
    assert found.notes[0].startswith("line 4: the constant -1 ")
    assert "--set constants=move" in found.notes[0]
    assert row(read(tmp_path, text, constants="move"))[1] == 3
    silent = read(tmp_path, text, constants="ignore")
    assert (row(silent)[1], silent.notes) == (2, ())


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_byte_order_mark_changes_nothing(tmp_path, mark, end):
    path = tmp_path / "m.lp"
    path.write_bytes(mark + lp("c1: x >= 2", "x", "General\n x\n").replace("\n", end).encode())
    result = solve(read_problem(path), Limits(2), ["highs"])
    assert (result.objective, result.status) == (2, "optimal")


def test_sides_that_solvers_take_to_be_infinite(tmp_path):
    problem = read(tmp_path, lp("c1: x + y <= 1e30\n c2: -1e20 <= x <= 4\n c3: x + y >= -2e25"))
    assert [row(problem, k)[1:] for k in range(3)] == [(-INF, INF), (-INF, 4), (-INF, INF)]
    assert problem.notes == tuple(
        f"line {k}: a side of 1e20 or more was taken to be infinite, as solvers do" for k in (4, 5, 6)
    )


def test_sections(tmp_path):
    text = (
        "\\ a comment\nMaximize\n obj: 2 x + 3 y + 1 + [ - x ^ 2 - 2 x * y ] / 2\nsubject to\n c: x + y + "
        "z + b + n <= 4 \\ told\nLazy Constraints\n l: x >= .5\nBounds\n x <= 3\n -1 <= y <= 2\n z free\n "
        "-inf <= n <= 4\n w >= 1\nGenerals\n x\nBinaries\n b\nEnd\nmore\n"
    )
    problem = read(tmp_path, text)
    assert problem.names == ["x", "y", "z", "b", "n", "w"]
    assert problem.low.tolist() == [0, -1, -INF, 0, -INF, 1]
    assert problem.high.tolist() == [3, 2, INF, 1, 4, INF]
    assert problem.integer.tolist() == [True, False, False, True, False, False]
    assert (problem.sense, problem.rows.shape, list(problem.row_names)) == ("max", (2, 6), ["c", "l"])
    assert problem.objective(np.array([2.0, 1.0, 0, 0, 0, 1])) == 4 + 3 + 1 - (4 + 4) / 2
    assert [n.split(":")[0] for n in problem.notes] == ["line 19", "line 13"]


def test_digits_are_kept_or_told(tmp_path):
    kept = read(tmp_path, lp("c1: 0.1 x + 123456789.123456 y >= .3"))
    assert kept.notes == ()
    assert Fraction(repr(float(kept.rows[0, 1]))) == Fraction("123456789.123456")
    lost = read(tmp_path, lp("c1: 1.00000000000000000001 x >= 2"))
    assert "rounded" in lost.notes[0]


MPS = """NAME t
ROWS
 N cost
 L one
 G two
 E three
COLUMNS
 x cost 1 one 1
 x two 1
 y cost 2 one 1
 y three 1.5
RHS
 RHS one 4 two 1
 RHS cost -7
RANGES
 R one 2 three -1
BOUNDS
 UI BND x 3
 MI BND y
ENDATA
"""


def test_mps(tmp_path):
    for text in (
        MPS,
        MPS.replace(" BND ", " ")
        .replace(" RHS one", " one")
        .replace(" RHS cost", " cost")
        .replace(" R one", " one"),
    ):
        problem = read(tmp_path, text, "t.mps")
        assert (problem.names, list(problem.row_names)) == (["x", "y"], ["one", "two", "three"])
        assert (problem.row_low.tolist(), problem.row_high.tolist()) == ([2, 1, -1], [4, INF, 0])
        assert (problem.low.tolist(), problem.high.tolist()) == ([0, -INF], [3, INF])
        assert (problem.integer.tolist(), problem.offset, problem.notes) == ([True, False], 7, ())
    (tmp_path / "t.mps.gz").write_bytes(gzip.compress(MPS.encode("utf-16")))
    assert read_problem(tmp_path / "t.mps.gz").size == 2


def test_pulps_sense_and_other_words_about_it(tmp_path):
    told = read(tmp_path, "*SENSE:Maximize\n" + MPS, "t.mps")
    assert told.sense == "max"
    assert "--set sense=min" in told.notes[0]
    assert read(tmp_path, "*SENSE:Maximize\n" + MPS, "t.mps", sense="min").sense == "min"
    assert read(tmp_path, MPS.replace("ROWS\n", "OBJSENSE\nMAX\nROWS\n"), "t.mps").sense == "max"
    named = read(tmp_path, MPS.replace("NAME t", "NAME t (MAX)"), "t.mps")
    assert (named.sense, "--set sense=max" in named.notes[0]) == ("min", True)
    assert "offset : 5" in read(tmp_path, "* offset : 5\n" + MPS, "t.mps").notes[0]
    assert "Sense: Maximize" in read(tmp_path, "\\ Sense: Maximize\n" + lp("c1: x >= 2")).notes[0]


def test_many_notes_are_told_in_few(tmp_path):
    body = "\n ".join(f"r{k}: x{k} - 1 >= 2" for k in range(200))
    assert len(read(tmp_path, lp(body)).notes) == 21


def test_exponents_of_fortran(tmp_path):
    assert read(tmp_path, MPS.replace("UI BND x 3", "UI BND x 3.0D1"), "t.mps").high[0] == 30


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (
            "x two 1\n",
            "x three 1\n x three 2\n",
            ":10: a second coefficient of 'x' in row 'three', the first in line 9",
        ),
        ("x two 1\n", "x four 1\n", ":9: row 'four' is not declared"),
        ("x two 1\n", "x two 1,5\n", ":9: '1,5' is not a number; write a decimal point"),
        ("x two 1\n", "x two abc\n", ":9: 'abc' is not a number"),
        ("x two 1\n", "x two nan\n", ":9: 'nan' is not a number"),
        ("one 4 two 1\n", "one 4 two 1x\n", ":13: '1x'"),
        ("one 4 two 1\n", "one 4 one 1\n", ":13: a second right side"),
        ("one 4 two 1\n", "four 4\n", ":13: row 'four'"),
        (" UI BND x 3\n", " UI BND z 3\n", ":18: variable 'z' is not declared"),
        (" UI BND x 3\n", " SC BND x 3\n", ":18: semi-continuous"),
        (" UI BND x 3\n", " UI BND x 3\n UP BND x 4\n", ":19: a second upper bound"),
        (" N cost\n", " N cost\n X nine\n", ":4: 'X nine' where N, E, L or G"),
        (" L one\n", " L one\n L one\n", ":5: a second row 'one'"),
        ("BOUNDS\n", "BOUNDS\n UP BND y 4\nBOUNDS\n", ":19: a second section BOUNDS"),
        (" UI BND x 3\n", " LO BND x 1e30\n", ":18: 'x' has a bound LO that is infinite on the wrong side"),
        (" UI BND x 3\n", " SI BND x 3\n", ":18: semi-integer"),
        (" x two 1\n", " x two 1 $ comment\n", ":9: 'comment' is not a number"),
        ("ENDATA\n", "SOS1\n S1 s 1\nENDATA\n", ":20: special ordered sets"),
        ("ENDATA\n", "INDICATORS\n IF one x 1\nENDATA\n", ":20: indicator"),
        ("ENDATA\n", "WHAT\nENDATA\n", ":20: 'WHAT' is no section"),
        ("ENDATA\n", "", ": the file ends in 'MI BND y', not in ENDATA"),
    ],
)
def test_broken_mps_has_its_line(tmp_path, old, new, place):
    assert old in MPS
    with pytest.raises(DataError) as error:
        read(tmp_path, MPS.replace(old, new, 1), "t.mps")
    assert place in str(error.value)


def test_what_mps_leaves_open_is_told(tmp_path):
    free = MPS.replace(" N cost\n", " N cost\n N other\n").replace(
        " RHS cost -7\n", " RHS cost -7\n RHS2 one 9\n"
    )
    assert [n[:40] for n in read(tmp_path, free, "t.mps").notes] == [
        "line 4: the free row 'other' was left ou",
        "RHS 'RHS2' was left out; the first, 'RHS",
    ]
    marked = MPS.replace(" x cost 1 one 1\n", " M1 'MARKER' 'INTORG'\n x cost 1 one 1\n")
    marked = marked.replace(" UI BND x 3\n", "").replace("RHS\n", " M2 'MARKER' 'INTEND'\nRHS\n", 1)
    found = read(tmp_path, marked, "t.mps")
    assert (found.high.tolist(), found.integer.tolist()) == ([1, INF], [True, True])
    assert "integer variables without bounds (x)" in found.notes[0]
    below = read(tmp_path, MPS.replace(" UI BND x 3\n", " UP BND x -3\n"), "t.mps")
    assert (below.low[0], below.high[0]) == (0, -3)
    assert "MI" in below.notes[0]
    entry = "    {:<8}  {:<8}  {:>12}   {:<8}  {:>12}\n"
    fixed = "NAME          T\nROWS\n N  THE COST\n G  ROW 1\nCOLUMNS\n" + entry.format(
        "COL A", "THE COST", 1.0, "ROW 1", 2.0
    )
    fixed += "RHS\n" + entry.format("RHS", "ROW 1", 4.0, "", "") + "ENDATA\n"
    found = read(tmp_path, fixed, "f.mps")
    assert (found.names, list(found.row_names), found.rows.toarray().tolist(), found.row_low.tolist()) == (
        ["COL A"],
        ["ROW 1"],
        [[2]],
        [4],
    )
    assert "fixed format" in found.notes[0]


numbers = st.integers(-20, 20).map(lambda v: v / 4)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_models_written_by_highs_are_read_as_they_were(tmp_path_factory, data):
    """Random models through HiGHS's own writers."""
    import highspy

    n, m = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    draw = lambda size: np.array(data.draw(st.lists(numbers, min_size=size, max_size=size)))  # noqa: E731
    matrix = draw(n * m).reshape(m, n)
    matrix[:, 0] = np.where(matrix.any(1), matrix[:, 0], 1)  # LP has no empty rows
    # HiGHS forgets that a variable is an integer if it stands nowhere
    matrix[0] = np.where(matrix.any(0), matrix[0], 1)
    cost, low, width, row_low, row_width = draw(n), draw(n), np.abs(draw(n)), draw(m), np.abs(draw(m))
    integer = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    low = np.where(integer, np.round(low), low)
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_, model.col_cost_ = n, m, cost
    model.col_lower_, model.col_upper_ = low, np.where(integer, low + np.round(width), low + width)
    model.row_lower_, model.row_upper_ = row_low, np.where(row_width > 2, np.inf, row_low + row_width)
    columns = csc_matrix(matrix)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = (
        columns.indptr,
        columns.indices,
        columns.data,
    )
    model.integrality_ = [
        highspy.HighsVarType.kInteger if v else highspy.HighsVarType.kContinuous for v in integer
    ]
    model.col_names_, model.row_names_ = [f"x{k}" for k in range(n)], [f"r{k}" for k in range(m)]
    highs.passModel(model)
    folder = tmp_path_factory.mktemp("models")
    for suffix in ("mps", "lp"):
        path = folder / f"m.{suffix}"
        highs.writeModel(str(path))
        found = read_problem(path)
        order = [list(found.names).index(f"x{k}") for k in range(n)]
        assert np.array_equal(found.cost[order], cost)
        assert np.array_equal(found.low[order], low)
        assert np.array_equal(found.high[order], np.array(model.col_upper_))
        assert np.array_equal(found.integer[order], integer)
        if suffix == "mps":  # in LP a range is two rows
            assert np.array_equal(csr_matrix(found.rows).toarray()[:, order], matrix)
            assert np.array_equal(found.row_low, row_low)
            assert np.array_equal(found.row_high, np.array(model.row_upper_))
