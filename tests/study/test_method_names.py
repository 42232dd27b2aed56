"""Names of methods with settings: read, written and told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualms.errors import ConfigError
from qualms.study.method_names import read_name, split_names, written
from qualms.study.methods import parse, with_twins
from qualms.study.recipe import Recipe
from qualms.study.run import TrainingRun

_texts = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=12)
_scalars = st.booleans() | st.integers(-(10**6), 10**6) | st.floats(1e-3, 1e3) | _texts
_settings = st.dictionaries(
    st.from_regex(r"[a-z][a-z_]{0,9}", fullmatch=True), _scalars | st.lists(_scalars, max_size=3), max_size=4
)


@given(_settings)
def test_what_is_written_is_read(settings):
    assert read_name(written("lora", settings)) == ("lora", settings, "")


@given(st.lists(_settings, min_size=1, max_size=4))
def test_commas_within_brackets_part_no_names(several):
    names = [written("lora", settings) for settings in several]
    assert split_names(", ".join(names)) == names


def test_the_order_of_settings_makes_no_other_method():
    one, other = parse("lora[r=1,lora_alpha=2]"), parse("lora[ lora_alpha = 2, r = 1 ]")
    assert one == other
    assert one.name == other.name == "lora[lora_alpha=2,r=1]"


def test_a_twin_belongs_to_the_form_that_it_is_the_twin_of():
    methods = [parse("qsl:mergeable[rank=3]"), parse("qsl:mergeable[exclude_modules='a/b@c',rank=4]")]
    found = with_twins(methods, ["no-entangler"])
    assert [m.twin_of for m in found] == [None, methods[0].name, None, methods[1].name]
    assert found[3].settings == {"exclude_modules": "a/b@c", "rank": 4}
    assert parse("lora[r=2]@superpositional/lambda-zero").twin_of == "lora[r=2]@superpositional"


def test_forms_of_a_method_have_ids_of_their_own():
    recipe = Recipe(methods=["lora[r=1]", "lora[r=2]"])
    ids = {
        TrainingRun(recipe, parse(m), 0.01, 0, 30, False, "task").id
        for m in ("lora[r=1]", "lora[r=2]", "lora")
    }
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("lora[r=1", "the bracket is not closed"),
        ("lora[]", "no settings in its brackets"),
        ("lora[r]", "key=value, not 'r'"),
        ("lora[r=1,r=2]", "r is given twice"),
        ("lora[rank=1]", "LoraConfig has no rank"),
        ("lora[target_module=q]", "has no target_module; did you mean 'target_modules'"),
        ("qsl:fitted[layers=3]", "QSLConfig has no layers; did you mean 'n_layers'"),
        ("lora[r=yes]", "may be read as"),
        ("lora[r=true]", "r=True must be"),
        ("lora[r=1]8", "after the bracket"),
        ("lora[init_lora_weights=corda]", "needs passes over data"),
        ("adalora[init_lora_weights=eva]", "needs passes over data"),
        ("adalora[init_lora_weights=lora_ga]", "needs passes over data"),
        ("lora[lora_ga_config={scale: stable}]", "goes with init_lora_weights='lora_ga'"),
        ("lora[init_lora_weights=lora_ga,lora_ga_config={scale: big}]", "scale is one of stable, weight_svd"),
        ("lora[init_lora_weights=lora_ga,lora_ga_config={stable_gamma: 0}]", "above zero"),
        ("lora[init_lora_weights=lora_ga,lora_ga_config={stable_gamma: .inf}]", "finite number above zero"),
        ("lora[init_lora_weights=lora_ga,lora_ga_config={stable_gamma: x}]", "must be a number"),
        ("lora[init_lora_weights=lora_ga,alora_invocation_tokens=[5]]", "with alora_invocation_tokens"),
        ("lora[init_lora_weights=lora_ga,lora_ga_config={rank: 1}]", "unexpected keyword argument 'rank'"),
        ("lora[init_lora_weights=lora_ga,use_dora=true,use_rslora=true]", "with use_rslora, use_dora"),
        ("lora[eva_config={rho: 1.0}]", "goes with init_lora_weights='eva'"),
        ("lora[init_lora_weights=eva,eva_config={rho: 2.0}]", "moves ranks between maps"),
        ("lora[init_lora_weights=eva,eva_config={tau: 2.0}]", "between 0.0 and 1.0"),
        ("lora[init_lora_weights=eva,eva_config={rank: 1}]", "unexpected keyword argument 'rank'"),
        ("lora[init_lora_weights=eva,rank_pattern={q_proj: 3}]", "other ranks than rank_pattern"),
        ("vera[init_weights=eva]", "init_weights='eva' must be true or false"),
        ("full[r=1]", "it has none"),
        ("qsl:mergeable[rank=0]", "rank=0"),
    ],
)
def test_a_name_that_is_wrong_is_told_with_what_is_wrong(name, what):
    with pytest.raises(ConfigError, match=name.partition("[")[0].partition(":")[0] + "|QSL") as error:
        parse(name)
    assert what in str(error.value)
    assert "\n" not in str(error.value)
