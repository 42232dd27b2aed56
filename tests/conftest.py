"""Tiny random models of real architectures; nothing is downloaded."""

from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    OPTConfig,
    OPTForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.utils import logging

torch.set_num_threads(1)
logging.set_verbosity_error()

# With `--dist loadfile` a file is one worker's. Those that take longest go first, so that short ones are left
# to fill the end of both workers.
LONGEST = (
    "study/",
    "cli/test_cli.py",
    "contracts/",
    "test_imports.py",
    "docs/",
    "cli/",
    "formats/test_read.py",
    "backends/",
    "adapters/",
)


def pytest_configure(config):
    """Keeps the order: xdist would begin with the files of most tests, and end with those of few and long
    ones.
    """
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    def place(item):
        file = item.nodeid.removeprefix("tests/")
        return next((k for k, start in enumerate(LONGEST) if file.startswith(start)), len(LONGEST))

    items.sort(key=place)


D, V = 32, 90
_COMMON = {
    "vocab_size": V,
    "hidden_size": D,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}

MODELS = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**_COMMON, intermediate_size=48, num_key_value_heads=2)),
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(
            vocab_size=V,
            n_embd=D,
            n_layer=2,
            n_head=4,
            n_positions=64,
            resid_pdrop=0,
            embd_pdrop=0,
            attn_pdrop=0,
            bos_token_id=1,
            eos_token_id=2,
        )
    ),
    "gpt_neox": lambda: GPTNeoXForCausalLM(
        GPTNeoXConfig(**_COMMON, intermediate_size=48, hidden_dropout=0.0, attention_dropout=0.0)
    ),
    "opt": lambda: OPTForCausalLM(
        OPTConfig(
            **_COMMON,
            ffn_dim=48,
            word_embed_proj_dim=D,
            max_position_embeddings=64,
            dropout=0.0,
            attention_dropout=0.0,
        )
    ),
    "bert": lambda: BertForSequenceClassification(
        BertConfig(
            **_COMMON,
            intermediate_size=48,
            max_position_embeddings=64,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            num_labels=3,
        )
    ),
    "t5": lambda: T5ForConditionalGeneration(
        T5Config(
            vocab_size=V,
            d_model=D,
            d_kv=8,
            d_ff=48,
            num_layers=2,
            num_heads=4,
            dropout_rate=0.0,
            pad_token_id=0,
            eos_token_id=2,
            decoder_start_token_id=0,
        )
    ),
    "phi3": lambda: Phi3ForCausalLM(Phi3Config(**_COMMON, intermediate_size=48, num_key_value_heads=4)),
}
CAUSAL = ("llama", "gpt2", "gpt_neox", "opt", "phi3")


def build(kind: str):
    """The same tiny model every time."""
    torch.manual_seed(0)
    return MODELS[kind]().eval()


def inputs(kind: str, batch: int = 3) -> dict[str, torch.Tensor]:
    """A batch with labels, so that a loss comes back."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(3, V, (batch, 9), generator=generator)
    labels = torch.randint(0, 3, (batch,), generator=generator) if kind == "bert" else ids.clone()
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}


def shake(model, scale: float = 0.3, seed: int = 2):
    """Move every trainable parameter away from its start, so that the adapter does something."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data += scale * torch.randn(parameter.shape, generator=generator).to(parameter)
    return model


@pytest.fixture(params=["llama", "gpt2", "gpt_neox", "opt", "bert", "t5"])
def kind(request) -> str:
    return request.param
