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
        A dataclass of numbers, texts, arrays, sparse matrices and collections of these. Fields that it names
        in an attribute `computed` follow from the others, or hold nothing.

    Returns
    -------
    str
        The same in every process and on every machine. The name and the notes of the reader do not count; nor
        do computed fields, and the widths of integers and floating-point numbers in arrays.
    """
    told = hashlib.sha256(problem.kind.encode())
    left_out = {*_NOT_DATA, *getattr(problem, "computed", ())}
    for field in dataclasses.fields(problem):
        if field.name not in left_out:
            told.update(field.name.encode())
            _add(told, getattr(problem, field.name))
    return told.hexdigest()[:16]


def _add(told: Any, value: Any) -> None:
    """Feed a value to the hash, with its type and its length, so that no two different values read the
    same.
    """
    if issparse(value):
        matrix = value.tocsr(copy=True)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        _add(told, (matrix.shape, matrix.indptr, matrix.indices, matrix.data))
    elif isinstance(value, np.ndarray):
        _add_array(told, value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            _add(told, (field.name, getattr(value, field.name)))
    elif isinstance(value, dict):
        _add(told, sorted(value.items(), key=repr))
    elif isinstance(value, (list, tuple, range)):
        told.update(f"[{len(value)}".encode())
        for item in value:
            _add(told, item)
    elif value is None or isinstance(value, (bool, int, float, str, Fraction, np.generic)):
        plain = value.item() if isinstance(value, np.generic) else value
        text = repr(plain)
        told.update(f"{type(plain).__name__}{len(text)}:{text}".encode())
    else:
        raise TypeError(f"a problem's data cannot be hashed: {type(value).__name__}")


def _add_array(told: Any, value: np.ndarray) -> None:
    """Numbers as 64 bits, little end first, whatever their width; everything else entry by entry."""
    if value.dtype.kind in "ib" or (value.dtype.kind == "u" and value.dtype.itemsize < 8):
        wide = value.astype("<i8")
    elif value.dtype.kind == "f":
        wide = value.astype("<f8")
    else:
        _add(told, (value.shape, value.tolist()))
        return
    told.update(f"{wide.dtype.kind}{wide.shape}".encode())
    told.update(np.ascontiguousarray(wide).tobytes())
