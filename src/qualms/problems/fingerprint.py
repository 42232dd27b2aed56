"""A problem's identity: the hash of its data, whatever it is called and wherever its file lies."""

from __future__ import annotations

import dataclasses
import hashlib
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.sparse import issparse

_NOT_DATA = ("name", "notes")


def fingerprint(problem: Any) -> str:
    """Sixteen hexadecimal digits that two problems share if and only if their data are equal.

    Parameters
    ----------
    problem : Problem
        A dataclass of numbers, texts, arrays, sparse matrices and collections of these.

    Returns
    -------
    str
        The same in every process and on every machine. The name and the notes of the reader do not count; nor
        do the widths of integers and floating-point numbers in arrays.
    """
    told = hashlib.sha256(problem.kind.encode())
    for field in dataclasses.fields(problem):
        if field.name not in _NOT_DATA:
            told.update(field.name.encode())
            _add(told, getattr(problem, field.name))
    return told.hexdigest()[:16]


def _add(told: Any, value: Any) -> None:
    """Feed a value to the hash, with its type and its length, so that no two different values read the
    same.
    """
    if issparse(value):
        matrix = value.tocsr().sorted_indices()
        _add(told, (matrix.shape, matrix.indptr, matrix.indices, matrix.data))
    elif isinstance(value, np.ndarray):
        wide = (
            value.astype(np.int64)
            if value.dtype.kind in "iub"
            else value.astype(np.float64)
            if value.dtype.kind == "f"
            else None
        )
        if wide is None:
            _add(told, (value.shape, value.tolist()))
        else:
            told.update(f"{wide.dtype.kind}{wide.shape}".encode())
            told.update(np.ascontiguousarray(wide).astype(wide.dtype.newbyteorder("<")).tobytes())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            _add(told, (field.name, getattr(value, field.name)))
    elif isinstance(value, dict):
        _add(told, sorted(value.items(), key=repr))
    elif isinstance(value, (list, tuple)):
        told.update(f"[{len(value)}".encode())
        for item in value:
            _add(told, item)
    elif value is None or isinstance(value, (bool, int, float, str, Fraction, np.generic)):
        plain = value.item() if isinstance(value, np.generic) else value
        text = repr(plain)
        told.update(f"{type(plain).__name__}{len(text)}:{text}".encode())
    else:
        raise TypeError(f"a problem's data cannot be hashed: {type(value).__name__}")
