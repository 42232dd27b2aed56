"""The payload of a run that trained a language model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qualms.records.real import Real


@dataclass(frozen=True)
class Training:
    """How a model was trained.

    Attributes
    ----------
    steps, batch_size : int
        Updates of the parameters, and training examples in each.
    learning_rate, weight_decay : float
    optimizer : str
        Name of the optimizer's class.
    optimizer_options : Mapping[str, Any]
        What the optimizer was given beside learning rate and weight decay.
    warmup_steps, warmup_asked : int or None
        Steps of warm-up that were made and that were asked for; None in records from before they were kept.
    gradient_norm_clip : float
        Gradients were scaled down to this norm.
    schedule : str
        How the learning rate falls after the warm-up.
    precision : str
        Number format of the base model.
    processes : int
        How many trained together; the batch is divided among them, and seconds are of all at once.
    max_length : int
        Tokens after which examples were cut.
    separator : str
        What stands between input and output.
    max_new_tokens : int
        Longest text that was generated for the test split.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    steps: int
    batch_size: int
    learning_rate: Real
    weight_decay: Real
    optimizer: str
    optimizer_options: Mapping[str, Any]
    warmup_steps: int | None
    warmup_asked: int | None
    max_length: int
    separator: str
    max_new_tokens: int
    gradient_norm_clip: Real = 1.0
    schedule: str = "cosine"
    precision: str = "float32"
    processes: int = 1


@dataclass(frozen=True)
class FineTuning:
    """A trained model, or an untrained one that is measured alike.

    Attributes
    ----------
    model, model_hash : str
        The base model's name and the hash of its files.
    dataset : str
        The data set's name.
    dataset_account : Mapping[str, Any]
        Hash of the examples, how many of each split were used, and what was cut, left out or is missing.
    parameters : Mapping[str, int]
        Trained parameters by kind: "angles", "classical", "head", "trained", and "total" of the whole model.
    training : Training
    seconds_per_step, tokens_per_second : float
    adapter_bytes : int
        Size of the saved weights.
    resumed_at_step : int
        Step from which the run went on after it was interrupted, else 0.
    curve : list of {"step", "loss"}
        Training loss.
    samples : list of {"input", "references", "output"}
        A few generated texts or predicted labels.
    adapter_config : Mapping[str, Any] or None
        PEFT's configuration; None where the whole model was trained.
    evaluation : Mapping[str, Any]
        Which tokenizer and model the text metrics used.
    fit : Mapping[str, Any] or None
        How directions were fitted before the first step: "to", "batches", "steps", "maps", the means
        "overlap" and "captured", the losses of its short training, and "seconds", which the record's cost
        has in it. None where nothing was.
    error : str
        Why the model could not be saved; empty where it was.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    model: str
    model_hash: str
    dataset: str
    dataset_account: Mapping[str, Any]
    parameters: Mapping[str, int]
    training: Training
    seconds_per_step: Real
    tokens_per_second: Real
    adapter_bytes: int
    resumed_at_step: int
    curve: list[dict[str, Real]]
    samples: list[dict[str, Any]]
    adapter_config: Mapping[str, Any] | None
    evaluation: Mapping[str, Any]
    error: str = ""
    fit: Mapping[str, Any] | None = None

    @property
    def title(self) -> str:
        """The base model and the data set, as a heading has them."""
        return f"{self.model.rstrip('/').rpartition('/')[2]}-{self.dataset}"
