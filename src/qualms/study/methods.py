"""The methods of a study by name, each a way to make a model trainable.

- "untuned": the base model as it is, for reference. - "full": every weight.
- "lora", "prefix" and any other PEFT method by its name ("ia3", "vera", "oft", …).
- "qsl": the quantum sublayer in the seed paper's reading; "qsl:angles-only", "qsl:mergeable",
  "qsl:fitted", and "qsl:stored" and "qsl:recommended", which are classical, are the other presets.
- "qsl/frozen-angles", "qsl:mergeable/lora-equal", …: twins, `METHOD/TWIN`.
- "lora[r=1,target_modules=all-linear]", "qsl:mergeable[rank=4]/no-entangler", …: a method with settings of
  its own, which go before those of the recipe's `options`.
- "lora@superpositional", …: trained by `qualms.optim.SuperpositionalAdamW` instead of AdamW; its twins are
  "…/lambda-zero" and "…/random-q".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any

from peft import LoraConfig, PeftConfig, PrefixTuningConfig, TaskType, get_peft_model
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from transformers import PreTrainedModel

from qualms.adapters import PRESETS, QSLConfig, count
from qualms.adapters.summary import Parameters
from qualms.adapters.targets import find_qkv
from qualms.adapters.twins import FACTOR_TWINS, ON_REQUEST
from qualms.errors import ConfigError
from qualms.optim.twins import TWINS as OPTIMIZER_TWINS
from qualms.records import CLASSICAL, Quadrant, Twin
from qualms.records.twin import declared_twins
from qualms.study.eva import EVA, eva_settings
from qualms.study.lora_ga import LORA_GA, lora_ga_settings
from qualms.study.method_names import read_name, written
from qualms.study.optimizer import OPTIMIZERS, SUPERPOSITIONAL

TASK_TYPES = {"generate": TaskType.CAUSAL_LM, "classify": TaskType.SEQ_CLS}

# Where the learning-rate search starts: generation on the small base, classification on a real encoder.
_RATES = {
    "generate": {
        "full": 1e-3,
        "lora": 6e-3,
        "prefix": 3e-2,
        "qsl": 2e-2,
        "qsl:angles-only": 5e-2,
        "qsl:mergeable": 1e-1,
        "qsl:fitted": 5e-2,
        "qsl:stored": 1e-1,
        "qsl:recommended": 1e-2,
        "beft": 3e-2,
        "c3a": 1e-1,
        "fourierft": 3e-2,
        "ia3": 1e-1,
        "ln_tuning": 3e-2,
        "lokr": 3e-3,
        "miss": 3e-3,
        "psoft": 3e-2,
        "pvera": 1e-1,
        "road": 3e-2,
        "tinylora": 3e-3,
        "trainable_tokens": 3e-2,
        "unilora": 3e-1,
        "vblora": 3e-2,
        "vera": 1e-1,
        "waveft": 3e-3,
    },
    "classify": {
        "full": 5e-5,
        "lora": 1e-3,
        "prefix": 1e-2,
        "qsl": 5e-3,
        "qsl:angles-only": 2e-2,
        "qsl:mergeable": 3e-2,
        "qsl:fitted": 3e-2,
        "qsl:stored": 3e-2,
        "qsl:recommended": 5e-4,
        "ia3": 1e-2,
        "unilora": 3e-2,
        "vera": 1e-2,
    },
}
_OTHER_RATE = {"generate": 1e-2, "classify": 2e-3}
_EQUAL_TO = {"lora-equal": "lora", "unilora-equal": "unilora"}  # twins that are another method
# Starts that PEFT makes from data by functions of its own; with the setting alone they are plain LoRA. Those
# that studies make stand with the name of their settings.
_STARTS_MADE = {EVA: "eva_config", LORA_GA: "lora_ga_config"}
_STARTS_FROM_DATA = (*_STARTS_MADE, "corda")
_OWN_TARGETS = ("ln_tuning", "trainable_tokens")  # methods whose targets are not linear maps
_DEFAULTS: dict[str, dict[str, Any]] = {
    "lora": {"r": 8, "lora_alpha": 16},
    "prefix": {"num_virtual_tokens": 16},
}


# of which there is at least one, in methods whose default is not zero
_COUNTS = ("r", "rank", "num_virtual_tokens", "n_layers", "n_qubits")


@dataclass(frozen=True)
class Method:
    """A method: a way to make a model trainable, and the optimizer. `parse` makes one of a name.

    Attributes
    ----------
    name : str
        As it stands in recipes and records.
    family : str
        "untuned", "full", "qsl" or a PEFT method.
    preset : str
        Of a QSL, "seed" where the name has none; empty for other families.
    head : str
        The name without settings, optimizer and twin; the recipe's options go by it.
    optimizer : str
        "adamw" or "superpositional".
    twin : str, optional
        Which twin this is of its QSL or of its optimizer, if one.
    settings : dict[str, Any]
        Those in the brackets of its name.
    """

    name: str
    family: str
    preset: str
    head: str
    optimizer: str = "adamw"
    twin: str | None = None
    settings: dict[str, Any] = field(default_factory=dict, compare=False)  # the name has them

    def __str__(self) -> str:
        return self.name

    @property
    def optimizer_twin(self) -> str | None:
        return self.twin if any(t.name == self.twin for t in OPTIMIZER_TWINS) else None

    @property
    def adapter_twin(self) -> Twin | None:
        return next((t for t in self._adapter_twins if t.name == self.twin), None)

    @property
    def adapter_twin_names(self) -> tuple[str, ...]:
        return tuple(t.name for t in self._adapter_twins)

    @property
    def _adapter_twins(self) -> tuple[Twin, ...]:
        return declared_twins(PRESETS[self.preset](**self.settings)) if self.family == "qsl" else ()

    @property
    def twins(self) -> tuple[Twin, ...]:
        """Those that a method of this name can have."""
        return (*self._adapter_twins, *(OPTIMIZER_TWINS if self.optimizer == SUPERPOSITIONAL else ()))

    @property
    def control(self) -> str | None:
        """What is different from the method that this is the twin of, in words."""
        return next((t.control for t in self.twins if t.name == self.twin), None)

    @property
    def twin_of(self) -> str | None:
        """Name of the method that this is the twin of."""
        return self.name.removesuffix(f"/{self.twin}") if self.twin else None

    @property
    def is_trained(self) -> bool:
        return self.family != "untuned"

    @property
    def is_quantum(self) -> bool:
        """Whether there are circuits in it, so that it brings twins; a classical preset has none."""
        return self.family == "qsl" and self.twin is None and bool(self._adapter_twins)

    @property
    def is_superpositional(self) -> bool:
        return self.optimizer == SUPERPOSITIONAL and self.twin is None

    def as_twin(self, twin: str) -> Method:
        """The twin of that name. Raises ConfigError if there is none."""
        twins = [t.name for t in self.twins]
        name = f"{self.name}/{twin}"
        if not twins:
            raise ConfigError(
                f"method {name!r}: only qsl has presets, and only qsl and @{SUPERPOSITIONAL} have twins"
            )
        if twin not in twins:
            raise ConfigError(f"method {name!r}: unknown twin {twin!r}; there are {', '.join(twins)}")
        return replace(self, name=name, twin=twin)


def parse(name: str) -> Method:
    """The method of that name.

    Names are read here, where a recipe or a command line has them; from there on methods travel.

    Raises
    ------
    ConfigError
        For a name that is no method, and for settings in its brackets that it does not have.
    """
    head, settings, behind = read_name(name)
    behind, slash, twin = behind.partition("/")
    nothing, at, optimizer = behind.partition("@")
    if nothing:
        raise ConfigError(f"method {name!r}: after the bracket stands @{SUPERPOSITIONAL}, /TWIN or nothing")
    family, _, preset = head.partition(":")
    optimizer = optimizer if at else "adamw"
    if optimizer not in OPTIMIZERS or (at and optimizer == "adamw"):
        raise ConfigError(f"method {name!r}: after @ stands {SUPERPOSITIONAL}, or nothing for AdamW")
    if at and family == "untuned":
        raise ConfigError(f"method {name!r}: untuned is not trained and has no optimizer")
    if family == "qsl":
        if preset == "seed":
            raise ConfigError(f"method {name!r}: write qsl, which is the same as the preset seed")
        preset = preset or "seed"
        if preset not in PRESETS:
            raise ConfigError(f"method {name!r}: unknown preset {preset!r}; there are {', '.join(PRESETS)}")
    elif preset:
        raise ConfigError(
            f"method {name!r}: only qsl has presets, and only qsl and @{SUPERPOSITIONAL} have twins"
        )
    elif family not in ("untuned", "full", "prefix") and family not in _peft_methods():
        raise ConfigError(
            f"unknown method {name!r}; there are untuned, full, lora, prefix, qsl, "
            f"{', '.join(sorted(_peft_methods()))}"
        )
    own = written(head, settings) + behind
    method = Method(own, family, preset, head, optimizer, settings=settings)
    if settings:
        _check_settings(method, settings)
    return method.as_twin(twin) if slash else method


UNTUNED = Method("untuned", "untuned", "", "untuned")


def with_twins(methods: list[Method], twins: list[str] | None) -> list[Method]:
    """The methods with every quantum one's twins after it, none twice.

    No quantum method is ever without a twin.

    Parameters
    ----------
    methods : list[Method]
    twins : list[str] or None
        Names; one that only some methods have is brought by those. None: of each method all but those that
        are made on request.

    Raises
    ------
    ConfigError
        For a name that no quantum method here has, and where one would be without a twin.
    """
    quantum = [m for m in methods if m.is_quantum]
    for twin in twins or ():
        if quantum and not any(twin in m.adapter_twin_names for m in quantum):
            quantum[0].as_twin(twin)  # refuses it
    out: list[Method] = []
    for method in methods:
        out.append(method)
        if method.is_quantum:
            out += [method.as_twin(name) for name in _chosen_twins(method, twins)]
        if method.is_superpositional:
            out += [method.as_twin(t.name) for t in OPTIMIZER_TWINS]
    return list(dict.fromkeys(out))


def _chosen_twins(method: Method, twins: list[str] | None) -> list[str]:
    if twins is None:
        return [name for name in method.adapter_twin_names if name not in ON_REQUEST]
    if not twins:
        raise ConfigError("twins is empty: a quantum method is never run without its classical twin")
    own = [name for name in twins if name in method.adapter_twin_names]
    if not own:
        raise ConfigError(f"method {method.name!r} has none of the twins {', '.join(twins)}")
    return own


def default_rate(method: Method, task: str) -> float:
    """Where the search for the method's learning rate starts."""
    table = _RATES[task]
    return table.get(_EQUAL_TO.get(method.twin or "", method.head), _OTHER_RATE[task])


