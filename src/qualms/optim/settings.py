"""What a parameter group's settings mean, and which settings and states cannot be honoured."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from torch import Tensor

from qualms.data.numbers import plain, plain_real
from qualms.errors import ConfigError
from qualms.optim.circuit import FromCircuit
from qualms.optim.perturbations import Own, Perturbation, Placed, RandomQ, SignFlip, Sine
from qualms.optim.values import CHECKED, checked_value

# Settings of a parameter group that stand for its Q, and what they are where nothing is said
SHORT_NAMES: dict[str, Any] = {
    "mode": "sine", "control_of": "sine", "backend": "statevector", "backend_options": {}, "n_qubits": 4,
    "depth": 2, "entangle": True, "gradient_angle": "relative", "scope": "tensor", "short": "whole",
    "seed": 0,
}  # fmt: skip

_LARGEST_LAM = 1e300


def is_on(lam: float | Tensor) -> bool:
    """Whether there is a perturbation at all; a tensor's value is not looked at."""
    return isinstance(lam, Tensor) or lam != 0


def made_plain(group: dict[str, Any]) -> None:
    """Numpy's numbers among a group's settings become Python's, so that a saved state has no others.

    Tensors stay, for captured graphs, and arrays, which are refused.
    """
    for key, value in group.items():
        if key != "params" and not isinstance(value, np.ndarray):
            group[key] = plain(value)


def check(group: Mapping[str, Any]) -> None:
    """Raises ConfigError for settings that cannot be honoured."""
    _check_lam(group["lam"])
    if callable(group["mode"]):
        raise ConfigError(
            "a perturbation that is a function is given to the optimizer "
            "as `q` or `mode`, not to a parameter group"
        )
    for key in CHECKED:
        checked_value(key, group[key])
    if _original_mode(group) != "circuit" and (group["backend"] != "statevector" or group["backend_options"]):
        raise ConfigError(
            f"backend={group['backend']!r} with {group['backend_options']} is given, but "
            f"mode={group['mode']!r} runs no circuit"
        )
    others = [k for k in ("amsgrad", "capturable", "differentiable") if group[k]] + (
        [] if group["decoupled_weight_decay"] else ["coupled decay"]
    )
    if not is_torch_reading(group) and others:
        raise ConfigError(
            f"bias_correction=False and eps_inside_root=True do not go with {', '.join(others)}"
        )


def check_capture(group: Mapping[str, Any], q: Perturbation) -> None:
    """Raises ConfigError for a captured step that would have to ask the host."""
    if group["capturable"] and (not q.capturable or group["nonfinite"] in ("raise", "skip")):
        raise ConfigError(
            f"capturable=True cannot have mode={group['mode']!r} with nonfinite={group['nonfinite']!r}: a "
            "captured step cannot ask the host"
        )


def _check_lam(lam: Any) -> None:
    if isinstance(lam, Tensor):
        if lam.numel() != 1 or not bool(lam >= 0) or bool(lam.isinf()):
            raise ConfigError(f"lam={lam}: λ as a tensor is one number of at least 0")
        return
    number = plain_real(lam)
    if number is not None and abs(number) >= _LARGEST_LAM:
        number = None
    if number is None or not 0 <= number < float("inf"):
        raise ConfigError(
            f"lam={lam!r}: λ is a number of at least 0"
            + (" (amsgrad is given by name)" if isinstance(lam, bool) else "")
        )


def _original_mode(group: Mapping[str, Any]) -> str:
    """The short name of the Q that a group has, or that its control is of: "sine", "circuit" or "own"."""
    return group["mode"] if group["mode"] in ("sine", "circuit", "own") else group["control_of"]


def perturbation_key(group: Mapping[str, Any]) -> tuple:
    """The same for groups whose Q is the same."""
    named = [group[k] for k in SHORT_NAMES if k != "backend_options"]
    return (*named, tuple(sorted((k, repr(v)) for k, v in group["backend_options"].items())))


def read_perturbation(group: Mapping[str, Any], own: Own | None = None) -> Perturbation:
    """The Q that a group's short names stand for; here and nowhere else are they read.

    Parameters
    ----------
    group : mapping
        Settings with the keys `SHORT_NAMES`.
    own : Own, optional
        What the mode "own" stands for.
    """
    where = {k: group[k] for k in ("n_qubits", "scope", "short", "seed")}
    kind = _original_mode(group)
    if kind == "own":
        if own is None:
            raise ConfigError(
                "this state was saved with a perturbation that is a function, and functions are not saved: "
                "give the function as `q` or `mode` again"
            )
        return replace(own, **where)
    circuit = {k: group[k] for k in ("depth", "entangle", "gradient_angle", "backend", "backend_options")}
    q: Placed = FromCircuit(**where, **circuit) if kind == "circuit" else Sine(**where)
    return RandomQ(q) if group["mode"] == "random" else SignFlip(q) if group["mode"] == "sign_flip" else q


