import pytest

from qualms.errors import ConfigError, QualmsError
from qualms.study.compare import choose_rate
from qualms.study.methods import parse, with_twins
from qualms.study.recipe import Recipe, load_recipe, nest, parse_override


def test_yaml_and_overrides(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text("steps: 7\nseeds: [3]\n")
    assert load_recipe(path, {"steps": 9}) == Recipe(steps=9, seeds=[3])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("stepz: 7", "unknown key 'stepz'; did you mean 'steps'"),
        ("steps: many", "steps"),
        ("steps: 0", "steps"),
        ("seeds: []", "seeds"),
        ("seeds: [0, 0]", "the same value twice"),
        ("search: {factors: []}", "search.factors"),
        ("- a", "mapping"),
        ("a: [", "not YAML"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("search: {stepz: 1}", "search.stepz"),
    ],
)
def test_bad_recipes(tmp_path, text, reason):
    path = tmp_path / "r.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=reason):
        load_recipe(path, {})


def test_a_recipe_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_recipe(tmp_path / "none.yaml", {})


def test_dotted_overrides():
    assert nest(dict([parse_override("search.steps=4"), parse_override("options.lora.r=2")]), {}) == {
        "search": {"steps": 4},
        "options": {"lora": {"r": 2}},
    }
    with pytest.raises(ConfigError, match="no keys of its own"):
        nest({"steps.more": 1}, {"steps": 3})
    with pytest.raises(ConfigError, match="key=value"):
        parse_override("steps")


def test_quantum_methods_bring_their_twins():
    assert with_twins(["lora", "qsl"], ["frozen-angles", "lora-equal"]) == ["lora", "qsl", "qsl/frozen-angles", "qsl/lora-equal"]
    with pytest.raises(ConfigError, match="never run without"):
        with_twins(["qsl"], [])


@pytest.mark.parametrize("name", ["lorra", "qsl:big", "qsl:seed", "qsl/none", "lora/frozen-angles", "", "qsl/"])
def test_names_that_are_no_method(name):
    with pytest.raises(ConfigError):
        parse(name) if name != "qsl/" else with_twins(["qsl"], [""])


def test_near_ties_go_to_the_lower_rate():
    assert choose_rate({0.1: 1.00, 0.03: 1.04, 0.01: 1.20}, untuned=2.0) == 0.03
    assert choose_rate({0.1: 1.00, 0.03: 1.04, 0.01: 1.20}, untuned=1.3) == 0.1  # little was gained: .04 of it is a lot
    assert choose_rate({0.1: float("inf"), 0.03: 2.0}, untuned=3.0) == 0.03
    with pytest.raises(QualmsError, match="diverged at every"):
        choose_rate({0.1: float("inf")}, untuned=3.0)
