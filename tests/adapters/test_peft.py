"""PEFT's features beside what its LoRA does with them: each works, or refuses in one sentence."""

import pytest
import torch
from peft import (
    LoraConfig,
    PeftMixedModel,
    PeftModel,
    convert_to_lora,
    get_peft_model,
    get_peft_model_state_dict,
    inject_adapter_in_model,
    set_peft_model_state_dict,
)
from peft.helpers import rescale_adapter_scale
from peft.tuners.lora import LoraModel
from peft.utils.hotswap import hotswap_adapter
from transformers import GenerationConfig

from qualms import QSLConfig
from qualms.adapters import QSLLayer, QSLModel
from qualms.errors import ConfigError, NotMergeableError
from tests.conftest import build, inputs, shake

FORMS = {
    "seed": lambda **k: QSLConfig.seed(n_qubits=3, **k),
    "shared": lambda **k: QSLConfig(n_qubits=3, share_down=True, **k),
    "linear": QSLConfig.mergeable,
}


@pytest.fixture(params=FORMS)
def form(request):
    return FORMS[request.param]


def two(kind, first, second=None):
    model = shake(get_peft_model(build(kind), first).eval())
    model.add_adapter("b", second or first)
    model.set_adapter("b")
    shake(model, seed=5)
    model.set_adapter("default")
    return model


def logits(model, kind="llama"):
    with torch.no_grad():
        return model(**inputs(kind)).logits


# Mixed batches under generate -------------------------------------------------------------------------------

BEAMS = {
    "beams": {"num_beams": 4},
    "beams and several returned": {"num_beams": 4, "num_return_sequences": 2},
    "a generation config": {
        "generation_config": GenerationConfig(num_beams=3, max_new_tokens=5, min_new_tokens=5, pad_token_id=0)
    },
    "none": {},
}
MIXED = ("default", "b", "__base__")


def generated(model, kind, rows=slice(None), **options):
    options = {"max_new_tokens": 5, "min_new_tokens": 5, "pad_token_id": 0, "do_sample": False, **options}
    if kind == "t5" and "generation_config" in options:
        options["decoder_start_token_id"] = 0
    return model.generate(input_ids=inputs(kind)["input_ids"][rows], **options)


@pytest.mark.parametrize("kind", ["t5", "llama", "gpt2"])
@pytest.mark.parametrize("options", BEAMS)
def test_a_mixed_batch_generates_what_each_adapter_does_alone(kind, options, form):
    task = {"llama": "CAUSAL_LM"}.get(kind)  # which has a `generate` of its own in PEFT
    model = two(kind, form(task_type=task), form(task_type=task))
    options, count = BEAMS[options], BEAMS[options].get("num_return_sequences", 1)
    mixed = generated(model, kind, adapter_names=list(MIXED), **options).unflatten(0, (3, count))
    for row, name in enumerate(MIXED):
        if name == "__base__":
            with model.disable_adapter():
                alone = generated(model, kind, [row], **options)
        else:
            model.set_adapter(name)
            alone = generated(model, kind, [row], **options)
        assert torch.equal(mixed[row, :, : alone.shape[1]], alone), name
    assert "_expand_inputs_for_generation" not in vars(model.base_model.model)


@pytest.mark.parametrize("kind", ["t5", "llama"])
def test_beams_that_the_model_has_as_its_default(kind):
    """As published translation models have; LoRA, which looks at the argument alone, refuses them."""
    model = two(kind, QSLConfig(n_qubits=3), QSLConfig(n_qubits=3))
    explicit = generated(model, kind, adapter_names=list(MIXED), num_beams=4)
    model.base_model.model.generation_config.num_beams = 4
    assert torch.equal(generated(model, kind, adapter_names=list(MIXED)), explicit)


@pytest.mark.parametrize("kind", ["t5", "llama"])
def test_a_head_that_one_adapter_trained_follows_its_rows(kind):
    model = two(kind, QSLConfig(n_qubits=3, modules_to_save=["lm_head"]), QSLConfig(n_qubits=3))
    mixed = generated(model, kind, adapter_names=["default", "b", "default"], num_beams=3)
    alone = generated(model, kind, [2], num_beams=3)
    assert torch.equal(mixed[2, : alone.shape[1]], alone[0])
    model.set_adapter("b")
    assert torch.equal(mixed[1, : alone.shape[1]], generated(model, kind, [1], num_beams=3)[0])


