"""OMMX: the solver-neutral model of Jij, as an archive or as bytes."""

from __future__ import annotations

from collections.abc import Mapping
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
    instance_of, archive = _ommx("reading .ommx").Instance.from_bytes, _archive()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        instance = instance_of(data)
    except Exception:
        try:
            instance = archive(str(path)).instance
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


def write_instance(model: MixedInteger, annotations: Mapping[str, str] | None = None) -> bytes:
    """A model as the bytes of an `ommx.v1.Instance`.

    Parameters
    ----------
    model : MixedInteger
        Linear or quadratic.
    annotations : Mapping[str, str], optional
        Texts to keep beside it, by name.

    Raises
    ------
    MissingExtraError
        Without OMMX.
    """
    v1 = _ommx("writing OMMX")
    variables = [_decision(v1, model, k) for k in range(model.size)]
    objective = v1.Function(float(model.offset))
    objective += v1.Linear(terms={k: float(c) for k, c in enumerate(model.cost) if c})
    if len(model.q):
        i, j = (a.tolist() for a in (model.i, model.j))
        objective += v1.Quadratic(columns=i, rows=j, values=[float(q) for q in model.q])
    constraints = []
    for k in range(model.rows.shape[0]):
        part = slice(model.rows.indptr[k], model.rows.indptr[k + 1])
        row = dict(zip(model.rows.indices[part].tolist(), model.rows.data[part].tolist(), strict=True))
        low, high = float(model.row_low[k]), float(model.row_high[k])
        activity = v1.Linear(terms=row)
        sides = [(activity == low)] if low == high else []
        sides += [(activity <= high)] if low != high and np.isfinite(high) else []
        sides += [(activity >= low)] if low != high and np.isfinite(low) else []
        constraints += [side.add_name(model.row(k)) for side in sides]
    instance = v1.Instance.from_components(
        decision_variables=variables,
        objective=objective,
        constraints=constraints,
        sense=v1.Instance.MAXIMIZE if model.sense == "max" else v1.Instance.MINIMIZE,
    )
    for key, text in (annotations or {}).items():
        instance.add_user_annotation(key, text)
    return instance.to_bytes()


def read_instance(data: bytes, key: str, name: str = "ommx") -> tuple[MixedInteger, str | None]:
    """A model from the bytes of an instance, and the text that was kept beside it under a key.

    Raises DataError for other bytes, and as `from_instance`.
    """
    v1 = _ommx("reading OMMX")
    try:
        instance = v1.Instance.from_bytes(data)
    except Exception as error:
        raise DataError(f"{name}: no OMMX instance: {(str(error).splitlines() or ['?'])[0]}") from None
    return from_instance(instance, name), instance.get_user_annotations().get(key)


def _ommx(purpose: str) -> Any:
    try:
        from ommx import v1
    except ImportError:
        raise MissingExtraError("ommx", "solve", purpose) from None
    return v1


def _archive() -> Any:
    from ommx.artifact import Artifact

    return Artifact.load_archive


def _decision(v1: Any, model: MixedInteger, k: int) -> Any:
    low, high, name = float(model.low[k]), float(model.high[k]), model.variable(k)
    if not model.integer[k]:
        return v1.DecisionVariable.continuous(k, lower=low, upper=high, name=name)
    if (low, high) == (0.0, 1.0):
        return v1.DecisionVariable.binary(k, name=name)
    return v1.DecisionVariable.integer(k, lower=low, upper=high, name=name)