def _peft_methods() -> dict[str, type[PeftConfig]]:
    skip = ("QUALMS_QSL", "PREFIX_TUNING", "XLORA", "ADAPTION_PROMPT", "MULTITASK_PROMPT_TUNING")
    return {t.value.lower(): c for t, c in PEFT_TYPE_TO_CONFIG_MAPPING.items() if t.value not in skip}


def check_options(method: Method, given: dict[str, Any]) -> None:
    """Raises ConfigError for a setting that the method does not have."""
    name = method.name
    if method.twin or method.optimizer != "adamw":
        raise ConfigError(
            f"options of {name!r}: twins and other optimizers have the settings "
            f"of the method; set options of {method.head!r}"
        )
    if method.settings:
        raise ConfigError(
            f"options of {name!r}: its settings stand in its name; options of {method.head!r} are for all "
            "its forms"
        )
    _check_settings(method, given)


def check_together(method: Method, given: dict[str, Any], task: str) -> None:
    """Raises ConfigError where a method's own settings do not go with the recipe's options of its name.

    Parameters
    ----------
    method : Method
    given : dict[str, Any]
        The options of `method.head`, each of which is allowed by itself.
    task : str
        "generate" or "classify".
    """
    if method.family != "lora":
        return
    try:
        _started({**given, **method.settings}, task)
    except ConfigError as error:
        raise ConfigError(f"options of {method.name!r}: {error}") from None


