"""Merging and exporting where one model carries more than one kind of thing."""

import pytest
import torch
from peft import LoraConfig, PeftModel, TaskType, get_peft_model

from qualms import QSLConfig, export_lora
from qualms.adapters import QSLLayer
from qualms.errors import ConfigError, NotMergeableError
from tests.conftest import build, inputs, shake


def test_a_refused_merge_leaves_the_model_whole():
    model = get_peft_model(build("llama"), QSLConfig.mergeable(layers_to_transform=[0]))
    model.add_adapter("bent", QSLConfig(n_qubits=3, layers_to_transform=[1]))
    model.base_model.set_adapter(["default", "bent"])
    shake(model.eval())
    before = model(**inputs("llama")).logits
    with pytest.raises(NotMergeableError, match="bent"):
        model.merge_and_unload()
    assert torch.equal(model(**inputs("llama")).logits, before)


def test_a_trained_head_goes_along(tmp_path):
    model = shake(get_peft_model(build("bert"), QSLConfig.mergeable(task_type=TaskType.SEQ_CLS)).eval())
    export_lora(model, tmp_path)
    loaded = PeftModel.from_pretrained(build("bert"), tmp_path).eval()
    torch.testing.assert_close(
        loaded(**inputs("bert")).logits, model(**inputs("bert")).logits, rtol=1e-3, atol=1e-4
    )


def test_trained_tokens_go_along(tmp_path):
    model = shake(get_peft_model(build("llama"), QSLConfig.mergeable(trainable_token_indices=[3, 40])).eval())
    export_lora(model, tmp_path)
    loaded = PeftModel.from_pretrained(build("llama"), tmp_path).eval()
    torch.testing.assert_close(
        loaded(**inputs("llama")).logits, model(**inputs("llama")).logits, rtol=1e-3, atol=1e-4
    )


def test_nothing_is_written_over(tmp_path):
    model = get_peft_model(build("llama"), QSLConfig.mergeable())
    export_lora(model, tmp_path)
    with pytest.raises(ConfigError, match="already holds"):
        export_lora(model, tmp_path)
    with pytest.raises(ConfigError, match="no quantum sublayer"):
        export_lora(model, tmp_path / "other", adapter="none")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e38])
@pytest.mark.parametrize("merge", ["merge_and_unload", "merge_adapter"])
def test_a_safe_merge_that_meets_no_numbers_leaves_every_weight_as_it_was(merge, bad):
    """The same error and words as PEFT's LoRA, but in all layers or in none.

    A float16 base overflows though the adapter's numbers are finite.
    """
    messages = []
    for config in (QSLConfig.mergeable(), LoraConfig(target_modules=["q_proj", "k_proj", "v_proj"])):
        model = shake(get_peft_model(build("llama").half(), config).eval())
        last = next(
            p
            for n, p in model.named_parameters()
            if ".1.self_attn.v_proj" in n and ("qsl_spectrum" in n or "lora_B" in n)
        )
        last.data.fill_(bad)
        before = {n: p.clone() for n, p in model.named_parameters() if "base_layer" in n}
        with pytest.raises(
            ValueError, match=r"detected in the merged weights.*The adapter default seems to be broken"
        ) as error:
            getattr(model, merge)(safe_merge=True)
        messages.append(str(error.value))
        if isinstance(config, QSLConfig):
            after = dict(model.named_parameters())
            assert all(torch.equal(after[n], p) for n, p in before.items())
            assert not any(m.merged_adapters for m in model.modules() if isinstance(m, QSLLayer))
            assert "layers.1.self_attn.v_proj" in str(error.value)
            with model.disable_adapter():
                torch.testing.assert_close(
                    model(**inputs("llama")).logits, build("llama").half()(**inputs("llama")).logits
                )
    assert all(m.startswith("NaNs") for m in messages)


def test_a_safe_merge_of_several_adapters_is_of_all_or_of_none():
    model = shake(get_peft_model(build("llama"), QSLConfig.mergeable()).eval())
    model.add_adapter("broken", QSLConfig.mergeable())
    next(p for n, p in model.named_parameters() if "v_proj.qsl_spectrum.broken" in n).data.fill_(float("nan"))
    layer = next(m for n, m in model.named_modules() if n.endswith("0.self_attn.v_proj"))
    before = layer.weight.clone()
    with pytest.raises(ConfigError, match="The adapter broken seems"):
        layer.merge(safe_merge=True, adapter_names=["default", "broken"])
    with pytest.raises(ConfigError, match="The adapter broken seems"):
        model.merge_adapter(["default", "broken"], safe_merge=True)
    assert torch.equal(layer.weight, before)
    expected = model(**inputs("llama")).logits
    model.merge_adapter(["default"], safe_merge=True)
    torch.testing.assert_close(model(**inputs("llama")).logits, expected, rtol=1e-3, atol=1e-4)


def test_what_is_merged_is_what_was_named():
    """Not what is active: a linear adapter merges beside one that is not, and that one is refused by name
    before anything changes.
    """
    model = get_peft_model(build("llama"), QSLConfig.mergeable(layers_to_transform=[0]))
    model.add_adapter("bent", QSLConfig(n_qubits=3, layers_to_transform=[1]))
    weights = [m.weight.clone() for m in model.modules() if isinstance(m, QSLLayer)]
    shake(model.eval())
    with pytest.raises(NotMergeableError, match="bent"):
        model.merge_adapter(["default", "bent"])
    with pytest.raises(ConfigError, match="adapter_names has other, loaded are default, bent"):
        model.merge_adapter(["default", "other"])
    with pytest.raises(ConfigError, match="list of names"):
        model.merge_and_unload(adapter_names="default")
    assert all(
        torch.equal(w, m.weight)
        for w, m in zip(weights, (m for m in model.modules() if isinstance(m, QSLLayer)), strict=True)
    )
    model.set_adapter("bent")
    model.merge_adapter(["default"])
    assert not torch.equal(weights[0], next(m for m in model.modules() if isinstance(m, QSLLayer)).weight)


def test_nothing_is_merged_into_a_quantized_weight():
    model = shake(get_peft_model(build("llama"), QSLConfig.mergeable()))
    layer = next(m for m in model.modules() if isinstance(m, QSLLayer))
    # as bitsandbytes keeps them
    layer.base_layer.weight = torch.nn.Parameter(torch.ones(32, 32, dtype=torch.int8), requires_grad=False)
    with pytest.raises(NotMergeableError, match=r"quantized weight of torch\.int8"):
        model.merge_adapter(safe_merge=True)
    with pytest.raises(NotMergeableError, match=r"quantized weight of torch\.int8"):
        model.merge_adapter()
    assert not any(m.merged_adapters for m in model.modules() if isinstance(m, QSLLayer))
