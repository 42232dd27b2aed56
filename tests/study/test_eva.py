"""LoRA that starts at the directions of its inputs, in a study."""

import numpy as np
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import BertConfig, BertForSequenceClassification, GPT2Config, GPT2LMHeadModel

from qualms.errors import ConfigError
from qualms.language_models import load_model
from qualms.study import Recipe, compare, plan
from qualms.study.encoding import Encoded
from qualms.study.eva import eva_settings, start_eva
from qualms.study.fitting import starting_batches
from qualms.study.methods import parse
from qualms.study.trainable import prepare
from tests.study.conftest import TRAILS

HOW = {"pad": 0, "batch_size": 4, "seed": 5}


def gpt2():
    torch.manual_seed(0)
    shape = {"n_positions": 32, "n_embd": 16, "n_layer": 2, "n_head": 2}
    return uneven(GPT2LMHeadModel(GPT2Config(vocab_size=50, **shape)).eval())


def bert():
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    return uneven(BertForSequenceClassification(BertConfig(vocab_size=50, num_labels=3, **shape)).eval())


def uneven(model):
    """Embeddings that differ most along one direction, so that inputs of maps have a leading one."""
    with torch.no_grad():
        model.get_input_embeddings().weight.addr_(torch.randn(50), torch.randn(16), alpha=0.1)
    return model


def items(task):
    rng = np.random.default_rng(1)
    ids = [rng.integers(1, 50, rng.integers(6, 12)).tolist() for _ in range(30)]
    return [Encoded(i, [-100, -100, *i[2:]] if task == "generate" else [k % 3]) for k, i in enumerate(ids)]


def inputs_of_maps(model, batches, task):
    """By map, the inputs at all tokens that count, from a plain forward pass."""
    seen = {}

    def keep(name, mask):
        def hook(module, given):
            inputs = given[0].detach() if given[0].ndim == 2 else given[0].detach()[mask]
            seen.setdefault(name, []).append(inputs.double().numpy())

        return hook

    for batch in batches:
        mask = batch["labels"] != -100 if task == "generate" else batch["attention_mask"].bool()
        hooks = [
            m.register_forward_pre_hook(keep(n, mask))
            for n, m in model.named_modules()
            if n.endswith(("c_attn", "c_proj", "c_fc", "query", "key", "value", "dense"))
        ]
        with torch.no_grad():
            model(**batch)
        for hook in hooks:
            hook.remove()
    return {n: np.concatenate(x) for n, x in seen.items()}


@pytest.mark.parametrize(("make", "task"), [(gpt2, "generate"), (bert, "classify")])
def test_first_matrices_are_the_leading_directions_of_the_inputs(make, task):
    base, data = make(), items(task)
    tuned = prepare(
        parse("lora[r=1,target_modules=all-linear,init_lora_weights=eva]"), make(), task, {}, seed=0
    ).model
    before = {n: p.clone() for n, p in tuned.named_parameters()}
    shapes = {n: p.shape for n, p in tuned.named_parameters()}
    start_eva(tuned, data, task=task, **HOW)
    assert {n: p.shape for n, p in tuned.named_parameters()} == shapes
    changed = {n for n, p in tuned.named_parameters() if not torch.equal(p, before[n])}
    assert changed
    assert all("lora_A" in n for n in changed)
    batches = starting_batches(data, 16, "", "", task=task, **HOW)
    seen = inputs_of_maps(base, batches, task)
    compared = 0
    for name, inputs in seen.items():
        module = tuned.get_submodule(f"base_model.model.{name}")
        if not hasattr(module, "lora_A"):
            continue
        # PEFT adds batches until its directions hardly move, so they are not these to the last digit
        values = np.linalg.svd(inputs - inputs.mean(0), compute_uv=False)
        got = module.lora_A["default"].weight.detach().double().numpy()[0]
        assert np.linalg.norm(got) == pytest.approx(1, abs=1e-5)
        along = np.linalg.norm(inputs @ got - (inputs @ got).mean())
        assert along > 0.93 * values[0]
        compared += 1
    assert compared == len(changed)


