"""LoRA that starts at the directions of the loss's gradient, in a study."""

import json

import pytest
import torch
from peft import PeftModel

from qualms.errors import ConfigError, QualmsError, RunFolderError
from qualms.execution import InlineExecutor
from qualms.language_models import load_model
from qualms.study import Recipe, compare, plan
from qualms.study.fitting import starting_batches
from qualms.study.lora_ga import drop_start, start_lora_ga
from qualms.study.methods import parse
from qualms.study.trainable import prepare
from tests.study.conftest import TRAILS
from tests.study.test_eva import HOW, bert, gpt2, items

KINDS = [(gpt2, "generate"), (bert, "classify")]


def tuned(make, task, settings="r=2,target_modules=all-linear"):
    return prepare(parse(f"lora[{settings},init_lora_weights=lora_ga]"), make(), task, {}, seed=0).model


def gradients(model, batches):
    """By map, from autograd on the weights of a model without adapter."""
    for batch in batches:
        (model(**batch).loss / len(batches)).backward()
    return {
        n.removesuffix(".weight"): p.grad.T if type(model).__name__.startswith("GPT2") else p.grad
        for n, p in model.named_parameters()
        if p.grad is not None and p.ndim == 2
    }


@pytest.mark.parametrize(("make", "task"), KINDS)
def test_starts_lie_in_the_leading_directions_of_the_gradient_and_the_model_computes_what_it_did(make, task):
    plain, model = make(), tuned(make, task)
    assert start_lora_ga(model, items(task), folder=None, task=task, **HOW) is not None
    found = gradients(make(), starting_batches(items(task), 16, "", "", task=task, **HOW))
    layers = {n: m for n, m in model.named_modules() if hasattr(m, "lora_A")}
    assert layers
    for name, layer in layers.items():
        u, _, v = torch.linalg.svd(found[name.removeprefix("base_model.model.")])
        # PEFT's default: A from the first r right singular vectors, B from the next r left ones
        assert spanned(v[:2], layer.lora_A["default"].weight) > 0.99
        assert spanned(u.T[2:4], layer.lora_B["default"].weight.T) > 0.97
    ids = torch.arange(1, 11)[None]
    torch.testing.assert_close(model.eval()(input_ids=ids).logits, plain(input_ids=ids).logits)


def spanned(directions, rows):
    """The share of the rows' length that lies in the directions."""
    rows = rows.detach()
    return (torch.linalg.norm(rows @ directions.T) / torch.linalg.norm(rows)).item()


@pytest.mark.parametrize(("make", "task"), KINDS)
def test_it_is_written_as_a_plain_lora_for_the_base_as_it_was(make, task, tmp_path):
    model = tuned(make, task)
    start = start_lora_ga(model, items(task), folder=None, task=task, **HOW)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.5)
    for batch in starting_batches(items(task), 3, "", "", task=task, **HOW):
        model.zero_grad()
        model(**batch).loss.backward()
        optimizer.step()
    ids = torch.arange(1, 11)[None]
    trained = model.eval()(input_ids=ids).logits
    start.write_as_plain_lora()
    torch.testing.assert_close(model(input_ids=ids).logits, trained)
    model.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "adapter_config.json").read_text())["r"] == 4
    loaded = PeftModel.from_pretrained(make(), tmp_path).eval()
    torch.testing.assert_close(loaded(input_ids=ids).logits, trained)
    assert (trained - make()(input_ids=ids).logits).abs().max() > 0.05


@pytest.mark.parametrize(("make", "task"), KINDS)
def test_an_interrupted_run_finds_its_start_where_rounding_is_another(make, task, tmp_path, monkeypatch):
    first = tuned(make, task)
    kept = start_lora_ga(first, items(task), folder=tmp_path, task=task, **HOW)

    def none(*_):
        raise AssertionError("the gradient is not computed again")

    monkeypatch.setattr("qualms.study.lora_ga.weight_gradients", none)
    again = tuned(make, task)
    found = start_lora_ga(again, [], folder=tmp_path, task=task, **HOW)
    for (name, a), b in zip(first.state_dict().items(), again.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=0, msg=name)
    for one, other in zip(kept.taken, found.taken, strict=True):
        assert torch.equal(one[1], other[1])
        assert torch.equal(one[2], other[2])
    drop_start(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_start_is_told(tmp_path):
    start_lora_ga(tuned(gpt2, "generate"), items("generate"), folder=tmp_path, task="generate", **HOW)
    (file,) = tmp_path.glob("*/*.safetensors")
    other = tuned(gpt2, "generate", "r=1,target_modules=all-linear")
    with pytest.raises(RunFolderError, match=r"has other sizes.*; delete this folder and the checkpoints"):
        start_lora_ga(other, items("generate"), folder=tmp_path, task="generate", **HOW)
    file.write_bytes(b"no")
    with pytest.raises(RunFolderError, match="cannot be used"):
        start_lora_ga(tuned(gpt2, "generate"), [], folder=tmp_path, task="generate", **HOW)


def test_settings_in_brackets_and_options_are_looked_at_together(here):
    recipe = Recipe(
        data=str(TRAILS), methods=["lora[init_lora_weights=lora_ga]"], options={"lora": {"use_rslora": True}}
    )
    with pytest.raises(ConfigError, match=r"'lora\[init_lora.*is not combined with use_rslora"):
        plan(recipe)


def test_what_cannot_be_is_told():
    for settings, data, what in (
        ("r=9,target_modules=all-linear", items("generate"), "has 16 directions, and 2 x 9 .* lower rank"),
        ("r=1,target_modules=[wte]", items("generate"), "wte is no plain linear map"),
        ("r=1,target_modules=[lm_head]", items("generate"), "lm_head shares its weights with another layer"),
        ("r=1,target_modules=[c_attn]", items("generate")[:3], "and there are 3 training examples"),
    ):
        with pytest.raises(ConfigError, match=what):
            start_lora_ga(tuned(gpt2, "generate", settings), data, folder=None, task="generate", **HOW)


@pytest.mark.slow
def test_a_study_records_the_trained_numbers_and_an_interrupted_run_ends_the_same(tmp_path, here):
    form = "r=1,target_modules=all-linear"
    names = [f"lora[{form},init_lora_weights=lora_ga]", f"lora[{form}]"]
    recipe = Recipe(
        data=str(TRAILS), steps=75, batch_size=2, seeds=[0], validation_examples=2, test_examples=2,
        max_new_tokens=2, learning_rates=dict.fromkeys(names, 0.01), methods=names,
    )  # fmt: skip
    found, plain = compare(plan(recipe), tmp_path / "whole", executor=InlineExecutor())
    assert found.payload.parameters == plain.payload.parameters
    assert found.payload.adapter_config["init_lora_weights"] == "lora_ga"
    assert found.payload.adapter_bytes > 1.5 * plain.payload.adapter_bytes

    def stop(event):
        if event.kind == "step" and event.step >= 60:
            raise RuntimeError("stopped")

    with pytest.raises(QualmsError, match="stopped"):
        compare(plan(recipe), tmp_path / "halved", stop, InlineExecutor())
    again, _ = compare(plan(recipe), tmp_path / "halved", executor=InlineExecutor())
    assert again.payload.resumed_at_step > 0
    assert again.metrics["test_nll"].value == pytest.approx(found.metrics["test_nll"].value, abs=1e-4)
    folder = tmp_path / "halved/runs" / again.id / "model"
    loaded = PeftModel.from_pretrained(load_model("base", "generate", [], 0), folder)
    assert loaded.peft_config["default"].r == 2