def _check_settings(method: Method, given: dict[str, Any]) -> None:
    name = method.name
    if method.family in ("untuned", "full"):
        if given:
            raise ConfigError(f"options of {name!r}: it has none, got {', '.join(sorted(given))}")
    elif method.family == "qsl":
        made = PRESETS[method.preset](**_options(QSLConfig, name, given))
        if made.compute != "classical" and not method.is_quantum:
            raise ConfigError(
                f"options of {name!r}: with them it has circuits, and is no classical method any more; give "
                "them to qsl:fitted, which brings its twins"
            )
        of_factors = {t.name for t in FACTOR_TWINS}  # made for any form, so that none is lost or wrong
        if {t.name for t in declared_twins(made)} - of_factors != {*method.adapter_twin_names} - of_factors:
            raise ConfigError(
                f"options of {name!r}: with them it has other twins; write them in its name, as "
                f"{method.head}[name=value]"
            )
    else:
        _check_start(method, given)
        _options(
            PrefixTuningConfig if method.family == "prefix" else _peft_methods()[method.family], name, given
        )


def _check_start(method: Method, given: dict[str, Any]) -> None:
    """Refuse a start that studies do not make."""
    start = given.get("init_lora_weights")
    if start in _STARTS_FROM_DATA and (start not in _STARTS_MADE or method.family != "lora"):
        raise ConfigError(
            f"options of {method.name!r}: init_lora_weights={start!r} needs passes over data that studies do "
            "not make (they do for 'eva' and 'lora_ga' of lora); the run would start as if it were not set"
        )
    for needed, settings in _STARTS_MADE.items():
        if start != needed and given.get(settings) is not None:
            raise ConfigError(
                f"options of {method.name!r}: {settings} goes with init_lora_weights={needed!r}"
            )
    if start == EVA and given.get("rank_pattern"):
        raise ConfigError(
            f"options of {method.name!r}: with init_lora_weights='eva' PEFT gives maps other ranks than "
            "rank_pattern says; leave one of them out"
        )
    try:
        _started(given, "generate")
    except ConfigError as error:
        raise ConfigError(f"options of {method.name!r}: {error}") from None


