"""Fitting an adapter's directions before a run's first step: once for each run folder, and once for all rates
of a search.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from qualms.adapters.fitting import Fit, fit_directions, fitted_directions, needs_fitting, set_fitted
from qualms.data.text import read_text
from qualms.errors import ConfigError, DataError, RunFolderError
from qualms.records.files import new_folder
from qualms.study import distributed
from qualms.study.encoding import Encoded, collate

_FOLDER, _TENSORS, _NOTE = "fitted", "directions.safetensors", "fit.json"
_last: dict[str, tuple[Fit, dict[str, torch.Tensor]]] = {}  # of this process, one at most


def fit_start(
    model: Any, items: list[Encoded], *, folder: Path | None, task: str, pad: int, batch_size: int, seed: int,
    same_as: str | None = None,
) -> Fit | None:  # fmt: skip
    """Fit the directions of an adapter with ``start="fitted"`` on batches of the run's training data.

    The batches are drawn without replacement by the run's seed, `fit_batches` of them or as many whole ones
    as there are items for. A run that was interrupted during the fit does it again, with the same result; one
    that was interrupted later finds the fitted directions in its folder.

    Parameters
    ----------
    model : Any
        The model that will be trained.
    items : list[Encoded]
        The training data.
    folder : Path | None
        The run's folder, where the fitted directions are kept; None to keep nothing.
    task, pad, batch_size, seed
        As in `train`.
    same_as : str, optional
        What determines the directions, as a hash. Where the last fit of this process had the same one, its
        directions are taken, so that a search of the learning rate fits once for all rates. Runs that are
        recorded give none, since the time of their fit is part of their cost.

    Returns
    -------
    Fit | None
        What was reached, now or before the interruption; None for a model that needs no fitting.

    Raises
    ------
    ConfigError
        If there are fewer items than one batch, or as `fit_directions` does.
    RunFolderError
        If the kept directions are damaged, or cannot be written.
    """
    if not needs_fitting(model):
        return None
    kept = folder / _FOLDER if folder else None
    if kept and kept.exists():
        return _read(model, kept)
    if same_as in _last:
        fit, directions = _last[same_as]
        set_fitted(model, directions)
        return fit
    batches = starting_batches(
        items, model.peft_config["default"].fit_batches, "start='fitted'", "start='random'",
        task=task, pad=pad, batch_size=batch_size, seed=seed,
    )  # fmt: skip
    fit = fit_directions(model, batches)
    if kept and distributed.leads():  # the others have made the same
        with new_folder(kept) as filled:
            tensors = {k: v.cpu().contiguous() for k, v in fitted_directions(model).items()}
            save_file(tensors, filled / _TENSORS)
            (filled / _NOTE).write_text(json.dumps(vars(fit)), encoding="utf-8")
    if same_as:
        _last.clear()
        _last[same_as] = fit, {k: v.detach().clone() for k, v in fitted_directions(model).items()}
    return fit


def starting_batches(
    items: list[Encoded], most: int, setting: str, otherwise: str, *,
    task: str, pad: int, batch_size: int, seed: int,
) -> list[dict[str, torch.Tensor]]:  # fmt: skip
    """Batches of the training data that an adapter's start is made from: whole ones, drawn without
    replacement by the run's seed.

    Parameters
    ----------
    items : list[Encoded]
        The training data.
    most : int
        How many there are where the items suffice.
    setting, otherwise : str
        What asks for them, and what to set instead; for the message.
    task, pad, batch_size, seed
        As in `train`.

    Raises
    ------
    ConfigError
        If there are fewer items than one batch.
    """
    count = min(most, len(items) // batch_size)
    if count < 1:
        raise ConfigError(
            f"{setting} makes directions from whole batches of {batch_size}, and there are {len(items)} "
            f"training examples; give more of them, a smaller batch_size, or {otherwise}"
        )
    order = torch.randperm(len(items), generator=torch.Generator().manual_seed(seed)).tolist()
    chosen = [[items[i] for i in order[k * batch_size : (k + 1) * batch_size]] for k in range(count)]
    return [collate(batch, pad, task) for batch in chosen]


def drop_fitted(folder: Path) -> None:
    """Remove what `fit_start` has kept, when the run's record is safe."""
    shutil.rmtree(folder / _FOLDER, ignore_errors=True)


def _read(model: Any, kept: Path) -> Fit:
    try:
        fit = Fit(**json.loads(read_text(kept / _NOTE).text))
        set_fitted(model, load_file(kept / _TENSORS))
    except (ConfigError, DataError, SafetensorError, OSError, ValueError, TypeError) as error:
        raise RunFolderError(
            f"{kept}: the fitted directions of this run cannot be used ({error}); delete this folder and the "
            "checkpoints beside it, and they are fitted again"
        ) from None
    return fit