def test_several_sampled_sequences_of_each_row():
    model = two("llama", QSLConfig(n_qubits=3), QSLConfig(n_qubits=3))
    found = generated(model, "llama", adapter_names=list(MIXED), do_sample=True, num_return_sequences=2)
    assert len(found) == 6


@pytest.mark.parametrize("kind", ["t5", "llama"])
def test_beams_as_lora_has_them(kind, tmp_path):
    """The same adapters as LoRA, through PEFT's own mixed batches."""
    model = two(kind, QSLConfig.mergeable(), QSLConfig.mergeable())
    lora = None
    for name in ("default", "b"):
        config, state = convert_to_lora(model, 2, adapter_name=name)
        if lora is None:
            lora = get_peft_model(build(kind), config, adapter_name=name).eval()
        else:
            lora.add_adapter(name, config)
        set_peft_model_state_dict(lora, state, adapter_name=name)
    options = {"num_beams": 4, "adapter_names": list(MIXED)}
    assert torch.equal(generated(model, kind, **options), generated(lora, kind, **options))


@pytest.mark.parametrize("names", ["default", [None, "default", "default"]])
def test_names_that_are_no_list_of_names(names):
    with pytest.raises(ConfigError, match="one name for each row"):
        two("llama", QSLConfig(n_qubits=3))(**inputs("llama"), adapter_names=names)


def test_wrong_numbers_of_names_under_beams():
    model = two("t5", QSLConfig(n_qubits=3))
    with pytest.raises(ConfigError, match="2 names for a batch of 3"):
        generated(model, "t5", adapter_names=["default", "b"], num_beams=4)
    assert not any(m._forward_pre_hooks for m in model.modules() if isinstance(m, QSLLayer))
    assert "_expand_inputs_for_generation" not in vars(model.base_model.model)


# The rest of the surface ------------------------------------------------------------------------------------


def test_no_public_method_of_lora_falls_through_to_the_base_model():
    missing = {name for name in dir(LoraModel) if not name.startswith("_")} - set(dir(QSLModel))
    assert not missing
    with pytest.raises(ConfigError, match="subtract_mutated_init is for LoRA"):
        two("llama", QSLConfig(n_qubits=3)).subtract_mutated_init({}, "default")


def test_status(form):
    model = two("llama", form(), form())
    status = model.get_model_status()
    assert (status.enabled, status.active_adapters, status.merged_adapters, status.requires_grad) == (
        True,
        ["default"],
        [],
        {"default": True, "b": False},
    )
    assert status.available_adapters == ["b", "default"]
    assert status.num_adapter_layers == len(model.get_layer_status()) == 6
    with model.disable_adapter():
        assert model.get_model_status().enabled is False
    model.set_requires_grad("b", True)
    assert model.get_model_status().requires_grad == {"default": True, "b": True}


def test_several_active_adapters_add_up():
    """What each adds to one layer's output."""
    model = two("llama", QSLConfig(n_qubits=3, share_down=True), QSLConfig.mergeable())
    layer = next(m for m in model.modules() if isinstance(m, QSLLayer))
    model.base_model.set_adapter(["default", "b"])
    x = torch.randn(4, 32)
    torch.testing.assert_close(
        layer(x), layer.base_layer(x) + layer.delta("default", x) + layer.delta("b", x)
    )


@pytest.mark.parametrize("cut", ["default", "b"])
def test_deleting_leaves_the_other_as_it_was(form, cut):
    model = two("llama", form(), form())
    kept = "b" if cut == "default" else "default"
    model.set_adapter(kept)
    expected = logits(model)
    model.delete_adapter(cut)
    torch.testing.assert_close(logits(model), expected)
    assert not any(n.endswith(f".{cut}") for n, _ in model.named_parameters())
    assert set(model.peft_config) == {kept}
    with pytest.raises(ValueError, match=f"{cut} does not exist"):
        model.delete_adapter(cut)


@pytest.mark.parametrize("low", [False, True])
def test_loading_with_little_memory(form, low, tmp_path):
    model = two("llama", form(), form())
    model.save_pretrained(tmp_path)
    torch.testing.assert_close(
        logits(PeftModel.from_pretrained(build("llama"), tmp_path, low_cpu_mem_usage=low).eval()),
        logits(model),
    )
    model.load_adapter(tmp_path / "b", "c", low_cpu_mem_usage=low)
    model.set_adapter("b")
    expected = logits(model)
    model.set_adapter("c")
    torch.testing.assert_close(logits(model), expected)


