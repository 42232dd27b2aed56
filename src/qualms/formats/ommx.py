"""OMMX: the solver-neutral model of Jij, as an archive or as bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from qualms.errors import ConfigError, DataError, MissingExtraError
from qualms.problems.mixed_integer import MixedInteger


def read_model(path: Path) -> MixedInteger:
    """An OMMX archive, or an instance's bytes, as a model.

    Raises
    ------
    DataError : if it is neither. MissingExtraError : without OMMX. ConfigError : for products in constraints, cubes, or semi-continuous variables.
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
    place = {v.id: k for k, v in enumerate(variables)}
    whole = []
    for v in variables:
        kind = str(v.kind).rsplit(".", maxsplit=1)[-1].lower()
        if "semi" in kind:
            raise ConfigError(f"{name}: variable {v.id} is {kind}, which has no form here")
        whole.append(kind in ("binary", "integer"))
    linear, products, offset = _parts(instance.objective, place, name)
    if not variables:
        raise ConfigError(f"{name}: an instance without variables")
    cost = np.zeros(len(variables))
    for k, c in linear.items():
        cost[k] = c
    rows, sides, equal, labels = [], [], [], []
    for c in _listed(instance.constraints):
        line, squares, constant = _parts(c.function, place, name)
        if squares:
            raise ConfigError(f"{name}: constraint {c.id} has products, which have no form here")
        rows.append(line)
        sides.append(-constant)
        equal.append(c.equality == c.EQUAL_TO_ZERO)
        labels.append(c.name or f"constraint {c.id}")
    at = np.repeat(np.arange(len(rows)), [len(r) for r in rows])
    columns = np.array([k for r in rows for k in r], np.int64)
    matrix = csr_matrix((np.array([v for r in rows for v in r.values()]), (at, columns)), (len(rows), len(variables)))
    high = np.array(sides, float)
    ends = list(products)
    return MixedInteger(
        cost, np.array([v.bound.lower for v in variables], float), np.array([v.bound.upper for v in variables], float), np.array(whole), matrix,
        np.where(equal, high, -np.inf) if rows else high, high, np.array([e[0] for e in ends], np.int64), np.array([e[1] for e in ends], np.int64),
        np.array(list(products.values()), float), float(offset), "max" if instance.sense == instance.MAXIMIZE else "min", name,
        [v.name or f"x{v.id}" for v in variables], labels,
    )  # fmt: skip


def _listed(constraints: Any) -> list[Any]:
    return list(constraints.values()) if isinstance(constraints, dict) else list(constraints)


def _parts(function: Any, place: dict[int, int], name: str) -> tuple[dict[int, float], dict[tuple[int, int], float], float]:
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
            raise ConfigError(f"{name}: a product of {len(key)} variables has no form here")
    return linear, products, constant
