"""Which values the single settings of a perturbation and of its step may have."""

from __future__ import annotations

from typing import Any

import numpy as np

from qualms.data.numbers import plain, plain_integer
from qualms.errors import ConfigError
from qualms.optim.coordinates import SCOPES, SHORT

_CHOICES: dict[str, tuple] = {
    "mode": ("sine", "circuit", "random", "sign_flip"),
    "scope": SCOPES,
    "short": SHORT,
    "gradient_angle": ("relative", "raw", "none"),
    "control_of": ("sine", "circuit"),
    "nonfinite": ("raise", "skip", "propagate", None),
}
_SWITCHES = ("entangle", "bias_correction", "eps_inside_root")
_COUNTS = ("n_qubits", "depth")
CHECKED = (*_CHOICES, *_SWITCHES, "seed", *_COUNTS)


def checked_value(name: str, value: Any) -> Any:
    """A setting's value in Python's own types; settings without a rule are taken as they are.

    Raises
    ------
    ConfigError
        For a value that there is not, with those there are.
    """
    value = value if isinstance(value, np.ndarray) else plain(value)
    if name in _CHOICES and value not in _CHOICES[name] and (name, value) != ("mode", "own"):
        raise ConfigError(f"{name}={value!r} is unknown; choose one of {', '.join(map(str, _CHOICES[name]))}")
    if name in _SWITCHES and not isinstance(value, bool):
        raise ConfigError(f"{name}={value!r} must be True or False")
    if name == "seed" and plain_integer(value) is None:
        raise ConfigError(f"seed={value!r} must be an integer")
    if name in _COUNTS and (plain_integer(value) or 0) < 1:
        raise ConfigError(f"{name}={value!r}: an integer of at least 1")
    return value
