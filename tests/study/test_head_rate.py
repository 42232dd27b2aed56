"""A learning rate of a new head's own, in a study."""

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification

from qualms.errors import ConfigError
from qualms.study import Recipe, plan
from qualms.study.encoding import Encoded
from qualms.study.methods import parse
from qualms.study.trainable import prepare
from qualms.study.training import head_of, set_head_rate, train

ROWS = '{"text": "good", "label": "yes"}\n{"text": "bad", "label": "no"}\n' * 20


def bert():
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}
    return BertForSequenceClassification(BertConfig(vocab_size=50, num_labels=3, **shape))


def prepared(method):
    return prepare(parse(method), bert(), "classify", {}, seed=0).model


def data():
    rng = np.random.default_rng(1)
    return [Encoded(rng.integers(1, 50, 8).tolist(), [k % 3]) for k in range(16)]


@pytest.mark.parametrize("method", ["lora[r=1]", "full", "qsl:mergeable[n_qubits=2]"])
def test_the_groups_of_the_optimizer_are_parted_and_otherwise_as_they_were(method):
    model = prepared(method)
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    head = {n for n, _ in trained if "classifier" in n}
    assert {n for n, p in trained if any(p is q for q in head_of(model))} == head
    assert head
    assert len(head) < len(trained)
    groups = [
        {"params": [p for n, p in trained if "bias" not in n], "weight_decay": 0.1},
        {"params": [p for n, p in trained if "bias" in n], "weight_decay": 0.0},
    ]
    decay = {id(p): g["weight_decay"] for g in groups for p in g["params"]}
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], lr=0.5, betas=(0.8, 0.9))
    set_head_rate(optimizer, model, 0.01)
    found = {id(p): g for g in optimizer.param_groups for p in g["params"]}
    assert len(found) == sum(len(g["params"]) for g in optimizer.param_groups) == len(trained)
    for name, parameter in trained:
        group = found[id(parameter)]
        assert group["lr"] == (0.01 if name in head else 0.5)
        assert (group["weight_decay"], group["betas"]) == (decay[id(parameter)], (0.8, 0.9))


@pytest.mark.parametrize(("rate", "head_rate", "moved"), [(1e-12, 0.1, "head"), (0.1, 1e-12, "adapter")])
def test_a_run_moves_the_head_by_its_own_rate(tmp_path, rate, head_rate, moved):
    model = prepared("lora[r=1]")
    before = {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad}
    train(
        model, data(), folder=tmp_path, task="classify", pad=0, steps=3, batch_size=4, rate=rate, warmup=0,
        weight_decay=0.0, seed=0, save_every=None, head_rate=head_rate,
    )  # fmt: skip
    after = dict(model.named_parameters())
    changed = {n for n, p in before.items() if (after[n] - p).abs().max() > 1e-4}
    assert changed
    assert {"head" if "classifier" in n else "adapter" for n in changed} == {moved}


def test_studies_from_before_it_go_on_and_others_are_not_compared_with_them():
    recipe = Recipe(task="classify")
    assert "head_rate" not in recipe.budget()
    assert recipe.model_copy(update={"head_rate": 0.01}).budget() == recipe.budget() | {"head_rate": 0.01}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"task": "generate", "data": "trails"}, "text is generated without one"),
        ({"methods": ["lora@superpositional"]}, "lora@superpositional has one rate"),
    ],
)
def test_where_it_cannot_be_it_is_refused(tmp_path, changes, told):
    (tmp_path / "rows.jsonl").write_text(ROWS)
    values = {"task": "classify", "model": "base", "data": str(tmp_path / "rows.jsonl"), "head_rate": 0.01}
    with pytest.raises(ConfigError, match=told):
        plan(Recipe(**values | changes))
