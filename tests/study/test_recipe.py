import numpy as np
import pytest

from qualms.errors import ConfigError, QualmsError
from qualms.study.compare import choose_rate
from qualms.study.method_settings import check_options
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
        ("steps: many", "steps many: must be an integer$"),
        ("steps: 0", "steps"),
        ("seeds: []", r"seeds \[\]: must have at least 1 entry, and has 0$"),
        ("seeds: 3", "seeds 3: must be a list$"),
        ("task: rhyme", "task rhyme: must be 'generate' or 'classify'$"),
        ("seeds: [0, 0]", "the same value twice"),
        ("search: {factors: []}", "search.factors"),
        ("- a", "mapping"),
        ("a: [", "not YAML"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("search: {stepz: 1}", "unknown key 'search.stepz'; did you mean 'search.steps'"),
        ("steps: 3\nsteps: 4", r"r\.yaml:2: the key 'steps' occurs twice"),
        ("options: {lora: {r: 1, r: 2}}", r"r\.yaml:1: the key 'r' occurs twice"),
        ("skip_bad_rows: no", r"r\.yaml:1: no may be read as true or false or as text"),
        ("options: {lora: {use_rslora: on}}", "on may be read"),
        ("steps: 010", "010 may be read as a number"),
        ("steps: 1_000", "1_000 may be read"),
        ("steps: 1:30", "1:30 may be read"),
        ("steps: 3\n\tseeds: [1]", r"r\.yaml:2: a tab"),
        ("1: x", "the key 1 is no text"),
        ("", "empty"),
        ("steps: true", "steps true: must be a number"),
        ("steps: 2.5", "steps 2.5: .*integer"),
        ("weight_decay: .nan", "weight_decay nan: must be a finite number"),
        ("weight_decay: .inf", "weight_decay inf: must be a finite number"),
        ("learning_rates: {lora: 0}", "learning_rates.lora 0: must be greater than 0"),
        ("search: {factors: [1, -1]}", "search.factors -1: must be greater than 0"),
        ("seeds: [4294967296]", "seeds 4294967296: must be less than"),
        ("methods: [lora, lora]", "the same value twice"),
    ],
)
def test_bad_recipes(tmp_path, text, reason):
    path = tmp_path / "r.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=reason):
        load_recipe(path, {})


def test_errors_are_one_line_without_pydantic(tmp_path):
    for wrong in ({"steps": 0}, {"stepz": 1}, {"task": "x"}, {"seeds": "many"}):
        with pytest.raises(ConfigError) as caught:
            Recipe(**wrong)
        assert "\n" not in str(caught.value)
        assert "pydantic" not in str(caught.value)
        assert "[type=" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [{"learning_rates": {"lora": 0.0}}, {"seeds": [-1]}, {"steps": 0}, {"unknown": 1}]
)
def test_a_changed_copy_is_checked(wrong):
    with pytest.raises(ConfigError):
        Recipe().model_copy(update=wrong)
    assert Recipe(steps=7).model_copy(update={"seeds": [4]}) == Recipe(steps=7, seeds=[4])


def test_numbers_of_numpy_are_numbers():
    made = Recipe(
        steps=np.int64(5),
        weight_decay=np.float32(0.5),
        seeds=np.arange(2),
        learning_rates={"lora": np.float64(0.1)},
        skip_bad_rows=np.bool_(True),
    )
    assert made == Recipe(
        steps=5, weight_decay=0.5, seeds=[0, 1], learning_rates={"lora": 0.1}, skip_bad_rows=True
    )
    assert type(made.steps) is int
    assert made.model_dump_json()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_recipes_in_other_encodings(tmp_path, encoding):
    path = tmp_path / "r.yaml"
    path.write_bytes("data: é\r\noptim_options: {lam: 1e-3}\r\n\x1a".encode(encoding))
    assert load_recipe(path, {}) == Recipe(data="é", optim_options={"lam": 0.001})


