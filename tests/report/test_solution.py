"""The page of an answer, for every kind of picture."""

import pytest

from qualms.errors import RunFolderError
from qualms.report import solution
from qualms.solve import Stop, solve
from qualms.solve.picture import picture
from tests.solve.small import KINDS, made

FORMS = {
    "tsp": "routes", "cvrp": "routes", "vrptw": "routes", "maxcut": "graph", "independent set": "graph", "colouring": "graph", "job shop": "gantt",
    "portfolio": "frontier", "quadratic assignment": "matrix",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_page(kind, tmp_path):
    result = solve(made(kind), Stop(0.2, rounds=1), ["greedy"])
    shown = picture(result)
    assert (shown["form"] if shown else None) == FORMS.get(kind)
    page = solution.write({**result.to_dict(), "picture": shown}, tmp_path / "page.html").read_text()
    assert page.count("<svg") == 1 + (shown is not None)
    assert "<script" not in page
    assert result.problem.name in page


def test_sentences_are_honest():
    answer = solve(made("maxcut"), Stop(3, rounds=1), ["qaoa:depth=1,shots=30"]).to_dict()
    told = " ".join(solution.sentences(answer))
    assert "its placebo" in told
    assert "no evidence" in told
    broken = {**answer, "feasible": False, "status": "unknown", "violations": ["row 1 is broken"], "gap": None}
    assert "Nothing feasible was found" in solution.sentences(broken)[0]
    none = {**answer, "status": "infeasible", "conflict": ["row 1", "row 2"], "no_answer_from": "HiGHS"}
    assert "row 1, row 2" in solution.sentences(none)[0]


def test_a_page_that_cannot_be_written(tmp_path):
    answer = solve(made("labs"), Stop(0.2), ["greedy"]).to_dict()
    with pytest.raises(RunFolderError, match="cannot be written"):
        solution.write(answer, tmp_path / "no" / "such" / "folder" / "x.html")
