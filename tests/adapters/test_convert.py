"""Merging and exporting where one model carries more than one kind of thing."""

import pytest
import torch
from peft import PeftModel, TaskType, get_peft_model

from qualms import QSLConfig, export_lora
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
    torch.testing.assert_close(loaded(**inputs("bert")).logits, model(**inputs("bert")).logits, rtol=1e-3, atol=1e-4)


def test_nothing_is_written_over(tmp_path):
    model = get_peft_model(build("llama"), QSLConfig.mergeable())
    export_lora(model, tmp_path)
    with pytest.raises(ConfigError, match="already holds"):
        export_lora(model, tmp_path)
    with pytest.raises(ConfigError, match="no quantum sublayer"):
        export_lora(model, tmp_path / "other", adapter="none")