def test_a_recipe_that_is_no_text_names_the_line(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_bytes(b"steps: 3\ndata: \xe9\n")
    with pytest.raises(ConfigError, match=r"r\.yaml:2: byte 7"):
        load_recipe(path, {})


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("lora", {"r": 0}, "at least 1"),
        ("lora", {"r": 2.5}, "integer"),
        ("lora", {"r": True}, "integer"),
        ("lora", {"lora_dropout": float("nan")}, "finite"),
        ("lora", {"lora_dropout": "0.1"}, "a number"),
        ("lora", {"use_rslora": "no"}, "true or false"),
        ("prefix", {"num_virtual_tokens": -1}, "integer|at least"),
        ("qsl", {"n_layers": 0}, "at least 1"),
    ],
)
def test_options_of_methods_are_checked_before_anything_starts(name, options, reason):
    with pytest.raises(ConfigError, match=reason):
        check_options(parse(name), options)


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
    methods = with_twins([parse("lora"), parse("qsl")], ["frozen-angles", "lora-equal"])
    assert [m.name for m in methods] == ["lora", "qsl", "qsl/frozen-angles", "qsl/lora-equal"]
    assert methods == [parse(m.name) for m in methods]
    with pytest.raises(ConfigError, match="never run without"):
        with_twins([parse("qsl")], [])


def test_another_form_by_options_is_no_other_method():
    check_options(parse("qsl"), {"form": "factors"})
    check_options(parse("qsl:mergeable"), {"form": "sublayer"})
    with pytest.raises(ConfigError, match="other twins"):
        check_options(parse("qsl"), {"form": "factors", "start": "fitted"})


def test_without_a_choice_a_method_brings_all_twins_but_those_on_request():
    usual = ["frozen-angles", "no-entangler", "random-orthogonal", "lora-equal"]
    names = ["qsl", "qsl:mergeable", "qsl:fitted[rank=2]", "qsl:recommended"]
    found = with_twins([parse(name) for name in names], Recipe().twins)
    brought = {name: [m.twin for m in found if m.twin_of == name] for name in names}
    assert brought == {
        "qsl": usual, "qsl:mergeable": [*usual, "unilora-equal"],
        "qsl:fitted[rank=2]": [*usual, "unilora-equal", "unfitted"], "qsl:recommended": [],
    }  # fmt: skip
    chosen = with_twins([parse("qsl"), parse("qsl:fitted")], ["stored-directions", "lora-equal"])
    assert [m.twin for m in chosen] == [None, "lora-equal", None, "stored-directions", "lora-equal"]
    with pytest.raises(ConfigError, match="unknown twin 'unilora-equal'"):
        with_twins([parse("qsl")], ["unilora-equal"])


@pytest.mark.parametrize(
    "name", ["lorra", "qsl:big", "qsl:seed", "qsl/none", "lora/frozen-angles", "", "qsl/"]
)
def test_names_that_are_no_method(name):
    with pytest.raises(ConfigError):
        parse(name) if name != "qsl/" else with_twins([parse("qsl")], [""])


def test_near_ties_go_to_the_lower_rate():
    assert choose_rate({0.1: 1.0}, untuned=float("inf"), share=1.0) == 0.1
    losses = {0.1: 1.00, 0.03: 1.04, 0.01: 1.20}
    assert choose_rate(losses, untuned=2.0, share=0.95) == 0.03
    assert choose_rate(losses, untuned=2.0, share=1.0) == 0.1  # after runs of full length
    # little was gained: .04 of it is a lot
    assert choose_rate(losses, untuned=1.3, share=0.95) == 0.1
    assert choose_rate({0.1: float("inf"), 0.03: 2.0}, untuned=3.0, share=0.95) == 0.03
    with pytest.raises(QualmsError, match="diverged at every"):
        choose_rate({0.1: float("inf")}, untuned=3.0, share=0.95)
