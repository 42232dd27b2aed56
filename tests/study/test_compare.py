"""A whole study on the shipped base, small enough for the default suite."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from qualms.errors import ConfigError, IncompleteError, MissingExtraError, QualmsError
from qualms.records import read_records
from qualms.study import Recipe, compare, plan
from qualms.study.methods import parse
from qualms.study.run import TrainingRun
from tests.study.conftest import TRAILS

SMALL = {
    "data": str(TRAILS), "steps": 3, "batch_size": 2, "seeds": [0, 1], "methods": ["untuned", "lora", "qsl"],
    "twins": ["frozen-angles"], "workers": 1, "validation_examples": 2, "test_examples": 2,
    "max_new_tokens": 4, "samples": 2, "learning_rates": {"lora": 1e-3, "qsl": 0.01},
    "search": {"factors": [0.5, 1.0], "steps": 1, "extend": 0},
}  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    study = plan(Recipe(**SMALL))
    events = []
    return folder, study, compare(study, folder, events.append), events


@pytest.mark.parametrize(("name", "identity"), [
    ("lora", "a3d321e96aecfbeb"), ("qsl:mergeable/no-entangler", "a7fc4c4ad7982abe"),
    ("qsl", "888ae307cd460218"), ("lora@superpositional/random-q", "1857066790712d7b"),
    ("untuned", "8e0bde581915e818"),
])  # fmt: skip
def test_a_jobs_id_is_the_one_it_always_had(name, identity):
    """Folders of before go on; the ids are of the first version, whose jobs held names."""
    options = {"lora": {"r": 4}, "qsl:mergeable": {"rank": 3}}
    recipe = Recipe(methods=["lora"], options=options, optim_options={"lam": 2.0, "mode": "circuit"})
    assert TrainingRun(recipe, parse(name), 0.01, 1, 30, False, "task").id == identity


def test_every_method_and_seed_has_a_record_with_its_twin(finished):
    _, study, records, _ = finished
    assert [(r.method, r.seed) for r in records] == [(m.name, s) for m in study.methods for s in (0, 1)]
    assert {r.method: r.twin_of for r in records}["qsl/frozen-angles"] == "qsl"
    assert {r.method: str(r.quadrant) for r in records}["qsl"] == "classical data × simulated quantum compute"


def test_records_hold_what_they_must(finished):
    _, _, records, _ = finished
    for record in records:
        assert record.metrics.keys() >= {
            "nll",
            "shuffled_nll",
            "conditionality",
            "rouge1",
            "rouge2",
            "rougeL",
            "bleu",
            "bertscore",
            "distinct1",
            "distinct2",
        }
        assert len(record.payload.samples) == 2
        assert record.provenance.versions["torch"]
        assert str(os.sep + "home") not in record.to_json()
    by_method = {r.method: r for r in records}
    assert by_method["qsl"].payload.parameters["angles"] == 12 * 2 * 6
    assert by_method["qsl/frozen-angles"].payload.parameters["angles"] == 0
    assert by_method["untuned"].payload.parameters["trained"] == 0
    assert by_method["lora"].payload.curve
    assert by_method["lora"].payload.adapter_bytes > 0


def test_the_rate_without_a_known_value_was_searched(finished):
    folder, study, _, _ = finished
    search = json.loads((folder / "search.json").read_text())
    assert search.keys() == {"qsl/frozen-angles", "untuned"}
    assert study.rates[parse("qsl/frozen-angles")] in {float(r) for r in search["qsl/frozen-angles"]}


def test_the_same_command_runs_nothing_again(finished):
    folder, _, records, _ = finished
    events = []
    again = compare(plan(Recipe(**SMALL)), folder, events.append)
    assert {e.kind for e in events} == {"skipped"}
    assert [r.id for r in again] == [r.id for r in records]


def test_more_seeds_join_the_same_folder_and_another_budget_does_not(finished, here):
    folder, _, _, _ = finished
    more = plan(Recipe(**{**SMALL, "seeds": [0, 1, 2], "methods": ["lora"]}))
    assert len(compare(more, folder)) == 3
    with pytest.raises(QualmsError, match="another recipe"):
        compare(plan(Recipe(**{**SMALL, "steps": 4})), folder)


def test_seeds_give_the_same_bits(finished, tmp_path, here):
    """In another process, too: the records are those of workers."""
    _, _, records, _ = finished
    again = compare(plan(Recipe(**{**SMALL, "seeds": [0], "methods": ["lora"]})), tmp_path)
    first = next(r for r in records if r.method == "lora" and r.seed == 0)
    assert again[0].metrics == first.metrics
    assert again[0].payload.curve == first.payload.curve


@pytest.mark.slow  # tests/contracts/test_executor.py has the same of small jobs
def test_a_ray_cluster_gives_the_same_bits_in_the_same_folder(finished, tmp_path, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    _, _, records, _ = finished
    events = []
    small = {**SMALL, "seeds": [0], "methods": ["lora"], "executor": "ray"}
    (again,) = compare(plan(Recipe(**small)), tmp_path, events.append)
    first = next(r for r in records if r.method == "lora" and r.seed == 0)
    assert (again.id, again.metrics, again.payload.curve, again.payload.samples) == (
        first.id,
        first.metrics,
        first.payload.curve,
        first.payload.samples,
    )
    assert [e.kind for e in events if e.kind != "step"] == ["started", "done"]
    assert compare(plan(Recipe(**{**small, "executor": "processes"})), tmp_path)[0].id == first.id


def test_that_ray_is_missing_is_told_before_anything_runs(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"'\.\[ray\]'"):
        plan(Recipe(**{**SMALL, "executor": "ray:auto"}))


@pytest.mark.slow  # tests/contracts/test_executor.py has the same of small jobs
def test_a_run_whose_process_is_killed_is_told_and_the_others_go_on(tmp_path):
    small = {**SMALL, "seeds": [0, 1], "methods": ["lora"], "workers": 1}
    before, events = set(psutil.Process().children()), []

    def kill(event):
        events.append(event)
        if event.kind == "step" and event.job == "lora seed 0":
            (worker,) = [
                p for p in set(psutil.Process().children()) - before if "spawn_main" in " ".join(p.cmdline())
            ]
            worker.kill()

    with pytest.raises(
        IncompleteError,
        match=r"lora seed 0: its process was killed.*SIGKILL.*1 of 2 runs are done; the same command",
    ):
        compare(plan(Recipe(**small)), tmp_path, kill)
    assert [(e.kind, e.job) for e in events if e.kind in ("died", "done")] == [
        ("died", "lora seed 0"),
        ("done", "lora seed 1"),
    ]
    assert [r.seed for r in read_records(tmp_path)] == [1]
    assert [r.seed for r in compare(plan(Recipe(**small)), tmp_path)] == [0, 1]


BROKEN = {"ia3": {"target_modules": ["nothing"], "feedforward_modules": []}}


def test_a_failing_run_is_told_and_the_others_kept(tmp_path, here):
    recipe = Recipe(
        **{
            **SMALL,
            "seeds": [0],
            "methods": ["lora", "ia3"],
            "options": BROKEN,
            "learning_rates": {"lora": 1e-3, "ia3": 1e-3},
        }
    )
    with pytest.raises(IncompleteError, match=r"ia3 seed 0: .*1 of 2 runs are done") as error:
        compare(plan(recipe), tmp_path)
    assert [r.method for r in read_records(tmp_path)] == ["lora"]
    assert [r.method for r in error.value.records] == ["lora"]


def test_a_method_without_a_rate_is_told_and_the_others_run(tmp_path, here):
    """One fails in the search, and one diverges at every rate of it."""
    search = {"factors": [0.5, 1.0], "steps": 1, "extend": 0}
    recipe = Recipe(
        **{
            **SMALL, "seeds": [0], "methods": ["ia3", "lora", "untuned"], "options": BROKEN,
            "learning_rates": {}, "search": search,
        }
    )  # fmt: skip
    study, events = plan(recipe), []
    study.search[parse("lora")] = {0.003: float("inf"), 0.006: float("inf")}  # as if they had been run
    with pytest.raises(IncompleteError, match=r"ia3 lr .*, and 2 more \(1 of 3 runs are done") as error:
        compare(study, tmp_path, events.append)
    assert [r.method for r in error.value.records] == ["untuned"]
    assert isinstance(error.value.__cause__, ValueError)
    failed = [e for e in events if e.kind == "failed"]
    assert [e.job for e in failed] == ["ia3 lr 0.05", "ia3 lr 0.1", "lora search"]
    assert "diverged at every learning rate tried: 0.003, 0.006" in failed[-1].note


def test_nothing_is_searched_where_the_untuned_model_fails(tmp_path, monkeypatch, here):
    def fail(*_):
        raise ConfigError("no model")

    monkeypatch.setattr("qualms.study.run.load_model", fail)
    recipe = Recipe(**{**SMALL, "methods": ["lora"], "learning_rates": {}})
    with pytest.raises(IncompleteError, match=r"^untuned lr 0: no model \(0 of 2 runs") as error:
        compare(plan(recipe), tmp_path)
    assert error.value.records == []
    assert not (tmp_path / "records.jsonl").exists()


def test_an_unknown_option_is_refused():
    recipe = Recipe(**{**SMALL, "options": {"lora": {"rnk": 2}}})
    with pytest.raises(ConfigError, match="rnk"):
        plan(recipe)
    for wrong in (
        {"options": {"lroa": {"r": 2}}},
        {"learning_rates": {"lroa": 0.1}},
        {"options": {"qsl/lora-equal": {"r": 1}}},
        {"model": "no/such/folder"},
    ):
        with pytest.raises(ConfigError, match=r"lroa|no/such/folder|lora-equal"):
            plan(Recipe(**{**SMALL, **wrong}))
    with pytest.raises(ConfigError):
        plan(Recipe(**{**SMALL, "methods": ["lorra"]}))


@pytest.mark.slow
def test_a_killed_study_goes_on_to_the_same_weights(tmp_path):
    """kill −9 in the middle of training; the same command ends with the weights of an undisturbed one."""
    command = [
        sys.executable, "-m", "qualms.cli.main", "tune", "qsl", "--steps", "120", "--batch-size", "2", "--lr",
        "0.01", "-s", "validation_examples=4", "-s", "test_examples=2", "-s", "max_new_tokens=2",
    ]  # fmt: skip
    subprocess.run([*command, "--out", str(tmp_path / "whole")], check=True, capture_output=True)
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "cut")],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 300
    while not list((tmp_path / "cut").glob("runs/*/checkpoint-*/trainer_state.json")):
        assert time.monotonic() < deadline, "no checkpoint was written"
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "cut" / "records.jsonl").exists()
    subprocess.run([*command, "--out", str(tmp_path / "cut")], check=True, capture_output=True)
    whole, cut = (
        next((tmp_path / n).glob("runs/*/model/adapter_model.safetensors")).read_bytes()
        for n in ("whole", "cut")
    )
    assert whole == cut
    assert read_records(tmp_path / "cut")[0].payload.resumed_at_step > 0