@pytest.mark.parametrize(("make", "task"), [(gpt2, "generate"), (bert, "classify")])
def test_the_model_computes_what_it_did_and_the_start_depends_on_the_seed(make, task):
    name = "lora[r=2,target_modules=all-linear,init_lora_weights=eva]"
    models = [prepare(parse(name), make(), task, {}, seed=0).model.eval() for _ in range(3)]
    for model, seed in zip(models, (5, 5, 6), strict=True):
        start_eva(model, items(task), task=task, **HOW | {"seed": seed})
    first, again, other = (
        torch.cat([p.flatten() for n, p in m.named_parameters() if "lora_A" in n]) for m in models
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    ids = torch.arange(1, 11)[None]
    assert torch.equal(models[0](input_ids=ids).logits, models[0].base_model.model(input_ids=ids).logits)
    with models[0].disable_adapter():
        plain = models[0](input_ids=ids).logits
    torch.testing.assert_close(models[0](input_ids=ids).logits, plain, rtol=0, atol=0)


def test_other_models_are_left_as_they_are():
    for model in (gpt2(), get_peft_model(gpt2(), LoraConfig(r=2, target_modules=["c_attn"]))):
        before = {n: p.clone() for n, p in model.named_parameters()}
        start_eva(model, [], task="generate", **HOW)
        assert all(torch.equal(p, before[n]) for n, p in model.named_parameters())


def test_too_few_examples_are_told():
    model = prepare(parse("lora[init_lora_weights=eva]"), gpt2(), "generate", {}, seed=0).model
    with pytest.raises(ConfigError, match="whole batches of 4, and there are 3 training examples") as error:
        start_eva(model, items("generate")[:3], task="generate", **HOW)
    assert "init_lora_weights=true" in str(error.value)


@pytest.mark.parametrize(
    ("make", "task", "rank", "what"),
    [
        (gpt2, "generate", 17, "init_lora_weights='eva': PEFT cannot compute it"),  # wider than its maps
        (gpt2, "generate", 60, "with rank 60 .* no batch has as many tokens that count"),
        (bert, "classify", 8, r"with rank 8 .* bert\.pooler\.dense has 4 inputs a batch"),
    ],
)
def test_a_rank_that_its_data_cannot_have_is_told(make, task, rank, what):
    name = f"lora[r={rank},target_modules=all-linear,init_lora_weights=eva]"
    model = prepare(parse(name), make(), task, {}, seed=0).model
    with pytest.raises(ConfigError, match=what):
        start_eva(model, items(task), task=task, **HOW)


def test_settings():
    assert eva_settings(None, "generate")["use_label_mask"]
    assert not eva_settings({"tau": 0.9}, "classify")["use_label_mask"]
    assert eva_settings({"tau": 0.9}, "classify") | {"rho": 1.0, "tau": 0.9} == eva_settings(
        {"tau": 0.9}, "classify"
    )
    with pytest.raises(ConfigError, match="use_label_mask is for labels of tokens"):
        eva_settings({"use_label_mask": True}, "classify")
    for wrong in ({"rho": 2.0}, {"size": 1}, 3):
        with pytest.raises(ConfigError, match="eva_config="):
            eva_settings(wrong, "generate")


@pytest.mark.slow
def test_a_study_has_plain_lora_and_eva_side_by_side_and_its_adapter_loads(tmp_path, here):
    form = "r=1,target_modules=all-linear"
    names = [f"lora[{form}]", f"lora[{form},init_lora_weights=eva]"]
    recipe = Recipe(
        data=str(TRAILS), steps=2, batch_size=2, seeds=[0], validation_examples=2, test_examples=2,
        max_new_tokens=2, learning_rates=dict.fromkeys(names, 0.1), methods=names,
    )  # fmt: skip
    plain, eva = compare(plan(recipe), tmp_path)
    assert plain.payload.parameters == eva.payload.parameters
    assert plain.metrics["nll"] != eva.metrics["nll"]
    assert eva.payload.adapter_config["eva_config"]["rho"] == 1.0
    (folder,) = (
        p.parent
        for p in tmp_path.glob("runs/*/model/adapter_config.json")
        if '"init_lora_weights": "eva"' in p.read_text()
    )
    loaded = PeftModel.from_pretrained(load_model("base", "generate", [], 0), folder)
    assert any(float(p.detach().abs().sum()) > 0 for n, p in loaded.named_parameters() if "lora_B" in n)
