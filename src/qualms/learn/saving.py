"""Learners in folders: settings and plain values in JSON, arrays in safetensors, no pickle.

Loading a pickle can run foreign code; these files can only hold numbers and words.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from qualms.backends.protocol import Usage
from qualms.data.numbers import plain
from qualms.errors import ConfigError, DataError, RunFolderError, one_line
from qualms.learn.learner import FitAccount, Learner
from qualms.learn.registry import LEARNERS, learner_class

FORMAT = "qualms.learner/1"
SETTINGS, ARRAYS = "learner.json", "arrays.safetensors"


def save(learner: Learner, folder: str | Path) -> None:
    """Write a learner, fitted or not, into a folder, whole or not at all.

    Parameters
    ----------
    learner : Learner
        One of `qualms.learn.registry.LEARNERS`.
    folder : str or Path
        Made if it is not there. A saved learner in it is replaced; other files are not touched.

    Raises
    ------
    ConfigError
        For a setting or a result that has no form in JSON, such as a backend that was given as an object.
    RunFolderError
        If the folder cannot be written.
    """
    arrays: dict[str, np.ndarray] = {}
    content = _described(learner, arrays, "")
    packed = save_arrays(arrays)
    content = {"format": FORMAT, "arrays_sha256": hashlib.sha256(packed).hexdigest(), **content}
    content["content_sha256"] = _hash(content)
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target) as there:
            (Path(there) / ARRAYS).write_bytes(packed)
            (Path(there) / SETTINGS).write_text(json.dumps(content, indent=1, allow_nan=True), "utf-8")
            # the settings go last: they hold the hash of the arrays, so that a mixture is found out
            for name in (ARRAYS, SETTINGS):
                os.replace(Path(there) / name, target / name)
    except OSError as error:
        raise RunFolderError(f"{target}: the learner cannot be written: {one_line(error)}") from None


def load(folder: str | Path, **settings: Any) -> Any:
    """Read a learner that was saved.

    Parameters
    ----------
    folder : str or Path
        What `save` wrote.
    **settings
        Settings to replace, such as `backend`.

    Returns
    -------
    Learner
        As it was saved.

    Raises
    ------
    DataError
        For a folder without a learner, files that were cut off or changed, and those of a newer version.
    ConfigError
        For a setting that the learner does not have.
    """
    place = Path(folder)
    content, arrays = _read(place)
    try:
        learner = _restored(content, arrays, place)
    except DataError:
        raise
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, StopIteration) as error:
        raise DataError(f"{place / SETTINGS}: not a whole learner: {one_line(error)}") from None
    unknown = sorted(settings.keys() - learner.get_params(deep=False).keys())
    if unknown:
        raise ConfigError(f"{type(learner).__name__} has no setting {', '.join(unknown)}")
    return learner.set_params(**settings)


def _read(place: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    try:
        text, packed = (place / SETTINGS).read_text("utf-8"), (place / ARRAYS).read_bytes()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{place}: no saved learner: {one_line(error)}") from None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place / SETTINGS}: not JSON, was it cut off? {one_line(error)}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else None
        raise DataError(
            f"{place / SETTINGS}: the format is {found!r}; this version of Qualms reads {FORMAT}; a newer "
            "version may have written it"
        )
    if hashlib.sha256(packed).hexdigest() != content.get("arrays_sha256"):
        raise DataError(
            f"{place / ARRAYS}: was cut off or changed after it was saved; save the learner again"
        )
    if content.pop("content_sha256", None) != _hash(content):
        raise DataError(f"{place / SETTINGS}: was changed after it was saved; save it again")
    try:
        return content, load_arrays(packed)
    except SafetensorError as error:
        raise DataError(f"{place / ARRAYS}: {one_line(error)}") from None


def _hash(content: dict[str, Any]) -> str:
    """Of the JSON as it is read again, where a tuple is a list."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _described(learner: Learner, arrays: dict[str, np.ndarray], prefix: str) -> dict[str, Any]:
    name = type(learner).__name__
    if name not in LEARNERS:
        raise ConfigError(f"{name} is not a learner that can be saved; there are {', '.join(LEARNERS)}")
    params = learner.get_params(deep=False)
    fitted = {k: v for k, v in vars(learner).items() if k.endswith("_") and not k.startswith("_")}
    return {
        "learner": name,
        "params": {
            k: _packed(v, arrays, f"{prefix}{k}", f"{name}: the setting {k}") for k, v in params.items()
        },
        "fitted": {k: _packed(v, arrays, f"{prefix}{k}", f"{name}: {k}") for k, v in fitted.items()},
    }


