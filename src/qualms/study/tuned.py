"""Loading what a study or `qualms tune` saved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peft import PeftModel
from safetensors import SafetensorError
from transformers import PreTrainedTokenizerBase

from qualms.data.text import read_text
from qualms.errors import ConfigError, DataError, QualmsError
from qualms.language_models import load_model, load_tokenizer
from qualms.study.recipe import Recipe


@dataclass(frozen=True)
class Tuned:
    """A tuned model with its tokenizer and what it was tuned for."""

    model: Any
    tokenizer: PreTrainedTokenizerBase
    task: str
    separator: str
    labels: list[str]
    max_length: int


@dataclass(frozen=True)
class Description:
    """What a tuned model's files say of it, without loading it.

    Attributes
    ----------
    base : str
        The base model's name, or the folder itself where the whole model was tuned.
    task : str
        "generate" or "classify".
    """

    base: str
    task: str


def described(folder: str | Path, base: str | None = None) -> Description:
    """Read what is beside the weights. Raises ConfigError as `load_tuned`."""
    folder = Path(folder)
    note = _note(folder)
    if not (folder / "adapter_config.json").exists():
        return Description(str(folder), note["task"])
    return Description(_base_of(folder, note, base), note["task"])


def _base_of(folder: Path, note: dict[str, Any], base: str | None) -> str:
    name = base or note.get("base") or _read(folder / "adapter_config.json").get("base_model_name_or_path")
    if not name:
        raise ConfigError(f"{folder} does not say which base model it belongs to; give --base")
    return str(name)


def load_tuned(folder: str | Path, base: str | None = None) -> Tuned:
    """Load an adapter or a fully tuned model.

    Parameters
    ----------
    folder : str | Path
        A `runs/<id>/model` of a study, what `qualms tune` printed, or any PEFT adapter folder.
    base : str, optional
        base model, where the adapter's own note is to be overruled.

    Raises
    ------
    ConfigError
        No adapter there, damaged files, another base than it was trained on.
    """
    folder = Path(folder)
    note = _note(folder)
    if not (folder / "adapter_config.json").exists():
        if not (folder / "config.json").exists():
            raise ConfigError(f"{folder} holds neither an adapter nor a model")
        model = load_model(str(folder), note["task"], note["labels"])
        return Tuned(
            model.eval(),
            load_tokenizer(str(folder)),
            note["task"],
            note["separator"],
            note["labels"],
            note["max_length"],
        )
    name = _base_of(folder, note, base)
    model = load_model(name, note["task"], note["labels"])
    try:
        tuned = PeftModel.from_pretrained(model, str(folder))
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError, OSError) as error:
        if isinstance(error, QualmsError):
            raise
        raise ConfigError(
            f"{folder}: the adapter cannot be loaded on {name!r}: {' '.join(str(error).split())[:300]}"
        ) from None
    return Tuned(
        tuned.eval(),
        load_tokenizer(name),
        note["task"],
        note["separator"],
        note["labels"],
        note["max_length"],
    )


def _note(folder: Path) -> dict[str, Any]:
    fields = Recipe.model_fields
    defaults = {
        "task": "generate",
        "separator": fields["separator"].default,
        "labels": [],
        "max_length": fields["max_length"].default,
    }
    path = folder / "qualms.json"
    note = {**defaults, **_read(path)} if path.exists() else defaults
    kinds = {"task": str, "separator": str, "labels": list, "max_length": int}
    wrong = next((key for key, kind in kinds.items() if not isinstance(note[key], kind)), None)
    if wrong or note["task"] not in ("generate", "classify"):
        raise ConfigError(
            f"{path}: {wrong or 'task'} is {note[wrong or 'task']!r}, which is not what `qualms tune` writes"
        )
    return note


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path).text)
    except DataError as error:
        raise ConfigError(str(error)) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: not an object")
    return found
