"""The page of an answer, for every kind of picture."""

import pytest

from qualms.errors import RunFolderError
from qualms.report import solution
from qualms.solve import Limits, solve
from qualms.solve.picture import picture
from tests.problems.small import KINDS, made

FORMS = {
    "tsp": "routes", "cvrp": "routes", "vrptw": "routes", "maxcut": "graph", "independent set": "graph",
    "colouring": "graph", "job shop": "gantt", "portfolio": "frontier", "quadratic assignment": "matrix",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_page(kind, tmp_path):
    result = solve(made(kind), Limits(0.2, rounds=1), ["greedy"])
    shown = picture(result)
    assert (shown["form"] if shown else None) == FORMS.get(kind)
    page = solution.write({**result.to_dict(), "picture": shown}, tmp_path / "page.html").read_text()
    assert page.count("<svg") == 1 + (shown is not None)
    assert "<script" not in page
    assert result.problem.name in page


def test_sentences_are_honest():
    answer = solve(made("maxcut"), Limits(3, rounds=1), ["qaoa:depth=1,shots=30"]).to_dict()
    told = " ".join(solution.sentences(answer))
    assert "its classical twin qaoa:depth=1,shots=30/placebo" in told
    assert "30 samples each" in told
    assert "no evidence" in told
    broken = {
        **answer,
        "feasible": False,
        "status": "unknown",
        "violations": ["row 1 is broken"],
        "gap": None,
    }
    assert "Nothing feasible was found" in solution.sentences(broken)[0]
    none = {**answer, "status": "infeasible", "conflict": ["row 1", "row 2"], "no_answer_from": "HiGHS"}
    assert "row 1, row 2" in solution.sentences(none)[0]


def test_a_page_that_cannot_be_written(tmp_path):
    answer = solve(made("labs"), Limits(0.2), ["greedy"]).to_dict()
    with pytest.raises(RunFolderError, match="cannot be written"):
        solution.write(answer, tmp_path / "no" / "such" / "folder" / "x.html")


def answer(**changes):
    """A result as JSON has it, of a tour of 100 that is bounded by 90."""
    base = {
        "kind": "tsp", "sense": "min", "status": "feasible", "objective": 100, "feasible": True,
        "violations": [], "bound": 90, "bound_verified": True, "bound_from": "Held–Karp 1-tree", "gap": 0.1,
        "conflict": [], "no_answer_from": None, "solver": "pyvrp", "arms": [],
        "quadrant": {"data": "classical", "compute": "classical"},
    }  # fmt: skip
    return {**base, **changes}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "No tour is shorter than 90; the best may be up to 10 % below this one."),
        (
            {"bound_verified": False},
            "If the bound is right, no tour is shorter than 90; the best may be up to 10 % below this one.",
        ),
        ({"status": "optimal", "bound": 100, "gap": 0.0}, "Proven optimal: no tour is shorter than 100."),
        (
            {"status": "optimal", "bound": 100, "gap": 0.0, "bound_verified": False},
            "Optimal, if the bound is right: no tour is shorter than 100.",
        ),
        (
            {"status": "optimal", "bound": 99.99995, "gap": 5e-7},
            "within the tolerance for real numbers (the bound is 99.99995)",
        ),
        ({"kind": "job shop"}, "No schedule is shorter than 90"),
        (
            {"kind": "maxcut", "sense": "max", "bound": 115, "gap": 0.15},
            "No cut is larger than 115; the best may be up to 15 % above this one.",
        ),
        (
            {"kind": "qubo", "sense": "max", "bound": 115, "gap": 0.15},
            "No solution has a higher objective than 115",
        ),
        (
            {"kind": "portfolio", "objective": -1.0, "bound": -1.5, "gap": 0.5},
            "than -1.5; the best may be up to 0.5 below this one.",
        ),
        (
            {"kind": "qubo", "objective": 0, "bound": -2, "gap": 2e12},
            "than -2; the best may be up to 2 below this one.",
        ),
        # rounded so that it stays true
        ({"objective": 3, "bound": 2.99, "gap": 0.0033333}, "up to 0.334 % below"),
        ({"bound": 88.12345678901, "gap": 0.1187654}, "shorter than 88.12345678;"),
        (
            {"kind": "maxcut", "sense": "max", "bound": 188.12345678123, "gap": 0.881},
            "larger than 188.1234568;",
        ),
        ({"bound": None, "gap": None}, "No bound was found"),
        ({"status": "unbounded", "no_answer_from": "HiGHS"}, "can be improved without end"),
        (
            {"status": "infeasible or unbounded", "no_answer_from": "HiGHS", "objective": None},
            "infeasible or unbounded, and not which",
        ),
        (
            {"status": "unknown", "objective": None, "feasible": False, "bound": None, "gap": None},
            "it is not proven that there is no answer",
        ),
    ],
)
def test_what_is_proven_and_what_is_not(changes, expected):
    told = " ".join(solution.sentences(answer(**changes)))
    assert expected in told
    assert ("proven by Qualms's own check" in told) == (
        {"bound_verified": True, **changes}["bound_verified"]
        and "no_answer_from" not in changes
        and changes.get("bound", 1) is not None
    )


def test_every_kind_has_words_of_its_own_or_plain_ones():
    for kind in KINDS:
        told = " ".join(solution.sentences({**answer(), "kind": made(kind).kind, "sense": made(kind).sense}))
        assert " than 90" in told


def test_notes_are_shown_and_may_be_missing(tmp_path):
    result = solve(made("tsp"), Limits(0.2, rounds=1), ["greedy"]).to_dict()
    result.pop("notes", None)
    assert solution.notes(result) == []
    told = {**result, "notes": ["2 empty rows <left> out", "distances rounded"]}
    assert solution.notes(told) == ["note: 2 empty rows <left> out", "note: distances rounded"]
    page = solution.render(told)
    assert "note: 2 empty rows &lt;left&gt; out" in page
    assert "note: distances rounded" in page


@pytest.mark.parametrize("kind", ["tsp", "job shop", "portfolio", "quadratic assignment"])
def test_axes_begin_where_times_and_risks_do(kind):
    """The limits of what is drawn, of the real figures."""
    result = solve(made(kind), Limits(0.3, rounds=1), ["greedy"])
    told = {**result.to_dict(), "picture": picture(result)}
    shown, way = (p.figure().axes[0] for p in solution.pictures(told))
    assert way.get_xlim()[0] == 0
    assert "(s)" in way.get_xlabel()
    if kind in ("job shop", "portfolio"):
        assert shown.get_xlim()[0] == 0
    if kind == "quadratic assignment":
        assert all(tick == int(tick) for tick in shown.get_xticks())


def test_pages_can_be_scrolled_by_keyboard_and_on_small_screens():
    page = solution.render(solve(made("tsp"), Limits(0.2, rounds=1), ["greedy"]).to_dict())
    assert page.count('<div class="scroll" role="region" tabindex="0"') == page.count("<table") > 1
    assert "position: sticky" in page
    assert "prefers-color-scheme: dark" in page


def test_a_solver_that_found_nothing_better_than_it_was_given_says_so():
    arm = {
        "refused": None,
        "failed": None,
        "no_answer": None,
        "offers": [[0.1, "tabu", 12], [0.4, "highs", 14]],
    }
    assert solution.without_answer(arm) == "nothing better than the 14 of highs"
    assert solution.without_answer({**arm, "offers": []}) == "nothing found"
