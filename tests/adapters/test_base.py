"""Which base an adapter is loaded on: the same one with more, fewer or other-typed embedding rows, and not
another one.
"""

import json

import pytest
import torch
from peft import PeftConfig, PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from qualms import QSLConfig
from qualms.errors import ConfigError, NotMergeableError
from tests.conftest import shake

CONFIG = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "pad_token_id": 0,
}


def base(vocabulary=100, seed=0, tie=False):
    torch.manual_seed(seed)
    return LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, tie_word_embeddings=tie, **CONFIG)).eval()


def resized(model, size, **options):
    model.resize_token_embeddings(size, mean_resizing=False, **options)
    return model


def saved(folder, model):
    tuned = shake(get_peft_model(model, QSLConfig(n_qubits=3)).eval())
    tuned.save_pretrained(folder, save_embedding_layers=False)
    return tuned


def of_before(folder, model):
    """What was written until now: eight numbers from rows that depend on the vocabulary, without the rows."""
    weight = model.get_input_embeddings().weight.detach()
    rows = torch.arange(8) * (len(weight) // 9) + 3
    file = folder / "adapter_config.json"
    file.write_text(
        json.dumps(
            {
                **json.loads(file.read_text()),
                "base_probe": [round(float(v), 6) for v in weight[rows.clamp(max=len(weight) - 1), 5]],
            }
        )
    )


SAME = {
    "itself": lambda m: m,
    "one token more": lambda m: resized(m, 101),
    "many tokens more": lambda m: resized(m, 333),
    "padded": lambda m: resized(m, 100, pad_to_multiple_of=64),
    "one token less": lambda m: resized(m, 99),
    "a few less": lambda m: resized(m, 90),
    "bfloat16": lambda m: m.bfloat16(),
    "float16, grown": lambda m: resized(m.half(), 120),
}


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("tie", [False, True])
@pytest.mark.parametrize("change", SAME)
def test_the_same_base(change, tie, old, tmp_path):
    tuned = saved(tmp_path, base(tie=tie))
    if old:
        of_before(tmp_path, base(tie=tie))
    other = SAME[change](base(tie=tie))
    loaded = PeftModel.from_pretrained(other, tmp_path).eval()
    ids = torch.arange(3, 13)[None]
    if other.dtype == torch.float32:
        n = min(100, other.config.vocab_size)
        torch.testing.assert_close(
            loaded(input_ids=ids).logits[..., :n], tuned(input_ids=ids).logits[..., :n]
        )


def test_half_of_the_vocabulary(tmp_path):
    saved(tmp_path, base())
    PeftModel.from_pretrained(resized(base(), 50), tmp_path)


def test_saved_from_a_grown_one_and_loaded_on_the_smaller(tmp_path):
    saved(tmp_path, resized(base(), 130))
    PeftModel.from_pretrained(base(), tmp_path)


OTHER = {
    "another seed": lambda: base(seed=1),
    "another seed, grown": lambda: resized(base(seed=1), 140),
    "another vocabulary of another size": lambda: base(64, seed=2),
    "a shifted embedding": lambda: _changed(lambda w: w.add_(0.5)),
    "a scaled embedding": lambda: _changed(lambda w: w.mul_(1.2)),
    "permuted tokens": lambda: _changed(lambda w: w.copy_(w.flip(0))),
}


def _changed(change):
    model = base()
    with torch.no_grad():
        change(model.get_input_embeddings().weight)
    return model


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("other", OTHER)
def test_another_base(other, old, tmp_path):
    saved(tmp_path, base())
    if old:
        of_before(tmp_path, base())
    with pytest.raises(ConfigError, match="has other weights; load that base"):
        PeftModel.from_pretrained(OTHER[other](), tmp_path)
    file = tmp_path / "adapter_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "base_probe": []}))
    PeftModel.from_pretrained(OTHER[other](), tmp_path)


@pytest.mark.parametrize("factor", [1e-4, 1e4])
def test_embeddings_of_another_size_are_told_apart_too(factor, tmp_path):
    """An absolute tolerance would let any base of small numbers pass."""

    def scaled(seed):
        model = base(seed=seed)
        model.get_input_embeddings().weight.data *= factor
        return model

    saved(tmp_path, scaled(0))
    PeftModel.from_pretrained(scaled(0).bfloat16(), tmp_path)
    with pytest.raises(ConfigError, match="other weights"):
        PeftModel.from_pretrained(scaled(1), tmp_path)


def test_a_trained_embedding_is_not_taken_for_another_base(tmp_path):
    saved(tmp_path, base())
    first = shake(get_peft_model(base(), QSLConfig(n_qubits=3, modules_to_save=["embed_tokens"])))
    first.load_adapter(tmp_path, "second")
    tokens = shake(get_peft_model(base(), QSLConfig(n_qubits=3, trainable_token_indices=[3, 4])))
    # load_adapter stumbles in PEFT, for LoRA too
    tokens.add_adapter("second", PeftConfig.from_pretrained(tmp_path))


def test_the_probe_says_where_its_numbers_stand(tmp_path):
    saved(tmp_path, base())
    probe = json.loads((tmp_path / "adapter_config.json").read_text())["base_probe"]
    weight = base().get_input_embeddings().weight.detach()
    torch.testing.assert_close(
        weight[probe["rows"], probe["columns"][0]], torch.tensor(probe["values"]), rtol=1e-5, atol=0
    )
    assert len(probe["rows"]) > 8


def test_a_head_that_is_tied_to_the_embedding_is_not_merged():
    """The embedding would change with it; untied, the same adapter merges."""
    for tie in (True, False):
        tuned = shake(get_peft_model(base(tie=tie), QSLConfig.mergeable(target_modules=["lm_head"])).eval())
        words = torch.arange(6)[None]
        before = tuned(input_ids=words).logits
        if tie:
            with pytest.raises(
                NotMergeableError, match=r"lm_head has its weight in common with model\.embed_tokens"
            ):
                tuned.merge_adapter()
        else:
            tuned.merge_adapter()
        torch.testing.assert_close(tuned(input_ids=words).logits, before, rtol=1e-4, atol=1e-4)
