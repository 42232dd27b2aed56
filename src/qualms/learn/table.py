"""Tables that people want to learn from: numbers as they are, words as one column each."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
from sklearn.model_selection import train_test_split

from qualms.data.numbers import real
from qualms.errors import ConfigError, DataError, TooLargeError, one_line
from qualms.formats.table import MISSING, Table, read_table
from qualms.learn.learner import hash_of

TASKS = ("classification", "regression")
MISSING_RULES = ("error", "impute")
_MOST_CATEGORIES = 50  # columns that one column of words may become
_MOST_LABELS = 20  # whole numbers of more values than this are a quantity, not classes
_COPIES = (
    6  # of the numbers that a comparison holds at a time in one process: splits, scaled copies, kernels' rows
)


@dataclass(frozen=True)
class LearningTable:
    """Rows to learn from.

    Attributes
    ----------
    name : str
        Of the file.
    X : np.ndarray
        (rows, features) float64; NaN where a value is missing and `missing="impute"` was asked for.
    y : np.ndarray
        (rows,): labels as text, or float64 numbers.
    features : list of str
        Names of the columns of `X`; "colour=red" for a word of the column "colour".
    task : str
        "classification" or "regression".
    target : str
        Name of the column of `y`.
    extra : dict of str to np.ndarray
        Numeric columns that are kept beside the features, such as a time or an amount.
    notes : list of str
        A sentence for what was assumed, changed or left out.
    data_hash : str
        Of numbers and labels.
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    features: list[str]
    task: str
    target: str
    extra: dict[str, np.ndarray]
    notes: list[str]
    data_hash: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "data_hash", self.data_hash or hash_of(self.X, self.y))

    @property
    def rows(self) -> int:
        return len(self.X)

    def taken(self, chosen: np.ndarray, note: str = "") -> LearningTable:
        """Some of the rows, by number or mask."""
        return replace(
            self,
            X=self.X[chosen],
            y=self.y[chosen],
            extra={name: values[chosen] for name, values in self.extra.items()},
            notes=[*self.notes, note] if note else self.notes,
            data_hash="",
        )

    def sampled(self, rows: int, seed: int) -> LearningTable:
        """A random sample, in which every class has its share.

        Raises
        ------
        ConfigError
            If the sample is too small to have every class.
        """
        if rows >= self.rows:
            return self
        try:
            chosen, _ = train_test_split(
                np.arange(self.rows),
                train_size=rows,
                random_state=seed,
                stratify=self.y if self.task == "classification" else None,
            )
        except ValueError as error:
            raise ConfigError(f"{self.name}: a sample of {rows} rows: {one_line(error)}") from None
        return self.taken(np.sort(chosen), f"a random sample of {rows:,} of {self.rows:,} rows was taken")


def read_learning_table(
    path: str | Path,
    target: str | None = None,
    *,
    task: str | None = None,
    drop: Sequence[str] = (),
    keep: Sequence[str] = (),
    where: str | None = None,
    missing: str = "error",
    decimal: str | None = None,
) -> LearningTable:
    """Read a table to learn from.

    Parameters
    ----------
    path : str or Path
        A .csv or .tsv file, plain or gzipped, with a header; or an .npz file with the arrays ``X`` and ``y``,
        as ADBench has them.
    target : str, optional
        The column to predict. An .npz file has only one.
    task : "classification" or "regression", optional
        By default a target of words or of at most 20 different whole numbers is classified.
    drop : Sequence[str]
        Columns that are no features.
    keep : Sequence[str]
        Numeric columns that are kept in `LearningTable.extra`; they are features as well unless dropped.
    where : str, optional
        "COLUMN=VALUE" or "COLUMN!=VALUE": only such rows are read, and a note says how many were left out.
        The column is no feature then.
    missing : "error" or "impute"
        What a missing feature does. With "impute" it is NaN in `X`, for an imputer that is fitted on training
        rows alone. A missing target is always an error.
    decimal : str, optional
        The decimal mark of the file; by default it is found out, see `qualms.formats.table.read_table`.

    Returns
    -------
    LearningTable
        Columns that are the same in every row are left out, and words become one column each; notes say so.

    Raises
    ------
    DataError
        For a file that is no table, and for missing or unreadable values, with their row and column.
    ConfigError
        For an unknown column or option.
    TooLargeError
        If the numbers would not fit in memory.
    """
    path = Path(path)
    if missing not in MISSING_RULES:
        raise ConfigError(f"missing={missing!r}: choose {' or '.join(MISSING_RULES)}")
    if task is not None and task not in TASKS:
        raise ConfigError(f"task={task!r}: choose {' or '.join(TASKS)}")
    if path.suffix.lower() == ".npz":
        return _from_arrays(path, task, missing)
    table = read_table(path, decimal)
    if target is None:
        raise ConfigError(
            f"{path}: name the column to predict with --target; there are {_some(table.header)}"
        )
    condition = None if where is None else _condition(where)
    drop = [*drop, *(condition or ())[:1]]
    for name in (target, *drop, *keep):
        if table.header.count(name) != 1:
            many = "occurs twice in" if name in table.header else "is not in"
            raise ConfigError(f"{path}: the column {name!r} {many} the header: {_some(table.header)}")
    _check_memory(path, len(table.rows), len(table.header))
    notes = list(table.notes)
    if condition is not None:
        table = _only(table, *condition, notes)
    columns: list[np.ndarray] = []
    names: list[str] = []
    for position, name in enumerate(table.header):
        if name != target and name not in drop:
            found, called = _column(table, position, missing, notes)
            columns += found
            names += called
    extra = {name: _numbers(table, table.header.index(name), "error") for name in keep}
    y, task = _target(table, table.header.index(target), task, notes)
    X = np.stack(columns, axis=1) if columns else np.empty((len(y), 0))
    return _without_constants(path, X, y, names, task, target, extra, notes)


