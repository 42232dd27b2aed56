"""Curves in other programs: sent where they are asked for, and nothing of a result depends on it."""

import json
import os
import re
from importlib.machinery import ModuleSpec
from importlib.util import find_spec

import pytest

from qualms.errors import ConfigError
from qualms.study import compare, plan
from qualms.study.recipe import Recipe
from qualms.study.reporting import TRACKERS, arguments, check_trackers

SMALL = {
    "methods": ["lora", "ia3"], "seeds": [0], "steps": 6, "batch_size": 2, "validation_examples": 2,
    "test_examples": 1, "max_new_tokens": 2, "workers": 1, "learning_rates": {"lora": 0.01, "ia3": 0.01},
}  # fmt: skip


def test_what_there_is_not_and_what_is_not_installed_is_refused(monkeypatch):
    with pytest.raises(ConfigError, match="there is no 'excel'; choose from trackio, mlflow"):
        Recipe(report_to=["excel"])
    with pytest.raises(ConfigError, match="the same value twice"):
        Recipe(report_to=["wandb", "wandb"])
    folder = ModuleSpec("wandb", None, is_package=True)  # what is found where wandb has written its files
    for found in (None, folder):
        monkeypatch.setattr("qualms.study.reporting.find_spec", lambda name, found=found: found)
        for name in TRACKERS:
            with pytest.raises(ConfigError, match=f"the package {name} is not installed: pip install {name}"):
                check_trackers([name])


def test_nothing_is_sent_without_being_asked_for():
    """Whatever is installed: transformers' own default has changed between its versions."""
    assert arguments([], "lora seed 0")["report_to"] == []
    assert arguments(["trackio"], "lora seed 0")["trackio_space_id"] is None  # nothing is put on the hub


def test_a_run_is_one_of_its_own_in_the_project_of_qualms(monkeypatch):
    """Trackio goes on with a run of the same name, so a name alone would join the runs of two studies."""
    variables = ("WANDB_PROJECT", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID")
    for name in (*variables, "MLFLOW_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "")  # so that what is set below goes away with the test
        monkeypatch.delenv(name)
    told = arguments(["trackio", "wandb", "mlflow"], "lora seed 0")
    assert re.fullmatch(r"lora seed 0, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", told["run_name"])
    assert told["project"] == "qualms"
    assert [os.environ.get(name) for name in variables] == ["qualms", "qualms", None]
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    monkeypatch.setenv("WANDB_PROJECT", "mine")
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "7")
    arguments(["wandb", "mlflow"], "lora seed 0")
    assert [os.environ.get(name) for name in variables] == ["mine", None, "7"]


def test_a_folder_takes_runs_that_report_elsewhere(monkeypatch):
    """Where curves go is no part of what identifies a study."""
    monkeypatch.setattr("qualms.study.reporting.find_spec", lambda name: find_spec("json"))
    assert Recipe(report_to=["wandb"]).budget() == Recipe().budget()


@pytest.mark.slow
def test_tensorboard_has_the_curve_of_the_record_and_the_run_is_the_same(tmp_path):
    """Two methods one after another in one process, each with a run of its own."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    silent = compare(plan(Recipe(**SMALL)), tmp_path / "silent")
    told = compare(plan(Recipe(**SMALL, report_to=["tensorboard"])), tmp_path / "told")
    assert {r.id: r.metrics for r in silent} == {r.id: r.metrics for r in told}
    for record in told:
        [events] = (tmp_path / "told" / "runs" / record.id).glob("runs/*/events*")
        read = EventAccumulator(str(events)).Reload()
        curve = [(e.step, round(e.value, 4)) for e in read.Scalars("train/loss")]
        assert curve == [(p["step"], round(p["loss"], 4)) for p in record.payload.curve]
    assert not list((tmp_path / "silent").glob("**/events*"))
    again = compare(plan(Recipe(**SMALL)), tmp_path / "told")  # the same folder, without
    assert {r.id for r in again} == {r.id for r in told}
    assert "report_to" not in json.loads((tmp_path / "told" / "recipe.json").read_text())["recipe"]
