"""Rows of evidence: checked, dated, and with sources that exist."""

import json
from pathlib import Path

import pytest

from qualms.errors import DataError
from qualms.orchestrator.decision.evidence import about, read_evidence, shipped_evidence

ROOT = next(p for p in Path(__file__).parents if (p / "pyproject.toml").is_file())
ROW = {
    "family": "maxcut", "claim": "Nothing was found", "direction": "none", "basis": "end-to-end",
    "size": "10 nodes", "date": "2026-11-26", "source": "arXiv 2510.06337", "conditions": "none",
}  # fmt: skip


def written(path, *rows):
    path.write_text("".join(json.dumps({**ROW, **r}) + "\n" for r in rows))
    return path


@pytest.mark.skipif(not (ROOT / "experiments").is_dir(), reason="the sources are in the repository alone")
def test_every_result_of_ours_is_there():
    rows = shipped_evidence()
    own = [r for r in rows if r.own]
    assert len(own) >= 5
    for row in own:
        assert (ROOT / row.source).is_file(), row.source
    assert {r.source for r in rows} >= {"arXiv 2510.06337", "arXiv 2604.18837", "arXiv 2403.07059"}
    assert {r.direction for r in rows} == {"advantage", "none", "disadvantage"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"source": "somebody said so"}, "source"),
        ({"source": "/etc/passwd"}, "source"),
        ({"date": "last year"}, "date"),
        ({"date": "2026-13-01"}, "date"),
        ({"direction": "maybe"}, "direction"),
        ({"claim": ""}, "claim"),
        ({"largest": 0}, "largest"),
        ({"largest": "10"}, "largest"),
        ({"verdict": "x"}, "verdict"),
    ],
)
def test_what_is_no_row_is_told_with_its_line(tmp_path, change, told):
    path = written(tmp_path / "rows.jsonl", {}, change)
    with pytest.raises(DataError, match=rf"rows\.jsonl:2: .*{told}"):
        read_evidence(path)


def test_rows_about_a_problem_its_own_family_first_and_newer_before_older(tmp_path):
    path = written(
        tmp_path / "rows.jsonl",
        {"family": "any", "date": "2026-11"},
        {"date": "2020-01", "claim": "old"},
        {"date": "2026-01", "claim": "new"},
        {"largest": 50, "claim": "small"},
        {"family": "tsp"},
    )
    rows = read_evidence(path)
    assert [r.claim for r in about(rows, "maxcut, dense", "maxcut", 50)] == [
        "small", "new", "old", "Nothing was found"
    ]  # fmt: skip
    assert [r.claim for r in about(rows, "maxcut, dense", "maxcut", 51)] == [
        "new",
        "old",
        "Nothing was found",
    ]