def short_names(q: Any, beside: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a group that stand for `q`, all of them.

    Parameters
    ----------
    q : Perturbation
        Q.
    beside : mapping
        Settings given beside it.

    Raises
    ------
    ConfigError
        If `q` is none, or if some of the short names are given beside it.
    """
    if not isinstance(q, Perturbation):
        raise ConfigError(
            f"q={q!r} must be a Sine, FromCircuit, RandomQ or SignFlip; a function is given as Own(function)"
        )
    if both := [k for k in SHORT_NAMES if k in beside]:
        raise ConfigError(f"{', '.join(both)} given beside q={q!r}: give one of the two")
    original = q.original
    control = {} if q is original else {"control_of": original.mode}
    own = {f.name: getattr(original, f.name) for f in fields(original) if f.name in SHORT_NAMES}
    return {**SHORT_NAMES, **own, "mode": q.mode, **control}


def wants_sweep(group: Mapping[str, Any]) -> bool:
    """Whether the compiled sweep is asked for, or is ours to choose, and makes a step of these settings;
    whether it takes the tensors is another question. Without a perturbation the step is torch's alone.
    """
    if not (group["fused"] or (group["fused"] is None and group["foreach"] is None)) or not is_on(
        group["lam"]
    ):
        return False
    others = (
        group["amsgrad"]
        or group["capturable"]
        or group["differentiable"]
        or not group["decoupled_weight_decay"]
    )
    return not others and not any(isinstance(b, Tensor) for b in group["betas"])


def nonfinite_policy(group: Mapping[str, Any]) -> str:
    """What becomes of gradients that are no numbers, the default thought out."""
    if group["nonfinite"] is not None:
        return group["nonfinite"]
    return "propagate" if group["capturable"] or group["differentiable"] else "raise"


def is_torch_reading(group: Mapping[str, Any]) -> bool:
    """Whether Adam is read as torch reads it."""
    return group["bias_correction"] and not group["eps_inside_root"]


def check_state(state_dict: Mapping[str, Any], ours: Sequence[Tensor]) -> None:
    """Raises ConfigError for what is no state of AdamW for these parameters."""
    if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= state_dict.keys():
        found = (
            ", ".join(map(str, state_dict)) if isinstance(state_dict, Mapping) else type(state_dict).__name__
        )
        raise ConfigError(
            f"an optimizer's state has the keys 'state' and 'param_groups', this is {found or 'empty'}"
        )
    theirs = [i for g in state_dict["param_groups"] for i in g["params"]]
    if len(ours) != len(theirs):
        return  # torch has a word for that
    for p, i in zip(ours, theirs, strict=True):
        found = state_dict["state"].get(i)
        if found is None:
            continue
        if not isinstance(found, Mapping) or not {"step", "exp_avg", "exp_avg_sq"} <= found.keys():
            raise ConfigError(
                f"the state of parameter {i} has {', '.join(map(str, found)) or 'nothing'}: "
                "not a state of AdamW"
            )
        for name in {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"} & found.keys():
            shape = (
                tuple(found[name].shape) if isinstance(found[name], Tensor) else type(found[name]).__name__
            )
            if shape != tuple(p.shape):
                raise ConfigError(
                    f"{name} of parameter {i} has shape {shape}, the parameter {tuple(p.shape)}"
                )


_MISSPELT = {
    "lambda": "lam",
    "lamda": "lam",
    "lamb": "lam",
    "λ": "lam",
    "n_qubit": "n_qubits",
    "qubits": "n_qubits",
    "num_qubits": "n_qubits",
}


def refuse_misspelt(group: Any, options: Collection[str]) -> None:
    """Groups may carry any key, as torch's may; but not one that is an option of ours written wrong."""
    for key in group if isinstance(group, Mapping) else ():
        near = (
            difflib.get_close_matches(key, [k for k in options if len(k) > 5], n=1, cutoff=0.85)
            if isinstance(key, str)
            else []
        )
        meant = _MISSPELT.get(key) or next(iter(near), None)
        if key not in options and meant:
            raise ConfigError(f"parameter group has an unknown key {key!r}; did you mean {meant!r}?")