def _condition(text: str) -> tuple[str, bool, str]:
    """The column of a condition, whether it must have the word, and the word."""
    name, equals, word = text.partition("=")
    same = not name.endswith("!")
    name, word = name.removesuffix("!").strip(), word.strip()
    if not equals or not name or not word:
        raise ConfigError(f"--where {text!r}: it must have the form COLUMN=VALUE or COLUMN!=VALUE")
    return name, same, word


def _only(table: Table, name: str, same: bool, word: str, notes: list[str]) -> Table:
    position = table.header.index(name)
    kept = [row for row in table.rows if (row[1][position] == word) == same]
    if not kept:
        words = _some(sorted({row[position] for _, row in table.rows}))
        raise ConfigError(f"{table.path}: --where leaves no row; {name} is {words}")
    told = "is not" if same else "is"
    notes.append(f"{len(table.rows) - len(kept):,} rows whose {name} {told} {word} were left out")
    return replace(table, rows=kept)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _check_memory(path: Path, rows: int, columns: int) -> None:
    needed, there = rows * columns * 8 * _COPIES, psutil.virtual_memory().available
    if needed > there:
        raise TooLargeError(
            f"{path}: {rows:,} rows of {columns:,} columns need about {needed / 2**30:.1f} GiB, and "
            f"{there / 2**30:.1f} GiB are free; take a sample of the rows"
        )


