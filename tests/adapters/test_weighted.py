"""`add_weighted_adapter`, beside the sum of weight matrices in numpy and beside what PEFT makes of the same
adapters as LoRA.
"""

import math

import numpy as np
import pytest
import torch
from peft import PeftModel, TaskType, get_peft_model

from qualms import QSLConfig, export_lora
from qualms.adapters import QSLLayer
from qualms.errors import ConfigError, NotMergeableError
from tests.conftest import build, inputs, shake

FORMS = {
    "factors": QSLConfig.mergeable,
    "linear": lambda **k: QSLConfig.mergeable("sublayer", **{"n_qubits": 2, **k}),
    "shared": lambda **k: QSLConfig(
        **{
            "n_qubits": 2,
            "readout": "amplitudes",
            "keep_norm": True,
            "share_down": True,
            "share_up": True,
            **k,
        }
    ),
}


def two(kind, first, second=None):
    model = shake(get_peft_model(build(kind), first).eval())
    model.add_adapter("b", second or first)
    model.set_adapter("b")
    shake(model, seed=5)
    model.set_adapter("default")
    return model


def deltas(model, name):
    return {
        n: m.get_delta_weight(name).double().numpy()
        for n, m in model.named_modules()
        if isinstance(m, QSLLayer) and name in m.plans
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["llama", "gpt2", "gpt_neox", "bert", "t5"])
def test_the_sum_is_the_sum(kind, form, tmp_path):
    """Of the weight matrices; and it merges, exports, is saved, loaded and trained like any other."""
    model = two(kind, FORMS[form](), FORMS[form](scaling=0.7))
    before = model(**inputs(kind)).logits
    model.add_weighted_adapter(["default", "b"], [0.5, np.float32(-2)], "mix")
    assert torch.equal(model(**inputs(kind)).logits, before)  # it is not active
    a, b = deltas(model, "default"), deltas(model, "b")
    for name, found in deltas(model, "mix").items():
        np.testing.assert_allclose(found, 0.5 * a[name] - 2 * b[name], atol=1e-5)
    model.set_adapter("mix")
    expected = model(**inputs(kind)).logits
    assert (expected - before).abs().max() > 1e-4
    model.save_pretrained(tmp_path, selected_adapters=["mix"])
    loaded = PeftModel.from_pretrained(build(kind), tmp_path / "mix").eval()
    torch.testing.assert_close(loaded(**inputs(kind)).logits, expected, rtol=1e-4, atol=5e-5)
    model(**inputs(kind)).loss.backward()
    assert all(p.grad is not None for n, p in model.named_parameters() if p.requires_grad)
    export_lora(model, tmp_path / "lora", "mix")
    lora = PeftModel.from_pretrained(build(kind), tmp_path / "lora").eval()
    torch.testing.assert_close(lora(**inputs(kind)).logits, expected, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(
        model.merge_and_unload()(**inputs(kind)).logits, expected, rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("rank", [None, 1, 3, 50])
def test_the_nearest_of_a_lower_rank_is_the_one_that_peft_makes(rank, tmp_path):
    model = two("llama", QSLConfig.mergeable())
    for name in ("default", "b"):
        export_lora(model, tmp_path / name, name)
    lora = PeftModel.from_pretrained(build("llama"), tmp_path / "default")
    lora.load_adapter(tmp_path / "b", "b")
    for m in (model, lora):
        with (
            pytest.warns(RuntimeWarning, match="of its norm is left out")
            if m is model and rank != 50
            else np.errstate()
        ):
            m.add_weighted_adapter(
                ["default", "b"],
                [0.5, 0.25],
                "mix",
                combination_type="svd",
                svd_rank=min(rank, 16) if rank else None,
            )
    plain = dict(lora.named_modules())
    for name, found in deltas(model, "mix").items():
        expected = plain[name].get_delta_weight("mix").detach().numpy()
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_adapters_on_different_layers():
    model = two(
        "llama",
        QSLConfig.mergeable(layers_to_transform=[0]),
        QSLConfig.mergeable(layers_to_transform=[1], target_modules=["o_proj"]),
    )
    model.add_weighted_adapter(["default", "b"], [1, -1], "mix")
    a, b, mix = (deltas(model, name) for name in ("default", "b", "mix"))
    assert mix.keys() == a.keys() | b.keys()
    for name, found in mix.items():
        np.testing.assert_allclose(found, a[name] if name in a else -b[name], atol=1e-5)


WRONG = [
    (
        lambda m: m.add_weighted_adapter(["default", "c"], [1, 1], "mix"),
        ConfigError,
        "adapters has c, loaded are",
    ),
    (lambda m: m.add_weighted_adapter(["default", "b"], [1], "mix"), ConfigError, "as many weights"),
    (lambda m: m.add_weighted_adapter([], [], "mix"), ConfigError, "as many weights"),
    (lambda m: m.add_weighted_adapter(["default", "b"], [1, float("nan")], "mix"), ConfigError, "finite"),
    (lambda m: m.add_weighted_adapter(["default", "b"], [1, True], "mix"), ConfigError, "finite"),
    (lambda m: m.add_weighted_adapter(["default", "b"], [1, 1], "b"), ConfigError, "already"),
    (lambda m: m.add_weighted_adapter(["default", "b"], [1, 1], "a/b"), ConfigError, "adapter name"),
    (
        lambda m: m.add_weighted_adapter(["default", "b"], [1, 1], "mix", combination_type="ties"),
        ConfigError,
        "'ties' is not offered",
    ),
    (
        lambda m: m.add_weighted_adapter(["default", "b"], [1, 1], "mix", "linear"),
        ConfigError,
        "'linear' is not offered",
    ),
    (
        lambda m: m.add_weighted_adapter(["default", "b"], [1, 1], "mix", density=0.5),
        ConfigError,
        "takes no density",
    ),
    (
        lambda m: m.add_weighted_adapter(["default", "b"], [1, 1], "mix", svd_rank=3),
        ConfigError,
        "svd_rank=3",
    ),
    (
        lambda m: m.add_weighted_adapter(["default", "b"], [1, 1], "mix", "svd", svd_rank=0),
        ConfigError,
        "svd_rank=0",
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), WRONG)
def test_what_is_refused(call, error, words):
    model = two("llama", QSLConfig.mergeable())
    before = model(**inputs("llama")).logits
    with pytest.raises(error, match=words):
        call(model)
    assert set(model.peft_config) == {"default", "b"}
    assert torch.equal(model(**inputs("llama")).logits, before)


def test_what_has_no_sum():
    bent = two("llama", QSLConfig.mergeable(), QSLConfig(n_qubits=3))
    with pytest.raises(NotMergeableError, match=r"adapter 'b' cannot be merged.*quadratic"):
        bent.add_weighted_adapter(["default", "b"], [0.5, 0.5], "mix")
    assert set(bent.peft_config) == {"default", "b"}
    wide = two("llama", QSLConfig.mergeable("sublayer", n_qubits=5))
    with pytest.raises(ConfigError, match=r"rank 64.*svd"):
        wide.add_weighted_adapter(["default", "b"], [0.5, 0.5], "mix")
    assert set(wide.peft_config) == {"default", "b"}
    with pytest.warns(RuntimeWarning, match="rank 4"):
        wide.add_weighted_adapter(["default", "b"], [0.5, 0.5], "mix", "svd", 4)
    heads = two("bert", QSLConfig.mergeable(task_type=TaskType.SEQ_CLS))
    with pytest.raises(ConfigError, match="modules_to_save"):
        heads.add_weighted_adapter(["default"], [1], "mix")


def test_names_arrays_and_broken_adapters():
    model = two("llama", QSLConfig.mergeable())
    with pytest.raises(ConfigError, match=r"adapter name 'a\.b' cannot be used"):
        model.add_weighted_adapter(["default", "b"], [0.5, 0.5], "a.b")
    model.add_weighted_adapter(["default", "b"], torch.tensor([0.5, 0.5]), "mix")
    with torch.no_grad():
        next(p for n, p in model.named_parameters() if "qsl_" in n and ".b" in n).fill_(math.nan)
    for kind in ("cat", "svd"):
        with pytest.raises(ConfigError, match="has NaN or infinities at"):
            model.add_weighted_adapter(["default", "b"], [0.5, 0.5], "broken", combination_type=kind)
    assert "broken" not in model.peft_config
