"""Training curves in the programs where users of transformers look at them, by its own callbacks."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import Any

from qualms.errors import ConfigError

TRACKERS = ("trackio", "mlflow", "tensorboard", "wandb")  # each is also the name of its package
_PROJECT = "qualms"
# where the callbacks read the project's name, by the variables that may say it; the first one is set here
_VARIABLES = {"mlflow": ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID"), "wandb": ("WANDB_PROJECT",)}


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
        found = find_spec(name)
        # a folder of that name without a module, such as the one that wandb writes into, has no origin
        if found is None or found.origin is None:
            raise ConfigError(f"the package {name} is not installed: pip install {name}")
    return list(names)


def arguments(names: Sequence[str], run: str) -> dict[str, Any]:
    """Arguments of `transformers.TrainingArguments`, which say explicitly where curves go.

    The project is called "qualms" everywhere, unless the program's own variables say otherwise.

    Parameters
    ----------
    names : sequence of str
        Of `TRACKERS`; nothing is reported anywhere if there are none, whatever is installed.
    run : str
        How the run is called there. The time is added, because Trackio continues a run of the same name, and
        another study may have a run of that method and seed. A training that goes on from a checkpoint gets
        the time at which it goes on, and so a run of its own.
    """
    for variables in (_VARIABLES[name] for name in names if name in _VARIABLES):
        if not any(variable in os.environ for variable in variables):
            os.environ[variables[0]] = _PROJECT
    if "mlflow" in names:  # curves are all that is asked for; MLflow tells its makers how it is used
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    name = f"{run}, {datetime.now():%Y-%m-%d %H:%M:%S}" if names else run
    return {"report_to": list(names), "run_name": name, "project": _PROJECT, "trackio_space_id": None}


def close(names: Sequence[str], run: str) -> None:
    """End what a callback leaves open after a training, also one that failed, so that the next one in this
    process is a run of its own.

    Parameters
    ----------
    names : sequence of str
        As those of `arguments`.
    run : str
        The name that `arguments` has given to the run. Another one is the user's own, and stays open.
    """
    there = {name: module for name in names if (module := sys.modules.get(name)) is not None}
    if (wandb := there.get("wandb")) is not None and wandb.run is not None:
        wandb.finish()
    if (mlflow := there.get("mlflow")) is not None:
        active = mlflow.active_run()
        if active is not None and active.info.run_name == run:
            mlflow.end_run("FAILED")
    if (trackio := there.get("trackio")) is not None and trackio.context_vars.current_run.get() is not None:
        trackio.finish()
