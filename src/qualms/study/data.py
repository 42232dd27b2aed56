"""Data sets: files, folders and hub names become three splits of examples, or an error that names file and line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zlib
from collections.abc import Iterator
from pathlib import Path

from qualms.errors import DataError, MissingExtraError
from qualms.study.examples import Example, Skipped, Splits
from qualms.study.trails import load_trails

SPLIT_NAMES = {"train": ("train",), "validation": ("validation", "valid", "val", "dev"), "test": ("test",)}
SUFFIXES = (".jsonl", ".jsonl.gz", ".ndjson", ".csv", ".csv.gz", ".tsv", ".tsv.gz")
FIELD_PAIRS = {
    "generate": (
        ("input", "output"), ("mr", "ref"), ("prompt", "completion"), ("question", "answer"), ("instruction", "output"),
        ("source", "target"), ("document", "summary"),
    ),
    "classify": (("text", "label"), ("sentence", "label"), ("input", "label"), ("review", "label"), ("text", "class")),
}  # fmt: skip
_LONGEST_LINE = 10_000_000


class _Rows:
    """Reads tables; in lenient mode remembers what it skipped."""

    def __init__(self, lenient: bool) -> None:
        self.lenient = lenient
        self.skipped: list[Skipped] = []

    def broken(self, path: Path, line: int, reason: str) -> None:
        if not self.lenient:
            raise DataError(f"{path}:{line}: {reason} (--skip-bad-rows leaves such rows out and lists them)")
        self.skipped.append(Skipped(str(path), line, reason))

    def read(self, path: Path) -> Iterator[tuple[int, dict]]:
        """(line number, row) of a JSONL, CSV or TSV file, plain or gzipped."""
        try:
            raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{path}: cannot be read: {error}") from None
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            raise DataError(f"{path}:{line}: not UTF-8 (byte {error.start}); convert the file to UTF-8") from None
        kind = path.name.removesuffix(".gz").rpartition(".")[2]
        yield from self._json_lines(path, text) if kind in ("jsonl", "ndjson") else self._delimited(path, text, "\t" if kind == "tsv" else ",")

    def _json_lines(self, path: Path, text: str) -> Iterator[tuple[int, dict]]:
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            if len(line) > _LONGEST_LINE:
                self.broken(path, number, f"line of {len(line):,} characters")
                continue
            try:
                row = json.loads(line)
            except (json.JSONDecodeError, RecursionError) as error:
                self.broken(path, number, f"not JSON: {getattr(error, 'msg', 'nested too deep')}")
                continue
            if isinstance(row, dict):
                yield number, row
            else:
                self.broken(path, number, f"expected an object, found {type(row).__name__}")

    def _delimited(self, path: Path, text: str, delimiter: str) -> Iterator[tuple[int, dict]]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        header: list[str] = []
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:  # after a quoting error the reader cannot find its place again
                raise DataError(f"{path}:{reader.line_num}: not CSV: {error}") from None
            if not header:
                header = row
            elif len(row) != len(header) and row:
                self.broken(path, reader.line_num, f"{len(row)} fields where the header has {len(header)}")
            elif row:
                yield reader.line_num, dict(zip(header, row, strict=True))


def _choose_fields(row: dict, kind: str, fields: tuple[str | None, str | None], where: str) -> tuple[str, str]:
    """The (input, output) field names: what the user said, else the first known pair that the row has."""
    given_in, given_out = fields
    for first, second in ((given_in or a, given_out or b) for a, b in FIELD_PAIRS[kind]):
        if first in row and second in row:
            return first, second
    wanted = f"{given_in or '?'} and {given_out or '?'}" if given_in or given_out else " or ".join(f"{a}/{b}" for a, b in FIELD_PAIRS[kind])
    raise DataError(f"{where}: needs the fields {wanted}, has {', '.join(map(str, row))}; name them with --input-field and --output-field")


def _examples(rows: _Rows, path: Path, kind: str, fields: tuple[str | None, str | None], group: bool) -> list[Example]:
    """Examples of one file. With `group`, rows with the same input become one example with several references."""
    names: tuple[str, str] | None = None
    pairs: list[tuple[str, str]] = []
    for line, row in rows.read(path):
        if names is None:
            names = _choose_fields(row, kind, fields, f"{path}:{line}")
        values = [row.get(n) for n in names]
        missing = [n for n, v in zip(names, values, strict=True) if v is None or (isinstance(v, str) and not v.strip())]
        if missing:
            rows.broken(path, line, f"field {missing[0]!r} is missing or empty")
        elif not all(isinstance(v, (str, int, float)) for v in values):
            rows.broken(path, line, f"fields {names[0]!r} and {names[1]!r} must be text or numbers")
        else:
            pairs.append((str(values[0]), str(values[1])))
    if not pairs:
        raise DataError(f"{path}: the split is empty")
    if not group:
        return [Example(a, (b,)) for a, b in pairs]
    grouped: dict[str, list[str]] = {}
    for a, b in pairs:
        grouped.setdefault(a, []).append(b)
    return [Example(a, tuple(dict.fromkeys(b))) for a, b in grouped.items()]


def _split_files(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for split, names in SPLIT_NAMES.items():
        files = [folder / (n + s) for n in names for s in SUFFIXES if (folder / (n + s)).exists()]
        if len(files) > 1:
            raise DataError(f"{folder}: several files for the {split} split: {', '.join(p.name for p in files)}; keep one")
        if files:
            found[split] = files[0]
    if "train" not in found:
        there = sorted(p.name for p in folder.iterdir())
        raise DataError(f"{folder}: no train file (train.jsonl, train.csv, train.tsv, each also .gz); it has {', '.join(there[:8]) or 'nothing'}")
    return found


def _hold_out(train: list[Example], share: float) -> tuple[list[Example], list[Example]]:
    """Move a share of the inputs, all their rows together, out of `train`. The same ones every time."""
    inputs = sorted({e.input for e in train})
    if len(inputs) < 5:
        raise DataError(f"only {len(inputs)} different inputs: too few to hold some out; give validation and test files")
    random.Random(0).shuffle(inputs)
    taken = set(inputs[: max(1, round(len(inputs) * share))])
    return [e for e in train if e.input not in taken], [e for e in train if e.input in taken]


def _check_labels(parts: dict[str, list[Example]], source: str) -> None:
    """Refuse a label that training never shows: a hub's unlabelled test split has -1 everywhere, which is no class."""
    known = {e.references[0] for e in parts["train"]}
    for split, examples in parts.items():
        strange = sorted({e.references[0] for e in examples} - known)
        if strange:
            raise DataError(f"{source}: the {split} split has labels that the train split lacks: {', '.join(strange[:5])}")


