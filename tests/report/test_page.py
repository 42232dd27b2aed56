"""One page and one list of tables for records of any kind."""

import re
from dataclasses import replace

import pytest

from qualms.records import RunStore
from qualms.report import learning, page, solving
from tests.records.sample import make_asking, make_learning, make_noise, make_record, make_solving

FINE_TUNING = [
    make_record(m, s, 1 + 0.01 * s) for m in ("lora", "qsl", "qsl/frozen-angles") for s in range(2)
]
NOISE = [
    make_noise(m, shots, nll=v, device=d)
    for m, v in (("qsl", 1.2), ("qsl/frozen-angles", 1.1))
    for shots in (None, 100)
    for d in ("ideal", "fake_quito")
]
SOLVING = [
    make_solving(m, s, 12 - k) for k, m in enumerate(("annealing", "qaoa", "qaoa/placebo")) for s in range(3)
]
ASKING = [make_asking(seed) for seed in range(2)]
LEARNING = [
    make_learning(m, 0, fold, 0.8 - k / 10 + fold / 50)
    for k, m in enumerate(("logistic", "QuantumKernelClassifier", "QuantumKernelClassifier/rbf"))
    for fold in range(2)
]
KINDS = {
    "fine-tuning": FINE_TUNING,
    "noise": NOISE,
    "solving": SOLVING,
    "asking": ASKING,
    "learning": LEARNING,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_page_of_its_own(kind):
    text = page.render(KINDS[kind])
    assert text.count("<h1>") == 1
    assert 'class="part"' not in text
    assert len(page.sections(KINDS[kind])) == 1
    assert not re.findall(r"(?:src|href)=[\"']https?://", text)


def test_a_mixture_is_one_page_with_a_section_for_each_task():
    other = [make_solving("annealing", 0, 5, task_id="square", problem="square")]
    mixed = [*SOLVING, *FINE_TUNING, *other, *NOISE, *ASKING, *LEARNING]
    assert [(s.kind, s.task_id) for s in page.sections(mixed)] == [
        ("solving", "ring"), ("fine-tuning", "task"), ("solving", "square"), ("noise", "noise task"),
        ("asking", "workshop"), ("learning", "irises"),
    ]  # fmt: skip
    text = page.render(mixed)
    assert text.count('class="part"') == 6
    for kind in KINDS.values():
        for part in page.sections(kind):
            assert part.title in text
    assert "<h2>Methods" not in text  # headings inside a section are below the section's


def test_two_runs_that_agree_by_chance_give_no_verdict():
    told = " ".join(
        learning.sentences(
            [
                make_learning(m, 0, fold, 0.8 - k / 10)
                for k, m in enumerate(("logistic", "QuantumKernelClassifier", "QuantumKernelClassifier/rbf"))
                for fold in range(2)
            ]
        )
    )
    assert "worse than" not in told
    assert "two runs: no interval" in told


def test_the_same_run_twice_counts_once():
    assert len(page.sections([*SOLVING, *SOLVING])[0].records) == len(SOLVING)


def test_a_quantum_solver_is_judged_by_its_twin_over_paired_seeds():
    better = [make_solving("qaoa", s, 12 + s % 2) for s in range(5)] + [
        make_solving("qaoa/placebo", s, 10 + s % 2) for s in range(5)
    ]
    assert any(
        "qaoa is better than its classical twin qaoa/placebo: objective +2" in t
        for t in solving.sentences(better)
    )
    same = [make_solving("qaoa", s, 12) for s in range(5)] + [
        make_solving("qaoa/placebo", s, 12) for s in range(5)
    ]
    assert any("qaoa found the same objectives as its classical twin" in t for t in solving.sentences(same))
    noisy = [make_solving("qaoa", s, 12 + (-1) ** s) for s in range(5)] + [
        make_solving("qaoa/placebo", s, 12) for s in range(5)
    ]
    assert any("is not told apart from its classical twin" in t for t in solving.sentences(noisy))
    once = [make_solving("qaoa", 0, 12), make_solving("qaoa/placebo", 0, 13)]
    told = solving.sentences(once)
    assert any("was worse than its classical twin" in t for t in told)
    assert sum("One run is no evidence" in t for t in told) == 1
    alone = [*(make_solving("qaoa", s, 12) for s in range(3)), make_solving("qaoa/placebo", 0, 12)]
    assert any("one run only: no verdict" in t for t in solving.sentences(alone))


def test_a_twin_is_known_by_what_its_record_says_and_not_by_its_name():
    records = [make_solving("qaoa", s, 12) for s in range(3)] + [
        make_solving("coin", s, 11, twin_of="qaoa") for s in range(3)
    ]
    assert list(solving.by_method(records)) == ["qaoa", "coin"]
    assert any("its classical twin coin" in t for t in solving.sentences(records))
    tuned = [make_record("qsl", s, 1.0) for s in range(3)] + [
        make_record("dice", s, 1.1, twin_of="qsl") for s in range(3)
    ]
    assert "better than each of its 1 twins" in page.sections(tuned)[0].report.sentences(tuned)[0]
    assert "twin: dice" in page.render(tuned)


def test_nothing_feasible_in_any_seed():
    records = [make_solving("annealing", s, None) for s in range(2)]
    row = solving.rows(records)[0]
    assert (row["feasible"], row["objective"], row["best"]) == (0, None, None)
    assert "nothing found" in solving.cells(row)
    page.render(records)


def test_the_command_makes_one_page_and_every_table_of_a_mixed_store(tmp_path):
    import json

    from tests.study.test_noise import run_cli

    with RunStore(tmp_path) as store:
        for record in (*FINE_TUNING, *NOISE, *SOLVING):
            store.add(record)
    done = run_cli("report", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert all(word in done.output for word in ("base-trails", "fake_quito", "maxcut ring", "report.html"))
    assert (tmp_path / "report.html").read_text().count('class="part"') == 3
    found = json.loads(run_cli("report", str(tmp_path), "--json").output)
    assert [s["kind"] for s in found["sections"]] == ["fine-tuning", "noise", "solving"]
    assert run_cli("report", str(tmp_path), "--markdown").output.count("## ") == 3


def outcome(**changes):
    return replace(make_solving().payload.outcome, **changes)


def test_the_best_run_leads_whatever_stands_first():
    """Another run of the same seed, a proof of the same objective, a proof that there is nothing."""
    worse = make_solving("annealing", 0, 10, outcome=outcome(objective=10))
    better = make_solving("tabu", 0, 12, outcome=outcome(solver="tabu"))
    assert solving.answer([worse, better])["solver"] == "tabu"
    proven = outcome(status="optimal", gap=0.0)
    records = [make_solving("annealing", 0, 12), make_solving("annealing", 1, 12, outcome=proven)]
    assert solving.answer(records)["status"] == "optimal"
    nothing = {
        "objective": None,
        "feasible": False,
        "bound": None,
        "gap": None,
        "solver": None,
        "quadrant": None,
    }
    unknown = make_solving("annealing", 0, None, outcome=outcome(status="unknown", **nothing))
    empty = outcome(status="infeasible", no_answer_from="HiGHS", **nothing)
    assert solving.answer([unknown, make_solving("highs", 1, None, outcome=empty)])["status"] == "infeasible"


def test_a_run_whose_winner_is_not_in_the_store_is_shown_all_the_same():
    lost = outcome(status="unknown", feasible=False, solver="gone", bound=None, gap=None)
    page.render([make_solving("annealing", 0, None, outcome=lost)])


def test_a_quantum_solver_without_its_twin_gets_no_verdict():
    told = solving.sentences([make_solving("qaoa", s, 12) for s in range(2)])
    assert any("qaoa: no verdict, because the record of its twin is not here" in t for t in told)
    never = [make_solving("qaoa", s, 12) for s in range(2)] + [
        make_solving("qaoa/placebo", s, None) for s in range(2)
    ]
    assert any("never both feasible: no verdict" in t for t in solving.sentences(never))


def test_the_same_problem_with_two_budgets_has_two_titles():
    longer = make_solving(task_id="longer", limits={"seconds": 60.0, "rounds": None, "arms": 2})
    titles = [s.title for s in page.sections([make_solving(), longer])]
    assert titles == ["maxcut ring (2 s)", "maxcut ring (60 s, 2 arms)"]