def _packed(  # noqa: PLR0911 (one kind of value after another)
    value: Any, arrays: dict[str, np.ndarray], key: str, where: str
) -> Any:
    """What stands in JSON for a value; numbers of arrays go into `arrays`."""
    if isinstance(value, torch.Tensor):
        arrays[key] = value.detach().cpu().contiguous().numpy()
        return {"tensor": key}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "OUS":
            parts = [_packed(part, arrays, f"{key}/{k}", where) for k, part in enumerate(value.ravel())]
            return {"objects": parts, "shape": value.shape, "dtype": value.dtype.kind}
        if value.dtype.kind == "c":
            arrays[key] = np.stack([value.real, value.imag])
            return {"complex": key}
        arrays[key] = value.copy(order="C")
        return {"array": key}
    if isinstance(value, Learner):
        return {"nested": _described(value, arrays, f"{key}/")}
    if isinstance(value, FitAccount):
        return {"account": plain(value.to_dict())}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        parts = [_packed(part, arrays, f"{key}/{k}", where) for k, part in enumerate(value)]
        return {"tuple": parts} if isinstance(value, tuple) else parts
    if isinstance(value, dict) and all(isinstance(k, str) for k in value):
        return {"mapping": {k: _packed(part, arrays, f"{key}/{k}", where) for k, part in value.items()}}
    if isinstance(value, np.random.RandomState):
        raise ConfigError(f"{where} is a generator of random numbers, which cannot be saved; give a number")
    raise ConfigError(
        f"{where} is {type(value).__name__}, which cannot be saved; give a name or a plain value instead"
    )


def _restored(content: dict[str, Any], arrays: dict[str, np.ndarray], place: Path) -> Learner:
    made = learner_class(content["learner"])
    params = {k: _unpacked(v, arrays, place) for k, v in content["params"].items()}
    unknown = sorted(params.keys() - set(made._get_param_names()))
    if unknown:
        raise DataError(f"{place / SETTINGS}: {content['learner']} has no setting {', '.join(unknown)}")
    learner: Learner = made(**params)
    for name, value in content["fitted"].items():
        if not name.endswith("_") or name.startswith("_"):
            raise DataError(f"{place / SETTINGS}: {name!r} is not the name of a result")
        setattr(learner, name, _unpacked(value, arrays, place))
    return learner


def _unpacked(  # noqa: PLR0911 (one kind of value after another)
    value: Any, arrays: dict[str, np.ndarray], place: Path
) -> Any:
    if isinstance(value, list):
        return [_unpacked(part, arrays, place) for part in value]
    if not isinstance(value, dict):
        return value
    kind, held = next(iter(value.items()))
    if kind == "tensor":
        return torch.from_numpy(arrays[held].copy())
    if kind == "array":
        return arrays[held].copy()
    if kind == "complex":
        real, imaginary = arrays[held]
        return real + 1j * imaginary
    if kind == "objects":
        if value["dtype"] not in ("O", "U", "S"):
            raise DataError(f"{place / SETTINGS}: {value['dtype']!r} is no kind of words")
        found = np.empty(len(held), dtype=object)
        found[:] = [_unpacked(part, arrays, place) for part in held]
        return (found if value["dtype"] == "O" else found.astype(value["dtype"])).reshape(value["shape"])
    if kind == "nested":
        return _restored(held, arrays, place)
    if kind == "account":
        return FitAccount(**{**held, "usage": Usage(**held["usage"])})
    if kind == "tuple":
        return tuple(_unpacked(part, arrays, place) for part in held)
    if kind == "mapping":
        return {k: _unpacked(part, arrays, place) for k, part in held.items()}
    raise DataError(f"{place / SETTINGS}: {kind!r} is no kind of value")


__all__ = ["FORMAT", "load", "save"]