def _started(given: dict[str, Any], task: str) -> dict[str, Any]:
    """The settings with those of a start from data, if they have one."""
    start = given.get("init_lora_weights")
    if start == EVA:
        return {**given, "eva_config": eva_settings(given.get("eva_config"), task)}
    if start == LORA_GA:
        return {**given, "lora_ga_config": lora_ga_settings(given.get("lora_ga_config"), given)}
    return given


def _options(cls: Any, name: str, given: dict[str, Any]) -> dict[str, Any]:
    known = {f.name for f in fields(cls)}
    unknown = sorted(given.keys() - known)
    if unknown:
        near = get_close_matches(unknown[0], known, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"options of {name!r}: {cls.__name__} has no {', '.join(unknown)}{meant}")
    for f in fields(cls):
        if f.name in given:
            _check_number(f"options of {name!r}: {f.name}", given[f.name], f.default)
            if f.type in (bool, "bool") and not isinstance(given[f.name], bool):
                raise ConfigError(f"options of {name!r}: {f.name}={given[f.name]!r} must be true or false")
    return given


def _check_number(what: str, value: Any, default: Any) -> None:
    """Refuse what cannot stand where the default is a number or a truth value: PEFT would take it, and fail
    later or compute otherwise.
    """
    if value is None:
        return
    name = what.rpartition(" ")[2]
    default = 1 if default is None and name in _COUNTS else default
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{what}={value} must be a finite number")
    if isinstance(default, bool) and not isinstance(value, (bool, str, dict, list)):
        raise ConfigError(f"{what}={value!r} must be true or false")
    if (
        isinstance(default, bool)
        and isinstance(value, str)
        and value.lower() in ("true", "false", "yes", "no", "on", "off")
    ):
        raise ConfigError(f"{what}={value!r} must be true or false, without quotes")
    if isinstance(default, bool) or not isinstance(default, (int, float)):
        return
    kind, allowed = ((int, float), "a number") if isinstance(default, float) else (int, "an integer")
    if isinstance(value, bool) or not isinstance(value, kind):
        raise ConfigError(f"{what}={value!r} must be {allowed}")
    least = 1 if name in _COUNTS and default >= 1 else 0
    if value < least <= default:
        raise ConfigError(f"{what}={value!r} must be at least {least}")


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
            **{**_options(QSLConfig, name, given), "task_type": TASK_TYPES[task], "init_seed": seed}
        )
        config = method.adapter_twin.make(source, model) if method.adapter_twin else source
        compute = config.compute if isinstance(config, QSLConfig) else "classical"
    elif method.family == "prefix":
        config = PrefixTuningConfig(
            task_type=TASK_TYPES[task], **{**_DEFAULTS["prefix"], **_options(PrefixTuningConfig, name, given)}
        )
    else:
        cls = LoraConfig if method.family == "lora" else _peft_methods()[method.family]
        values = {**_DEFAULTS.get(method.family, {}), **_options(cls, name, given)}
        if "target_modules" in {f.name for f in fields(cls)} and method.family not in _OWN_TARGETS:
            values.setdefault("target_modules", sorted(find_qkv(model)))
        if method.family == "ia3":
            values.setdefault("feedforward_modules", [])
        config = cls(task_type=TASK_TYPES[task], **_started(values, task))
    tuned = get_peft_model(model, config)
    return TrainableModel(tuned, config.to_dict(), Quadrant("classical", compute))
