"""Making a model trainable by a method."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from peft import LoraConfig, PeftConfig, PrefixTuningConfig, TaskType, get_peft_model
from transformers import PreTrainedModel

from qualms.adapters import PRESETS, QSLConfig, count
from qualms.adapters.summary import Parameters
from qualms.adapters.targets import find_qkv
from qualms.records import CLASSICAL, Quadrant
from qualms.study.method import Method
from qualms.study.method_settings import allowed_options, peft_methods, started

TASK_TYPES = {"generate": TaskType.CAUSAL_LM, "classify": TaskType.SEQ_CLS}
_OWN_TARGETS = ("ln_tuning", "trainable_tokens")  # methods whose targets are not linear maps
_DEFAULTS: dict[str, dict[str, Any]] = {
    "lora": {"r": 8, "lora_alpha": 16},
    "prefix": {"num_virtual_tokens": 16},
}


@dataclass(frozen=True)
class TrainableModel:
    """A model ready to train, its adapter's settings (None for full fine-tuning), its quadrant and how many
    numbers are trained.
    """

    model: Any
    config: dict[str, Any] | None
    quadrant: Quadrant
    parameters: Parameters = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", count(self.model))


def prepare(
    method: Method, model: PreTrainedModel, task: str, options: dict[str, dict[str, Any]], seed: int
) -> TrainableModel:
    """Make `model` trainable by a method. Changes the model.

    Parameters
    ----------
    method : Method
        The method.
    model : PreTrainedModel
        A freshly loaded model.
    task : str
        "generate" or "classify".
    options : dict[str, dict[str, Any]]
        Settings by method name; a twin takes those of its quantum method.
    seed : int
        Seed of everything the method draws at random.
    """
    name, given = method.name, {**options.get(method.head, {}), **method.settings}
    if method.family == "full":
        return TrainableModel(model, None, CLASSICAL)
    if method.family == "untuned":
        return TrainableModel(model.requires_grad_(False), None, CLASSICAL)
    config: PeftConfig
    compute = "classical"
    if method.family == "qsl":
        source = PRESETS[method.preset](
            **{**allowed_options(QSLConfig, name, given), "task_type": TASK_TYPES[task], "init_seed": seed}
        )
        config = method.adapter_twin.make(source, model) if method.adapter_twin else source
        compute = config.compute if isinstance(config, QSLConfig) else "classical"
    elif method.family == "prefix":
        config = PrefixTuningConfig(
            task_type=TASK_TYPES[task],
            **{**_DEFAULTS["prefix"], **allowed_options(PrefixTuningConfig, name, given)},
        )
    else:
        cls = LoraConfig if method.family == "lora" else peft_methods()[method.family]
        values = {**_DEFAULTS.get(method.family, {}), **allowed_options(cls, name, given)}
        if "target_modules" in {f.name for f in fields(cls)} and method.family not in _OWN_TARGETS:
            values.setdefault("target_modules", sorted(find_qkv(model)))
        if method.family == "ia3":
            values.setdefault("feedforward_modules", [])
        config = cls(task_type=TASK_TYPES[task], **started(values, task))
    tuned = get_peft_model(model, config)
    return TrainableModel(tuned, config.to_dict(), Quadrant("classical", compute))
