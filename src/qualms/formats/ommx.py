"""OMMX: the solver-neutral model of Jij, as an archive or as bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from qualms.errors import ConfigError, DataError, MissingExtraError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.model_builder import ModelBuilder


def read_model(path: Path) -> MixedInteger:
    """An OMMX archive, or an instance's bytes, as a model.

    Raises
    ------
    DataError
        If it is neither.
    MissingExtraError
        Without OMMX.
    ConfigError
        For products in constraints, cubes, or semi-continuous variables.
    """
    try:
        from ommx.artifact import Artifact
        from ommx.v1 import Instance
    except ImportError:
        raise MissingExtraError("ommx", "solve", "reading .ommx") from None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        instance = Instance.from_bytes(data)
    except Exception:
        try:
            instance = Artifact.load_archive(str(path)).instance
        except Exception as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]  # what follows is a backtrace
            raise DataError(f"{path}: neither an OMMX instance nor an archive of one: {reason}") from None
    return from_instance(instance, path.stem)


def from_instance(instance: Any, name: str = "ommx") -> MixedInteger:
    """An `ommx.v1.Instance` as a model. Raises ConfigError as `read_model`."""
    variables = sorted(instance.used_decision_variables, key=lambda v: v.id)
    if not variables:
        raise ConfigError(f"{name}: the instance has no variables")
    model = ModelBuilder(name, "max" if instance.sense == instance.MAXIMIZE else "min")
    place = {v.id: _variable(model, v) for v in variables}
    linear, products, offset = _parts(instance.objective, place, name)
    model.offset = float(offset)
    model.add_costs(np.array(list(linear), np.int64), np.array(list(linear.values())))
    i, j = np.array(list(products), np.int64).reshape(-1, 2).T
    model.add_products(i, j, np.array(list(products.values())))
    for c in _listed(instance.constraints):
        line, squares, constant = _parts(c.function, place, name)
        if squares:
            raise ConfigError(f"{name}: constraint {c.id} has products, which cannot be represented here")
        low = -constant if c.equality == c.EQUAL_TO_ZERO else -np.inf
        model.add(line, low, -constant, c.name or f"constraint {c.id}")
    return model.build()


def _variable(model: ModelBuilder, v: Any) -> int:
    kind = str(v.kind).rsplit(".", maxsplit=1)[-1].lower()
    if "semi" in kind:
        raise ConfigError(f"{model.name}: variable {v.id} is {kind}, which cannot be represented here")
    integer = kind in ("binary", "integer")
    return model.variable(v.name or f"x{v.id}", v.bound.lower, v.bound.upper, integer=integer)


def _listed(constraints: Any) -> list[Any]:
    return list(constraints.values()) if isinstance(constraints, dict) else list(constraints)


def _parts(
    function: Any, place: dict[int, int], name: str
) -> tuple[dict[int, float], dict[tuple[int, int], float], float]:
    """Linear coefficients, products i ≤ j, and the constant."""
    linear: dict[int, float] = {}
    products: dict[tuple[int, int], float] = {}
    constant = 0.0
    for ids, c in function.terms.items():
        key = sorted(place[i] for i in ids)
        if not key:
            constant += c
        elif len(key) == 1:
            linear[key[0]] = linear.get(key[0], 0.0) + c
        elif len(key) == 2:
            products[key[0], key[1]] = products.get((key[0], key[1]), 0.0) + c
        else:
            raise ConfigError(f"{name}: a product of {len(key)} variables cannot be represented here")
    return linear, products, constant
