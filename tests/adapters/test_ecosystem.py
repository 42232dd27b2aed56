"""Other people's code: transformers' own adapter methods, Trainer, TRL."""

import pytest
import torch
from datasets import Dataset
from peft import get_peft_model
from transformers import AutoTokenizer, Trainer, TrainingArguments

from qualms import QSLConfig
from qualms.language_models import resolve
from tests.conftest import build, inputs, shake


def test_transformers_add_and_load_adapter(tmp_path):
    model = build("llama")
    model.add_adapter(QSLConfig(n_qubits=3), adapter_name="mine")
    shake(model)
    expected = model(**inputs("llama")).logits
    model.save_pretrained(tmp_path)
    fresh = build("llama")
    fresh.load_adapter(str(tmp_path), adapter_name="mine")
    torch.testing.assert_close(fresh(**inputs("llama")).logits, expected, rtol=1e-4, atol=1e-5)


def test_trainer_resumes_from_its_checkpoint(tmp_path):
    data = Dataset.from_dict({k: v.tolist() for k, v in inputs("llama", batch=16).items()}).with_format(
        "torch"
    )

    def trained(folder, resume=False):
        args = TrainingArguments(
            output_dir=str(folder),
            max_steps=4,
            per_device_train_batch_size=4,
            save_steps=2,
            learning_rate=0.05,
            report_to=[],
            disable_tqdm=True,
            use_cpu=True,
        )
        trainer = Trainer(
            model=get_peft_model(build("llama"), QSLConfig(n_qubits=3)), args=args, train_dataset=data
        )
        trainer.train(resume_from_checkpoint=str(folder / "checkpoint-2") if resume else None)
        return {n: p.detach().clone() for n, p in trainer.model.named_parameters() if p.requires_grad}

    whole = trained(tmp_path)
    again = trained(tmp_path, resume=True)  # the first run's checkpoint of step 2 is still there
    assert all(torch.equal(whole[n], again[n]) for n in whole)


@pytest.mark.filterwarnings("ignore")
def test_trl_sft(tmp_path):
    from trl import SFTConfig, SFTTrainer

    tokenizer = AutoTokenizer.from_pretrained(resolve("base"))
    data = Dataset.from_list(
        [{"prompt": f"name[Fell {i}] =>", "completion": f" Fell {i} is a hill."} for i in range(8)]
    )
    args = SFTConfig(
        output_dir=str(tmp_path),
        max_steps=2,
        per_device_train_batch_size=2,
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
        bf16=False,
    )
    trainer = SFTTrainer(
        model=resolve("base"),
        args=args,
        train_dataset=data,
        processing_class=tokenizer,
        peft_config=QSLConfig.seed(),
    )
    trainer.train()
    assert trainer.state.global_step == 2
    assert all("qsl_" in n for n, p in trainer.model.named_parameters() if p.requires_grad)
    trainer.save_model(str(tmp_path / "saved"))
    assert (tmp_path / "saved" / "adapter_model.safetensors").exists()
