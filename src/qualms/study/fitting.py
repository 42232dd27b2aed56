"""Fitting an adapter's angles to the gradient before a run's first step, once for each run folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from qualms.adapters.fitting import Fit, fit_to_gradient, fitted_angles, needs_fitting, set_fitted
from qualms.data.text import read_text
from qualms.errors import ConfigError, DataError, RunFolderError
from qualms.records.files import write_whole
from qualms.study.encoding import Encoded, collate

_FILE = "fitted.json"


def fit_start(
    model: Any, items: list[Encoded], *, folder: Path | None, task: str, pad: int, batch_size: int, seed: int
) -> Fit | None:
    """Fit the angles of an adapter with ``start="fitted"`` on batches of the run's training data.

    The batches are drawn without replacement by the run's seed, `fit_batches` of them or as many whole ones
    as there are items for. A run that was interrupted during the fit does it again, with the same result; one
    that was interrupted later finds the fitted angles in its folder.

    Parameters
    ----------
    model : Any
        The model that will be trained.
    items : list[Encoded]
        The training data.
    folder : Path | None
        The run's folder, where the fitted angles are kept; None to keep nothing.
    task, pad, batch_size, seed
        As in `train`.

    Returns
    -------
    Fit | None
        What was reached, now or before the interruption; None for a model that needs no fitting.

    Raises
    ------
    ConfigError
        If there are fewer items than one batch, or as `fit_to_gradient` does.
    RunFolderError
        If the kept angles are damaged, or cannot be written.
    """
    if not needs_fitting(model):
        return None
    path = folder / _FILE if folder else None
    if path and path.exists():
        return _kept(model, path)
    count = min(model.peft_config["default"].fit_batches, len(items) // batch_size)
    if count < 1:
        raise ConfigError(
            f"start='fitted' estimates the gradient from whole batches of {batch_size}, and there are "
            f"{len(items)} training examples; give more of them, a smaller batch_size, or start='random'"
        )
    order = torch.randperm(len(items), generator=torch.Generator().manual_seed(seed)).tolist()
    chosen = [[items[i] for i in order[k * batch_size : (k + 1) * batch_size]] for k in range(count)]
    fit = fit_to_gradient(model, [collate(batch, pad, task) for batch in chosen])
    if path:
        write_whole(path, json.dumps({"fit": vars(fit), "angles": fitted_angles(model)}))
    return fit


def drop_fitted(folder: Path) -> None:
    """Remove what `fit_start` has kept, when the run's record is safe."""
    (folder / _FILE).unlink(missing_ok=True)


def _kept(model: Any, path: Path) -> Fit:
    try:
        kept = json.loads(read_text(path).text)
        set_fitted(model, kept["angles"])
        return Fit(**kept["fit"])
    except (ConfigError, DataError, ValueError, KeyError, TypeError) as error:
        raise RunFolderError(
            f"{path}: the fitted angles of this run cannot be used ({error}); delete the file and its "
            "folder's checkpoints, and they are fitted again"
        ) from None
