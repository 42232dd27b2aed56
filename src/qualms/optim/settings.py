"""What a parameter group's settings mean, and which settings and states cannot be honoured."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from qualms.backends import get_backend
from qualms.data.numbers import plain, plain_integer, plain_real
from qualms.errors import ConfigError
from qualms.optim.coordinates import SCOPES, SHORT
from qualms.optim.perturbations import GRADIENT_ANGLES, MODES, FromCircuit, Perturbation, random_of_equal_norm, sign_flipped, sine

NONFINITE = ("raise", "skip", "propagate")
_DECIDE_Q = ("mode", "control_of", "backend", "n_qubits", "depth", "entangle", "gradient_angle", "seed")


_LARGEST_LAM = 1e300


def is_on(lam: float | Tensor) -> bool:
    """Whether there is a perturbation at all; a tensor's value is not looked at."""
    return isinstance(lam, Tensor) or lam != 0


def made_plain(group: dict[str, Any]) -> None:
    """Numpy's numbers among a group's settings become Python's, so that a saved state has no others. Tensors stay, for captured graphs, and
    arrays, which are refused."""
    for key, value in group.items():
        if key != "params" and not isinstance(value, np.ndarray):
            group[key] = plain(value)


def check(group: Mapping[str, Any]) -> None:
    """Raises ConfigError for settings that cannot be honoured."""
    _check_lam(group["lam"])
    if callable(group["mode"]):
        raise ConfigError("a perturbation of one's own is given to the optimizer as `mode`, not to a group")
    for key, allowed in (("mode", (*MODES, "own")), ("scope", SCOPES), ("short", SHORT), ("gradient_angle", GRADIENT_ANGLES),
                         ("control_of", ("sine", "circuit")), ("nonfinite", (*NONFINITE, None))):  # fmt: skip
        if group[key] not in allowed:
            raise ConfigError(f"{key}={group[key]!r} is unknown; choose one of {', '.join(map(str, allowed))}")
    for key in ("entangle", "bias_correction", "eps_inside_root"):
        if not isinstance(group[key], bool):
            raise ConfigError(f"{key}={group[key]!r}: True or False")
    if plain_integer(group["seed"]) is None:
        raise ConfigError(f"seed={group['seed']!r}: an integer")
    for key in ("n_qubits", "depth"):
        if (plain_integer(group[key]) or 0) < 1:
            raise ConfigError(f"{key}={group[key]!r}: a whole number of at least 1")
    if quantum(group) != "circuit" and (group["backend"] != "statevector" or group["backend_options"]):
        raise ConfigError(f"backend={group['backend']!r} with {group['backend_options']} is given, but mode={group['mode']!r} runs no circuit")
    if group["capturable"] and (group["mode"] in ("random", "circuit", "own") or group["nonfinite"] in ("raise", "skip")):
        raise ConfigError(
            f"capturable=True cannot have mode={group['mode']!r} with nonfinite={group['nonfinite']!r}: a captured step asks the host nothing"
        )
    others = [k for k in ("amsgrad", "capturable", "differentiable") if group[k]] + ([] if group["decoupled_weight_decay"] else ["coupled decay"])
    if not is_torch_reading(group) and others:
        raise ConfigError(f"bias_correction=False and eps_inside_root=True do not go with {', '.join(others)}")


def _check_lam(lam: Any) -> None:
    if isinstance(lam, Tensor):
        if lam.numel() != 1 or not bool(lam >= 0) or bool(lam.isinf()):
            raise ConfigError(f"lam={lam}: λ as a tensor is one number of at least 0")
        return
    number = plain_real(lam)
    if number is not None and abs(number) >= _LARGEST_LAM:
        number = None
    if number is None or not 0 <= number < float("inf"):
        raise ConfigError(f"lam={lam!r}: λ is a number of at least 0" + (" (amsgrad is given by name)" if isinstance(lam, bool) else ""))


def quantum(group: Mapping[str, Any]) -> str:
    """The Q that a group has, or that its control is of: "sine", "circuit" or "own"."""
    return group["mode"] if group["mode"] in ("sine", "circuit", "own") else group["control_of"]


