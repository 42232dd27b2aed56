"""Training curves in the programs where users of transformers look at them, by its own callbacks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from qualms.errors import ConfigError

TRACKERS = ("trackio", "mlflow", "tensorboard", "wandb")  # each is also the name of its package
_PROJECT = "qualms"


def check_trackers(names: Sequence[str]) -> list[str]:
    """The names, if there are such programs and they are installed.

    Raises
    ------
    ConfigError
        For a name that is none of `TRACKERS`, and for a package that is missing.
    """
    for name in names:
        if name not in TRACKERS:
            raise ConfigError(f"there is no {name!r}; choose from {', '.join(TRACKERS)}")
        if find_spec(name) is None:
            raise ConfigError(f"the package {name} is not installed: pip install {name}")
    return list(names)


def arguments(names: Sequence[str], run: str) -> dict[str, Any]:
    """Arguments of `transformers.TrainingArguments`, which say explicitly where curves go.

    Parameters
    ----------
    names : sequence of str
        Of `TRACKERS`; nothing is reported anywhere if there are none, whatever is installed.
    run : str
        How the run is called there.
    """
    return {"report_to": list(names), "run_name": run, "project": _PROJECT, "trackio_space_id": None}


def close(names: Sequence[str]) -> None:
    """End what a callback leaves open after a training, so that the next one in this process is a run of its
    own.
    """
    wandb = sys.modules.get("wandb")
    if "wandb" in names and wandb is not None and wandb.run is not None:
        wandb.finish()
