"""A preset that stands for other settings than before makes other runs."""

import json
from dataclasses import fields

import pytest
from peft import PeftConfig

from qualms import QSLConfig
from qualms.adapters import PRESETS
from qualms.execution import InlineExecutor
from qualms.study import Recipe, compare, plan
from qualms.study.methods import parse
from qualms.study.preset_settings import _NOT_OF_A_PRESET, _SETTINGS, changed_settings
from qualms.study.run import TrainingRun
from tests.study.conftest import TRAILS


def identity(name, **options):
    recipe = Recipe(methods=["lora"], options=options)
    return TrainingRun(recipe, parse(name), 0.01, 1, 30, False, "task").id


@pytest.fixture
def changed(monkeypatch):
    """What `recommended` stands for becomes another rank, and other maps."""
    preset, names = PRESETS["recommended"], ["v_proj", "q_proj", "o_proj"]
    monkeypatch.setitem(
        PRESETS, "recommended", lambda **given: preset(**{"rank": 12, "target_modules": names, **given})
    )


def test_runs_of_a_preset_that_became_another_one_are_other_runs(request):
    names = ["qsl:recommended", "qsl:recommended[gains=4]", "qsl:fitted", "qsl:fitted/unfitted", "lora"]
    before = {name: identity(name) for name in names}
    whole = identity("qsl:recommended[rank=12,target_modules=all-linear]")
    by_option = identity(
        "qsl:recommended", **{"qsl:recommended": {"rank": 3, "target_modules": "all-linear"}}
    )
    request.getfixturevalue("changed")
    after = {name: identity(name) for name in names}
    assert {name for name in names if before[name] != after[name]} == set(names[:2])
    # what the user says of both settings goes before the preset, now as then
    assert identity("qsl:recommended[rank=12,target_modules=all-linear]") == whole
    given = {"rank": 3, "target_modules": "all-linear"}
    assert identity("qsl:recommended", **{"qsl:recommended": given}) == by_option
    assert changed_settings("recommended", {}) == {
        "rank": 12,
        "target_modules": ["o_proj", "q_proj", "v_proj"],
    }


def test_what_a_setting_brings_along_counts():
    assert changed_settings("mergeable", {"rank": 3, "n_layers": 5}) == {}
    assert changed_settings("mergeable", {"form": "sublayer"})["readout"] == "amplitudes"


def test_every_setting_has_its_first_value():
    """One that were missing would be in every id from its first day on, and older records would not count."""
    peft = {f.name for f in fields(PeftConfig)}
    assert _SETTINGS.keys() == {f.name for f in fields(QSLConfig)} - peft - _NOT_OF_A_PRESET


class Asked(Exception):
    """The runs that an executor was to make."""


class Refusing(InlineExecutor):
    def run(self, calls, listener):
        if calls:
            raise Asked([call.label for call in calls])
        return iter(())


def test_rates_that_were_found_for_another_preset_are_searched_again(request, tmp_path):
    recipe = Recipe(
        data=str(TRAILS), methods=["qsl:recommended"], seeds=[0], search={"factors": [1.0, 2.0], "extend": 0}
    )
    found = {"lora": {"0.1": 1.0}, "qsl:recommended": {"0.01": 2.0, "0.02": 3.0}, "untuned": {"0.0": 4.0}}

    def asked():
        with pytest.raises(Asked) as told:
            compare(plan(recipe), tmp_path, executor=Refusing())
        return told.value.args[0]

    assert asked() == ["untuned lr 0"]
    (tmp_path / "search.json").write_text(json.dumps(found), encoding="utf-8")
    assert asked() == ["qsl:recommended seed 0"]
    request.getfixturevalue("changed")
    assert asked() == ["qsl:recommended lr 0.01", "qsl:recommended lr 0.02"]