def _merge(examples: list[Example]) -> list[Example]:
    grouped: dict[str, list[str]] = {}
    for e in examples:
        grouped.setdefault(e.input, []).extend(e.references)
    return [Example(a, tuple(dict.fromkeys(b))) for a, b in grouped.items()]


def load_splits(source: str, kind: str, input_field: str | None = None, output_field: str | None = None, lenient: bool = False) -> Splits:
    """Read a data set.

    Parameters
    ----------
    source : "trails" (the task that ships); a folder with train, validation (dev) and test files; one file; or a hub name.
        Splits that are missing are held out of train, a tenth each, by input.
    kind : "generate" or "classify".
    input_field, output_field : column names; found by themselves for the usual ones.
    lenient : leave broken rows out and list them in `Splits.skipped`; otherwise the first one is an error.

    Raises
    ------
    DataError : with file and line.
    """
    if source == "trails":
        if kind != "generate":
            raise DataError("the trails task is for generation; give --data for classification")
        return load_trails()
    path, rows, fields = Path(source), _Rows(lenient), (input_field, output_field)
    group = kind == "generate"
    if path.is_dir():
        files = _split_files(path)
        parts = {s: _examples(rows, f, kind, fields, group and s != "train") for s, f in files.items()}
    elif path.exists():
        if not path.name.endswith(SUFFIXES):
            raise DataError(f"{path}: unknown kind of file; known are {', '.join(SUFFIXES)}")
        parts = {"train": _examples(rows, path, kind, fields, False)}
    else:
        parts = _from_hub(source, kind, fields)
    if kind == "classify":
        _check_labels(parts, source)
    for split in ("test", "validation"):
        if split not in parts:
            parts["train"], held = _hold_out(parts["train"], 0.1)
            parts[split] = _merge(held) if group else held
    return Splits(**parts, name=path.name if path.exists() else source, skipped=tuple(rows.skipped))


def _from_hub(name: str, kind: str, fields: tuple[str | None, str | None]) -> dict[str, list[Example]]:
    try:
        import datasets
    except ImportError:
        raise MissingExtraError("datasets", "data", f"{name!r} is no file or folder here, and reading it from the hub") from None
    try:
        loaded = datasets.load_dataset(name)
    except Exception as error:  # the hub client raises a dozen unrelated types
        raise DataError(f"{name!r} is no file or folder here, and the hub did not give it: {str(error).splitlines()[0]}") from None
    parts: dict[str, list[Example]] = {}
    for split, names in SPLIT_NAMES.items():
        there = next((n for n in names if n in loaded), None)
        if there is None:
            continue
        table = loaded[there]
        first, second = _choose_fields(dict.fromkeys(table.column_names), kind, fields, f"{name} ({there})")
        examples = [Example(str(a), (str(b),)) for a, b in zip(table[first], table[second], strict=True)]
        parts[split] = _merge(examples) if kind == "generate" and split != "train" else examples
    if not parts.get("train"):
        raise DataError(f"{name}: has no train split")
    return parts