def test_injection_without_a_wrapper(form):
    model = shake(inject_adapter_in_model(form(), build("llama")))
    again = inject_adapter_in_model(form(), build("llama"))
    set_peft_model_state_dict(again, get_peft_model_state_dict(model))
    torch.testing.assert_close(logits(again), logits(model))
    by_keys = inject_adapter_in_model(form(), build("llama"), state_dict=get_peft_model_state_dict(model))
    assert sum(isinstance(m, QSLLayer) for m in by_keys.modules()) == 6


@pytest.mark.parametrize(
    "extra",
    [
        {"modules_to_save": ["embed_tokens"]},
        {"trainable_token_indices": [3, 4]},
        {"trainable_token_indices": {"embed_tokens": [5]}},
    ],
)
def test_what_is_trained_beside_the_sublayers(form, extra, tmp_path):
    model = shake(get_peft_model(build("llama"), form(**extra)).eval())
    assert (logits(model) - logits(shake(get_peft_model(build("llama"), form()).eval()))).abs().max() > 1e-4
    model.save_pretrained(tmp_path)
    torch.testing.assert_close(
        logits(PeftModel.from_pretrained(build("llama"), tmp_path).eval()), logits(model)
    )


def test_unload_gives_the_base_back(form):
    base = two("llama", form(), form()).unload()
    assert type(base) is type(build("llama"))
    assert not hasattr(base, "peft_config")
    torch.testing.assert_close(logits(base), logits(build("llama")))
    assert list(base.state_dict()) == list(build("llama").state_dict())


def test_adapters_stay_in_single_precision_whatever_is_asked():
    model = get_peft_model(build("llama").bfloat16(), QSLConfig(n_qubits=3), autocast_adapter_dtype=False)
    assert {p.dtype for n, p in model.named_parameters() if "qsl_" in n} == {torch.float32}


@pytest.mark.parametrize("name", ["default", "b"])
def test_conversion_to_lora_by_peft(name):
    model = two("llama", QSLConfig.mergeable(), QSLConfig.mergeable())
    assert model.supports_lora_conversion(name)
    model.set_adapter(name)
    config, state = convert_to_lora(model, 2, adapter_name=name)
    lora = get_peft_model(build("llama"), config).eval()
    set_peft_model_state_dict(lora, state)
    torch.testing.assert_close(logits(lora), logits(model), rtol=1e-3, atol=1e-4)
    bent = two("llama", QSLConfig.mergeable(), QSLConfig(n_qubits=3))
    assert bent.base_model.supports_lora_conversion("default")
    assert not bent.base_model.supports_lora_conversion("b")
    assert bent.supports_lora_conversion()
    bent.set_adapter("b")
    assert not bent.supports_lora_conversion()


REFUSED = {
    "hotswap": (
        lambda m, d: hotswap_adapter(m, d, "default"),
        ValueError,
        "only supports LORA but QUALMS_QSL",
    ),
    "rescaling": (
        lambda m, d: rescale_adapter_scale(m, 0.5).__enter__(),
        ValueError,
        "only supported for models with `LoraLayer`",
    ),
    "mixed methods": (
        lambda m, d: PeftMixedModel(build("llama"), QSLConfig()),
        ValueError,
        "'QUALMS_QSL' is not compatible",
    ),
    "LoRA beside it": (
        lambda m, d: m.add_adapter("lora", LoraConfig(target_modules=["q_proj"])),
        ValueError,
        "different peft types",
    ),
    "initial weights": (
        lambda m, d: m.save_pretrained(d / "x", path_initial_model_for_weight_conversion=str(d / "y")),
        ValueError,
        "not supported for QSLModel",
    ),
    "conversion": (lambda m, d: convert_to_lora(m, 2), TypeError, "do not support LoRA conversion"),
    "merging": (lambda m, d: m.merge_adapter(), NotMergeableError, "quadratic in the input"),
    **{
        option: (
            lambda m, d, option=option: QSLConfig(**{option: 1}),
            TypeError,
            f"unexpected keyword argument '{option}'",
        )
        for option in (
            "rank_pattern",
            "alpha_pattern",
            "target_parameters",
            "bias",
            "use_dora",
            "use_rslora",
            "layer_replication",
            "ensure_weight_tying",
            "init_lora_weights",
            "fan_in_fan_out",
        )
    },
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_by_name(what, tmp_path):
    call, error, words = REFUSED[what]
    model = two("llama", QSLConfig(n_qubits=3))
    model.save_pretrained(tmp_path)
    before = logits(model)
    with pytest.raises(error, match=words):
        call(model, tmp_path)
    torch.testing.assert_close(logits(model), before)
