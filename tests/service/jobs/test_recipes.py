"""Recipes of requests: what is allowed is listed, and everything else is refused."""

from dataclasses import fields

import pytest
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

from qualms.adapters import QSLConfig
from qualms.errors import ConfigError
from qualms.service.jobs import recipes
from qualms.service.jobs.recipes import check_recipe
from qualms.study.recipe import Recipe, Search

QSL_REFUSED = {  # of the sublayer's options: where circuits run, files, and what the recipe's seeds decide
    "task_type", "peft_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision",
    "inference_mode", "modules_to_save", "layers_pattern", "trainable_token_indices", "init_seed", "backend",
    "backend_options", "base_probe",
}  # fmt: skip


def test_somebody_has_decided_about_every_field():
    """A field that a recipe gains is refused, and this test fails until it is listed in one of the two."""
    assert recipes.FIELDS | recipes.REFUSED.keys() == Recipe.model_fields.keys()
    assert not recipes.FIELDS & recipes.REFUSED.keys()
    assert Search.model_fields.keys() == recipes.SEARCH


def test_somebody_has_decided_about_every_option_of_the_sublayer():
    there = {field.name for field in fields(QSLConfig)}
    assert there - recipes.OPTIONS == QSL_REFUSED


def test_every_option_that_is_allowed_is_one_of_a_method():
    there = {field.name for cls in PEFT_TYPE_TO_CONFIG_MAPPING.values() for field in fields(cls)}
    assert there >= recipes.OPTIONS


@pytest.mark.parametrize(
    "recipe",
    [
        {},
        {"methods": ["lora[r=2,target_modules=all-linear]", "qsl:mergeable[rank=4]/lora-equal"]},
        {"methods": ["lora@superpositional"], "optim_options": {"lam": 0.1, "betas": [0.9, 0.99]}},
        {"options": {"qsl": {"n_qubits": 4, "rz": True}, "lora": {"r": 4, "layers_to_transform": [0, 1]}}},
        {"data": "trails", "separator": " ->\n", "search": {"factors": [1.0], "steps": 5}},
        {"model": "own", "learning_rates": {"lora[r=2]": 0.01}},
    ],
)
def test_what_is_allowed(recipe):
    assert check_recipe(recipe, False, ("own",)) == Recipe(**recipe)


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        ({"workers": 2}, "recipe.workers: the service's settings say"),
        ({"report_to": ["wandb"]}, "recipe.report_to: the service tells nobody"),
        ({"step": 3}, "recipe: 'step' is no field that a request may have; did you mean 'steps'"),
        ({"steps": 0}, "recipe.steps 0: must be greater than or equal to 1"),
        ({"search": {"depth": 2}}, "recipe.search.depth: unknown key"),
        ({"model": "../secret"}, r"recipe.model: '../secret' is not among base, minilm"),
        ({"data": "/etc/passwd"}, "recipe.data: "),
        ({"input_field": "../x"}, "recipe.input_field: '../x' is no name"),
        ({"twins": ["../x"]}, "recipe.twins: '../x' is no name"),
        ({"options": {"qsl": {"backend": "ibm"}}}, "recipe.options.qsl: 'backend' is no option"),
        ({"options": {"cpt": {"tokenizer_name_or_path": "x"}}}, "'tokenizer_name_or_path' is no option"),
        ({"options": {"shadow": {"shadow_model": "x"}}}, "'shadow_model' is no option"),
        ({"options": {"lora": {"r": {"a": 1}}}}, "recipe.options.lora.r: it must be a number"),
        ({"options": {"lora": {"target_modules": ["a", "../b"]}}}, "'../b' is no name or setting"),
        ({"methods": ["qsl[backend=ibm]"]}, "recipe.methods: qsl: 'backend' is no option"),
        ({"methods": ["lora\n"]}, "is no name of a method"),
        ({"learning_rates": {"qsl[backend=ibm]": 0.1}}, "'backend' is no option"),
        ({"optim_options": {"backend": "ibm"}}, "recipe.optim_options: 'backend' is no option"),
    ],
)
def test_what_is_refused(recipe, told):
    with pytest.raises(ConfigError, match=told) as error:
        check_recipe(recipe, False, ())
    assert "\n" not in str(error.value)


def test_a_field_that_is_not_listed_is_refused(monkeypatch):
    monkeypatch.setattr(recipes, "FIELDS", recipes.FIELDS - {"samples"})
    with pytest.raises(ConfigError, match="'samples' is no field that a request may have"):
        check_recipe({"samples": 1}, False, ())


def test_data_is_told_once():
    assert check_recipe({}, True, ()).data == recipes.OWN_DATA
    with pytest.raises(ConfigError, match=r"recipe\.data"):
        check_recipe({"data": "trails"}, True, ())
