"""What a parameter group's settings mean, and which cannot be honoured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from qualms.backends import get_backend
from qualms.errors import ConfigError
from qualms.optim.coordinates import SCOPES, SHORT
from qualms.optim.perturbations import GRADIENT_ANGLES, MODES, FromCircuit, Perturbation, random_of_equal_norm, sign_flipped, sine

NONFINITE = ("raise", "skip", "propagate")
_DECIDE_Q = ("mode", "control_of", "backend", "n_qubits", "depth", "entangle", "gradient_angle", "seed")


def is_on(lam: float | Tensor) -> bool:
    """Whether there is a perturbation at all; a tensor's value is not looked at."""
    return isinstance(lam, Tensor) or lam != 0


def check(group: Mapping[str, Any]) -> None:
    """Raises ConfigError for settings that cannot be honoured."""
    lam = group["lam"]
    if isinstance(lam, Tensor):
        if lam.numel() != 1:
            raise ConfigError(f"lam as a tensor has one number, not {lam.numel()}")
    elif not isinstance(lam, (int, float)) or not 0 <= lam < float("inf"):
        raise ConfigError(f"lam={lam!r}: λ is a number of at least 0")
    for key, allowed in (("mode", (*MODES, "own")), ("scope", SCOPES), ("short", SHORT), ("gradient_angle", GRADIENT_ANGLES),
                         ("control_of", ("sine", "circuit")), ("nonfinite", (*NONFINITE, None))):  # fmt: skip
        if group[key] not in allowed:
            raise ConfigError(f"{key}={group[key]!r} is unknown; choose one of {', '.join(map(str, allowed))}")
    for key in ("n_qubits", "depth"):
        if not isinstance(group[key], int) or isinstance(group[key], bool) or group[key] < 1:
            raise ConfigError(f"{key}={group[key]!r}: a whole number of at least 1")
    if group["capturable"] and (group["mode"] == "random" or group["nonfinite"] in ("raise", "skip")):
        raise ConfigError(
            f"capturable=True cannot have mode={group['mode']!r} with nonfinite={group['nonfinite']!r}: a captured step asks the host nothing"
        )
    if not is_torch_reading(group) and (group["amsgrad"] or group["capturable"] or group["differentiable"]):
        raise ConfigError("bias_correction=False and eps_inside_root=True work without amsgrad, capturable and differentiable")


def is_traceable(group: Mapping[str, Any]) -> bool:
    """Whether `torch.compile` can take Q into its graph: it draws nothing, runs no circuit and is not somebody's own."""
    return sine_sign(group) != 0


def perturbation_key(group: Mapping[str, Any]) -> tuple:
    """The same for groups whose Q is the same."""
    options = tuple(sorted((k, repr(v)) for k, v in group["backend_options"].items()))
    return (*(group[k] for k in _DECIDE_Q), group["scope"] == "overall", options)


def make_perturbation(group: Mapping[str, Any]) -> Perturbation:
    """Q of a group's settings, its backend opened."""
    quantum = group["mode"] if group["mode"] in ("sine", "circuit") else group["control_of"]
    q: Perturbation = sine
    if quantum == "circuit":
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


def nonfinite_policy(group: Mapping[str, Any]) -> str:
    """What becomes of gradients that are no numbers, the default thought out."""
    if group["nonfinite"] is not None:
        return group["nonfinite"]
    return "propagate" if group["capturable"] or group["differentiable"] else "raise"


def is_torch_reading(group: Mapping[str, Any]) -> bool:
    """Whether Adam is read as torch reads it."""
    return group["bias_correction"] and not group["eps_inside_root"]