def _from_arrays(path: Path, task: str | None, missing: str) -> LearningTable:
    """An .npz file; object arrays, which are pickles, are refused."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if "c" in (file["X"].dtype.kind, file["y"].dtype.kind):
                raise ValueError("complex numbers are no features or targets")
            X, y = np.asarray(file["X"], np.float64), np.asarray(file["y"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not an .npz file with the arrays X and y: {one_line(error)}") from None
    if X.ndim != 2 or y.shape != (len(X),) or not len(X):
        raise DataError(
            f"{path}: X has the shape {X.shape} and y {y.shape}; give (rows, features) and (rows,)"
        )
    bad = ~np.isfinite(X)
    if (np.isinf(X)).any() or (bad.any() and missing == "error"):
        row, column = np.argwhere(bad)[0]
        raise DataError(f"{path}: row {row}, column x{column + 1} is {X[row, column]}; {_IMPUTE}")
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise DataError(f"{path}: y is not a number in row {int(np.flatnonzero(~np.isfinite(y))[0])}")
    names = [f"x{k + 1}" for k in range(X.shape[1])]
    words = [f"{v:g}" if y.dtype.kind in "fiub" else str(v) for v in y]
    notes: list[str] = []
    labels, task = _labelled(
        words, y.astype(float) if y.dtype.kind in "fiub" else None, task, "y", path, notes
    )
    return _without_constants(path, X, labels, names, task, "y", {}, notes)


_IMPUTE = "--missing impute fills missing values with the median of the training rows"


def _is_missing(word: str) -> bool:
    return word.lower() in MISSING


def _column(
    table: Table, position: int, missing: str, notes: list[str]
) -> tuple[list[np.ndarray], list[str]]:
    """The columns that one column of a file becomes, and their names."""
    name, words = table.header[position], [row[position] for _, row in table.rows]
    given = [word for word in words if not _is_missing(word)]
    numeric = sum(_real(table, word) is not None for word in given)
    if not given:
        raise DataError(f"{table.path}: the column {name!r} is empty; leave it out with --drop")
    if numeric == len(given) or numeric >= 0.5 * len(given):
        return [_numbers(table, position, missing)], [name]
    if "" in words and missing == "error":
        line = table.rows[words.index("")][0]
        raise DataError(f"{table.path}:{line}: the column {name!r} is empty; {_IMPUTE}")
    counts = Counter(words)
    if len(counts) > _MOST_CATEGORIES:
        raise DataError(
            f"{table.path}: the column {name!r} has {len(counts):,} different words; at most "
            f"{_MOST_CATEGORIES} become columns; leave it out with --drop {name}"
        )
    kinds = sorted(counts)
    array = np.array(words)
    shown = [kind or "(empty)" for kind in kinds]
    if len(kinds) == 2:  # the second column would say the same again
        kinds, shown = kinds[1:], shown[1:]
    became = "a column" if len(kinds) == 1 else f"{len(kinds)} columns"
    notes.append(f"the column {name!r} has {len(counts)} different words and became {became} of 0 and 1")
    return [(array == kind).astype(float) for kind in kinds], [f"{name}={kind}" for kind in shown]


def _real(table: Table, word: str) -> float | None:
    if table.decimal == "." and "," not in word and not word.endswith("%"):
        return real(word)
    try:
        return float(table.number(0, word, ""))
    except (DataError, ValueError):
        return None


def _numbers(table: Table, position: int, missing: str) -> np.ndarray:
    name, found = table.header[position], np.empty(len(table.rows))
    for k, (line, row) in enumerate(table.rows):
        value = _real(table, row[position])
        if value is None and _is_missing(row[position]):
            if missing == "error":
                raise DataError(f"{table.path}:{line}: the column {name!r} is empty; {_IMPUTE}")
            value = np.nan
        elif value is None:
            raise DataError(
                f"{table.path}:{line}: {row[position]!r} in the column {name!r} is not a number, and most "
                f"others there are; correct it, or leave the column out with --drop {name}"
            )
        found[k] = value
    return found


def _target(table: Table, position: int, task: str | None, notes: list[str]) -> tuple[np.ndarray, str]:
    name, words = table.header[position], [row[position] for _, row in table.rows]
    values = [_real(table, word) for word in words]
    for (line, _), word, value in zip(table.rows, words, values, strict=True):
        if word == "" or (value is None and task == "regression"):
            what = "is empty" if word == "" else f"is {word!r}, which is no number"
            raise DataError(
                f"{table.path}:{line}: the target {name!r} {what}; correct the row or take it out"
            )
    numbers = None if any(v is None for v in values) else np.array(values, float)
    return _labelled(words, numbers, task, name, table.path, notes)


def _labelled(
    words: list[str], numbers: np.ndarray | None, task: str | None, name: str, path: Path, notes: list[str]
) -> tuple[np.ndarray, str]:
    """The target as numbers or labels, and the task."""
    if task is None:
        whole = numbers is not None and np.all(numbers == np.round(numbers))
        few = numbers is None or (whole and len(np.unique(numbers)) <= _MOST_LABELS)
        task = "classification" if few else "regression"
        notes.append(f"the target {name!r} was taken as a {task}'s; --task says otherwise")
    if task == "regression":
        if numbers is None:
            raise DataError(f"{path}: the target {name!r} has words; a regression needs numbers")
        if np.ptp(numbers) == 0:
            raise DataError(f"{path}: the target {name!r} is {numbers[0]:g} in every row; nothing to learn")
        return numbers, task
    # "1" and "1.0" are one class
    labels = np.array(words if numbers is None else [f"{value:.17g}" for value in numbers])
    counts = Counter(labels.tolist())
    if len(counts) < 2:
        raise DataError(
            f"{path}: every row has the class {str(labels[0])!r} in {name!r}; two classes are needed"
        )
    if len(counts) > max(_MOST_LABELS, len(labels) // 2):
        raise DataError(
            f"{path}: the target {name!r} has {len(counts):,} classes in {len(labels):,} rows; a quantity is "
            "predicted with --task regression"
        )
    return labels, task


def _without_constants(
    path: Path,
    X: np.ndarray,
    y: np.ndarray,
    names: list[str],
    task: str,
    target: str,
    extra: dict[str, np.ndarray],
    notes: list[str],
) -> LearningTable:
    present = np.isfinite(X)
    low = np.where(present, X, np.inf).min(axis=0, initial=np.inf)
    high = np.where(present, X, -np.inf).max(axis=0, initial=-np.inf)
    # an empty value in an otherwise constant column says something to nobody who imputes its median
    constant = low >= high
    if constant.any():
        which = _some([name for name, same in zip(names, constant, strict=True) if same])
        notes.append(f"columns that are the same in every row were left out: {which}")
    if constant.all():
        raise DataError(f"{path}: no column says anything: all features are the same in every row")
    for k in np.flatnonzero(~constant) if task == "classification" else ():
        if _tells(X[:, k], y):
            notes.append(f"the column {names[k]!r} tells the target by itself; is it known beforehand?")
    return LearningTable(
        path.name,
        X[:, ~constant],
        y,
        [name for name, same in zip(names, constant, strict=True) if not same],
        task,
        target,
        extra,
        notes,
    )


def _tells(values: np.ndarray, y: np.ndarray) -> bool:
    """Whether each of few values goes with one class alone: then it may be another form of the target."""
    kinds, codes = np.unique(values, return_inverse=True)
    if len(kinds) > min(_MOST_CATEGORIES, len(y) // 10):
        return False
    return len({(int(code), str(label)) for code, label in zip(codes, y, strict=True)}) == len(kinds)