def is_traceable(group: Mapping[str, Any]) -> bool:
    """Whether `torch.compile` can take the step into its graph: Q draws nothing, runs no circuit and is not somebody's own, and Adam is torch's."""
    return not is_on(group["lam"]) or (sine_sign(group) != 0 and is_torch_reading(group))


def perturbation_key(group: Mapping[str, Any]) -> tuple:
    """The same for groups whose Q is the same."""
    options = tuple(sorted((k, repr(v)) for k, v in group["backend_options"].items()))
    return (*(group[k] for k in _DECIDE_Q), group["scope"] == "overall", options)


def make_perturbation(group: Mapping[str, Any]) -> Perturbation:
    """Q of a group's settings, its backend opened."""
    q: Perturbation = sine
    if quantum(group) == "circuit":
        backend = get_backend(group["backend"], **group["backend_options"])
        if group["n_qubits"] > backend.max_qubits:
            raise ConfigError(f"n_qubits={group['n_qubits']}, but backend {group['backend']!r} has {backend.max_qubits}")
        q = FromCircuit(backend, group["n_qubits"], group["depth"], group["entangle"], group["gradient_angle"], group["scope"] == "overall")
    if group["mode"] == "random":
        return random_of_equal_norm(q, group["seed"])
    return sign_flipped(q) if group["mode"] == "sign_flip" else q


def sine_sign(group: Mapping[str, Any]) -> int:
    """1 or −1 where Q is plus or minus the sine of each tensor's first coordinates, which the compiled sweep makes itself; else 0."""
    if group["scope"] == "random":
        return 0
    if group["mode"] == "sine":
        return 1
    return -1 if group["mode"] == "sign_flip" and group["control_of"] == "sine" else 0


def wants_sweep(group: Mapping[str, Any]) -> bool:
    """Whether the compiled sweep is asked for, or is ours to choose, and makes a step of these settings; whether it takes the tensors is
    another question. Without a perturbation the step is torch's alone."""
    if not (group["fused"] or (group["fused"] is None and group["foreach"] is None)) or not is_on(group["lam"]):
        return False
    others = group["amsgrad"] or group["capturable"] or group["differentiable"] or not group["decoupled_weight_decay"]
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
        found = ", ".join(map(str, state_dict)) if isinstance(state_dict, Mapping) else type(state_dict).__name__
        raise ConfigError(f"an optimizer's state has the keys 'state' and 'param_groups', this is {found or 'empty'}")
    theirs = [i for g in state_dict["param_groups"] for i in g["params"]]
    if len(ours) != len(theirs):
        return  # torch has a word for that
    for p, i in zip(ours, theirs, strict=True):
        found = state_dict["state"].get(i)
        if found is None:
            continue
        if not isinstance(found, Mapping) or not {"step", "exp_avg", "exp_avg_sq"} <= found.keys():
            raise ConfigError(f"the state of parameter {i} has {', '.join(map(str, found)) or 'nothing'}: not a state of AdamW")
        for name in {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"} & found.keys():
            shape = tuple(found[name].shape) if isinstance(found[name], Tensor) else type(found[name]).__name__
            if shape != tuple(p.shape):
                raise ConfigError(f"{name} of parameter {i} has shape {shape}, the parameter {tuple(p.shape)}")


_MISSPELT = {"lambda": "lam", "lamda": "lam", "lamb": "lam", "λ": "lam", "n_qubit": "n_qubits", "qubits": "n_qubits", "num_qubits": "n_qubits"}


def refuse_misspelt(group: Any, options: Mapping[str, Any]) -> None:
    """Groups may carry any key, as torch's may; but not one that is an option of ours written wrong."""
    for key in group if isinstance(group, Mapping) else ():
        near = difflib.get_close_matches(key, [k for k in options if len(k) > 5], n=1, cutoff=0.85) if isinstance(key, str) else []
        meant = _MISSPELT.get(key) or next(iter(near), None)
        if key not in options and meant:
            raise ConfigError(f"parameter group has an unknown key {key!r}; did you mean {meant!r}?")
