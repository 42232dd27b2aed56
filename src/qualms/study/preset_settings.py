"""The settings in which a preset of the sublayer differs from what it was when ids of runs were first made.

A run's id names its preset, and not what the preset stands for. So it also holds every setting in which the
preset differs from what is written here. A record of other settings is then not taken for one of today's, and
the records of a preset that stays as it was keep their ids. For that reason nothing here is ever changed. A
setting that `QSLConfig` gains is added to `_SETTINGS`, with the value that does what was done before it. A
new preset needs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qualms.adapters import PRESETS

_SETTINGS: dict[str, Any] = {
    "target_modules": None, "exclude_modules": None, "layers_to_transform": None, "layers_pattern": None,
    "modules_to_save": None, "trainable_token_indices": None, "form": "sublayer", "n_qubits": 6,
    "n_layers": 2, "entangler": "ring", "rz": False, "closing_ry": False, "down": "learned",
    "share_down": False, "readout": "z", "normalize": True, "keep_norm": False, "up": "learned",
    "share_up": False, "rank": 2, "scaling": 1.0, "dropout": 0.0, "circuit": "trained", "angle_std": None,
    "start": "random", "fit_to": "update", "fit_batches": 16, "update_rate": 0.01, "fit_steps": 300,
    "fit_rate": 0.05, "bits": 32, "gains": 0, "backend": "statevector", "backend_options": {},
}  # fmt: skip
_FITTED = {
    "form": "factors", "target_modules": "all-linear", "rank": 8, "n_layers": 8, "start": "fitted",
    "scaling": 10.0,
}  # fmt: skip
_PRESETS: dict[str, dict[str, Any]] = {
    "seed": {"down": "slice"},
    "angles-only": {"n_layers": 4, "closing_ry": True, "down": "random", "up": "fixed", "keep_norm": True},
    "mergeable": {"form": "factors", "n_layers": 8, "scaling": 4.0},
    "fitted": _FITTED,
    "stored": {**_FITTED, "circuit": "stored", "rank": 16, "bits": 16, "scaling": 3.0},
    "recommended": {**_FITTED, "circuit": "stored", "bits": 1, "gains": 16, "scaling": 8.0},
}
# What is no choice of a preset: the run's seed and task, PEFT's own entries, what is filled in from the base.
_NOT_OF_A_PRESET = frozenset({
    "init_seed", "base_probe", "task_type", "peft_type", "peft_version", "auto_mapping", "inference_mode",
    "base_model_name_or_path", "revision",
})  # fmt: skip


def changed_settings(preset: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a preset has today and did not have at first, by name.

    Parameters
    ----------
    preset : str
        One of `PRESETS`.
    given : Mapping[str, Any]
        The settings that the user gives it, valid ones. They are a part of a run's id by themselves and are
        left out here; what the preset makes of others because of them is not.
    """
    first = {**_SETTINGS, **_PRESETS.get(preset, {})}
    return {
        name: _in_order(value)
        for name, value in PRESETS[preset](**given).to_dict().items()
        if name not in _NOT_OF_A_PRESET and name not in given and (name not in first or first[name] != value)
    }


def _in_order(value: Any) -> Any:
    """A set as a sorted list, because the order of a set is another one in every process."""
    return sorted(value) if isinstance(value, set) else value
