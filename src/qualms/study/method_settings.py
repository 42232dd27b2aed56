"""The settings of methods: what each may have, and values that PEFT would take and fail at later."""

from __future__ import annotations

import math
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from peft import PeftConfig, PrefixTuningConfig
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

from qualms.adapters import PRESETS, QSLConfig
from qualms.adapters.twins import FACTOR_TWINS
from qualms.errors import ConfigError
from qualms.records.twin import declared_twins
from qualms.study.eva import EVA, eva_settings
from qualms.study.lora_ga import LORA_GA, lora_ga_settings
from qualms.study.method import Method

# Starts that PEFT makes from data by functions of its own; with the setting alone they are plain LoRA. Those
# that studies make stand with the name of their settings.
_STARTS_MADE = {EVA: "eva_config", LORA_GA: "lora_ga_config"}
_STARTS_FROM_DATA = (*_STARTS_MADE, "corda")
# of which there is at least one, in methods whose default is not zero
_COUNTS = ("r", "rank", "num_virtual_tokens", "n_layers", "n_qubits")


def peft_methods() -> dict[str, type[PeftConfig]]:
    """The methods of PEFT that studies know, by name."""
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
    check_settings(method, given)


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
        started({**given, **method.settings}, task)
    except ConfigError as error:
        raise ConfigError(f"options of {method.name!r}: {error}") from None


def check_settings(method: Method, given: dict[str, Any]) -> None:
    """Raises ConfigError for settings that a method does not have, or that make another method of it."""
    name = method.name
    if method.family in ("untuned", "full"):
        if given:
            raise ConfigError(f"options of {name!r}: it has none, got {', '.join(sorted(given))}")
    elif method.family == "qsl":
        made = PRESETS[method.preset](**allowed_options(QSLConfig, name, given))
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
        allowed_options(
            PrefixTuningConfig if method.family == "prefix" else peft_methods()[method.family], name, given
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
        started(given, "generate")
    except ConfigError as error:
        raise ConfigError(f"options of {method.name!r}: {error}") from None


def started(given: dict[str, Any], task: str) -> dict[str, Any]:
    """LoRA's settings with those of a start from data, if they ask for one. Raises ConfigError for a start
    that cannot be.
    """
    start = given.get("init_lora_weights")
    if start == EVA:
        return {**given, "eva_config": eva_settings(given.get("eva_config"), task)}
    if start == LORA_GA:
        return {**given, "lora_ga_config": lora_ga_settings(given.get("lora_ga_config"), given)}
    return given


def allowed_options(cls: Any, name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The settings, all of which the dataclass `cls` has, of the kind that its defaults are of.

    Raises
    ------
    ConfigError
        For others; `name` is whose they are.
    """
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
