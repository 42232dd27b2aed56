"""Data sets: files, folders and hub names become three splits of examples, or an error that names file and
line.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from qualms.data.examples import Example, Splits
from qualms.data.numbers import real
from qualms.data.row_files import Rows
from qualms.data.trails import load_trails
from qualms.errors import DataError, MissingExtraError

SPLIT_NAMES = {"train": ("train",), "validation": ("validation", "valid", "val", "dev"), "test": ("test",)}
SUFFIXES = (".jsonl", ".jsonl.gz", ".ndjson", ".csv", ".csv.gz", ".tsv", ".tsv.gz")
FIELD_PAIRS = {
    "generate": (
        ("input", "output"),
        ("mr", "ref"),
        ("prompt", "completion"),
        ("question", "answer"),
        ("instruction", "output"),
        ("source", "target"),
        ("document", "summary"),
    ),
    "classify": (
        ("text", "label"),
        ("sentence", "label"),
        ("input", "label"),
        ("review", "label"),
        ("text", "class"),
    ),
}
_HOLD_OUT = 0.1
_FEWEST_INPUTS = 5  # to hold some out of


Fields = tuple[str | None, str | None]  # what the user says of the input and the output


def _choose_fields(names: Iterable[str], kind: str, fields: Fields, where: str) -> tuple[str, str]:
    """The (input, output) field names: what the user said, else the known pair that the row has."""
    row, (given_in, given_out) = list(names), fields
    wanted = dict.fromkeys((given_in or a, given_out or b) for a, b in FIELD_PAIRS[kind])
    fitting = [(a, b) for a, b in wanted if a in row and b in row and a != b]
    if len(fitting) > 1:
        both = " and ".join(f"{a}/{b}" for a, b in fitting)
        raise DataError(f"{where}: the fields {both} fit both; choose with --input-field and --output-field")
    if fitting:
        return fitting[0]
    if given_in and given_in == given_out:
        raise DataError(f"{where}: --input-field and --output-field name the same field {given_in!r}")
    asked = (
        f"{given_in or '?'} and {given_out or '?'}"
        if given_in or given_out
        else " or ".join(f"{a}/{b}" for a, b in FIELD_PAIRS[kind])
    )
    shown = ", ".join(name[:60] for name in map(str, row[:20]))
    raise DataError(
        f"{where}: needs the fields {asked}, has {shown}; name them with --input-field and --output-field, "
        "or write the names into a row before the first, if that is data already"
    )


def _why_not(names: tuple[str, str], values: Sequence[Any]) -> str | None:
    """What is wrong with the values of the two fields, if anything."""
    for name, value in zip(names, values, strict=True):
        if value is None or (isinstance(value, str) and not value.strip()):
            return f"field {name!r} is missing or empty"
        if not isinstance(value, (str, int, float)):
            return f"fields {names[0]!r} and {names[1]!r} must be text or numbers"
        if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
            return f"field {name!r} holds half of a surrogate pair, which is no character"
    return None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pairs(
    rows: Rows, path: Path, kind: str, fields: Fields, table: Iterable[tuple[int, dict[str, Any]]]
) -> Iterator[Example]:
    """An example for every row that has one."""
    names: tuple[str, str] | None = None
    unfit: DataError | None = None
    for line, row in table:
        if names is None:
            try:
                names = _choose_fields(row, kind, fields, f"{path}:{line}")
            except DataError as error:
                if not rows.lenient:
                    raise
                unfit = unfit or error
                rows.broken(path, line, "has none of the fields")
                continue
        values = [row.get(n) for n in names]
        reason = _why_not(names, values)
        if reason:
            rows.broken(path, line, reason)
        else:
            yield Example(_text(values[0]), (_text(values[1]),))
    if names is None and unfit is not None:
        raise unfit


def _examples(rows: Rows, path: Path, kind: str, fields: Fields, group: bool) -> list[Example]:
    """Examples of one file.

    With `group`, rows with the same input become one example with several references.
    """
    found = list(_pairs(rows, path, kind, fields, rows.read(path)))
    if not found:
        raise DataError(f"{path}: the split is empty")
    return _merge(found) if group else found


def _split_files(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for split, names in SPLIT_NAMES.items():
        files = [folder / (n + s) for n in names for s in SUFFIXES if (folder / (n + s)).exists()]
        if len(files) > 1:
            raise DataError(
                f"{folder}: several files for the {split} split: {', '.join(p.name for p in files)}; keep one"
            )
        if files:
            found[split] = files[0]
    if "train" not in found:
        there = sorted(p.name for p in folder.iterdir())
        raise DataError(
            f"{folder}: no train file (train.jsonl, train.csv, train.tsv, each also .gz); it has "
            f"{', '.join(there[:8]) or 'nothing'}"
        )
    return found


def _hold_out(train: list[Example], kind: str) -> tuple[list[Example], list[Example]]:
    """Move a tenth of the inputs, all their rows together, out of `train`. The same ones every time.

    For classification it is a tenth of every class and at least one input of it, as long as one stays.
    """
    inputs = sorted({e.input for e in train})
    if len(inputs) < _FEWEST_INPUTS:
        raise DataError(
            f"only {len(inputs)} different inputs: too few to hold some out; give validation and test files"
        )
    groups = _by_class(train, inputs) if kind == "classify" else [inputs]
    taken: set[str] = set()
    for group in groups:
        random.Random(0).shuffle(group)
        taken.update(group[: min(len(group) - 1, max(1, round(len(group) * _HOLD_OUT)))])
    return [e for e in train if e.input not in taken], [e for e in train if e.input in taken]


def _by_class(train: Sequence[Example], inputs: Sequence[str]) -> list[list[str]]:
    """The inputs of each class; one with several labels counts as of the rarest of them."""
    common = Counter(e.references[0] for e in train)
    label_of: dict[str, str] = {}
    for e in train:
        label_of[e.input] = min(
            label_of.get(e.input, e.references[0]), e.references[0], key=lambda label: (common[label], label)
        )
    groups: dict[str, list[str]] = {label: [] for label in sorted(common)}
    for text in inputs:
        groups[label_of[text]].append(text)
    return [group for group in groups.values() if group]


def _check_labels(parts: dict[str, list[Example]], source: str, rows: Rows) -> None:
    """Refuse labels that are no classes: one alone, two that look like one, and one that training never
    shows. A hub's unlabelled test split has -1 everywhere, for example.
    """
    known = {e.references[0] for e in parts["train"]}
    if len(known) < 2:
        raise DataError(
            f"{source}: every training example has the label {next(iter(known))!r}; "
            "a classifier needs at least two classes"
        )
    alike: dict[str | float, str] = {}
    for label in sorted(known):
        number = real(label.strip())
        first = alike.setdefault(label.strip() if number is None else number, label)
        if first != label:
            raise DataError(
                f"{source}: the labels {first!r} and {label!r} may be one class "
                "or two; write them alike, or clearly apart"
            )
    by_case: dict[str, str] = {}
    for label in sorted(known):
        first = by_case.setdefault(label.strip().casefold(), label)
        if first != label:
            rows.notes.append(
                f"the labels {first!r} and {label!r} differ only by case, and were taken as two classes"
            )
    for split, examples in parts.items():
        strange = sorted({e.references[0] for e in examples} - known)
        if strange:
            raise DataError(
                f"{source}: the {split} split has labels that the train split lacks: {', '.join(strange[:5])}"
            )
    labels: dict[str, set[str]] = {}
    for e in parts["train"]:
        labels.setdefault(e.input, set()).add(e.references[0])
    several = [text for text, found in labels.items() if len(found) > 1]
    if several:
        rows.notes.append(
            f"{source}: {len(several)} training inputs have more than one label, for example "
            f"{several[0][:60]!r}."
        )


def _merge(examples: Sequence[Example]) -> list[Example]:
    grouped: dict[str, list[str]] = {}
    for e in examples:
        grouped.setdefault(e.input, []).extend(e.references)
    return [Example(a, tuple(dict.fromkeys(b))) for a, b in grouped.items()]


def load_splits(
    source: str,
    kind: str,
    input_field: str | None = None,
    output_field: str | None = None,
    lenient: bool = False,
) -> Splits:
    """Read a data set.

    Parameters
    ----------
    source : str
        "trails" (the task that ships); a folder with train, validation (dev) and test files; one file; or
        a hub name. Splits that are missing are held out of train, a tenth each, by input; for
        classification a tenth of every class.
    kind : str
        "generate" or "classify".
    input_field, output_field : str, optional
        Column names; found by themselves for the usual ones.
    lenient : bool, default False
        Leave broken rows out and list them in `Splits.skipped`; otherwise the first one is an error.

    Returns
    -------
    Splits
        The splits. Their notes say what was not taken as it stands, or may be meant otherwise.

    Raises
    ------
    DataError
        With file and line; also for a classification with fewer than two classes.
    """
    if source == "trails":
        if kind != "generate":
            raise DataError("the task trails is for generation; for classification give --data")
        return load_trails()
    path, rows, fields = Path(source), Rows(lenient), (input_field, output_field)
    group = kind == "generate"
    if path.is_dir():
        files = _split_files(path)
        parts = {s: _examples(rows, f, kind, fields, group and s != "train") for s, f in files.items()}
    elif path.exists():
        if not path.name.lower().endswith(SUFFIXES):
            raise DataError(f"{path}: unknown kind of file; known are {', '.join(SUFFIXES)}")
        parts = {"train": _examples(rows, path, kind, fields, False)}
    elif source.lower().endswith(SUFFIXES) or source.startswith((".", "/", "~")):
        raise DataError(f"{source}: no such file or folder")
    else:
        parts = _from_hub(source, kind, fields, rows)
    if kind == "classify":
        _check_labels(parts, source, rows)
    for split in ("test", "validation"):
        if split not in parts:
            parts["train"], held = _hold_out(parts["train"], kind)
            if not held:
                few = "every class has one input only" if kind == "classify" else "there are too few inputs"
                raise DataError(
                    f"{source}: no example can be held out for the {split} split, because {few}; give "
                    "validation and test files"
                )
            parts[split] = _merge(held) if group else held
    return Splits(
        **parts,
        name=path.name if path.exists() else source,
        skipped=tuple(rows.skipped),
        notes=tuple(rows.notes),
    )


def _from_hub(name: str, kind: str, fields: Fields, rows: Rows | None = None) -> dict[str, list[Example]]:
    try:
        import datasets
    except ImportError:
        raise MissingExtraError(
            "datasets", "data", f"{name!r} is not a file or folder here, and reading it from the hub"
        ) from None
    try:
        loaded = datasets.load_dataset(name)
    except Exception as error:  # the hub client raises a dozen unrelated types
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{name!r} is not a file or folder here, and the hub did not give it: {reason}"
        ) from None
    parts: dict[str, list[Example]] = {}
    for split, names in SPLIT_NAMES.items():
        there = next((n for n in names if n in loaded), None)
        if there is None:
            continue
        table, where = loaded[there], f"{name} ({there})"
        first, second = _choose_fields(table.column_names, kind, fields, where)
        values = ({first: a, second: b} for a, b in zip(table[first], table[second], strict=True))
        found = list(
            _pairs(rows or Rows(lenient=False), Path(where), kind, (first, second), enumerate(values, 1))
        )
        parts[split] = _merge(found) if kind == "generate" and split != "train" else found
    if not parts.get("train"):
        raise DataError(f"{name}: has no train split")
    return parts
