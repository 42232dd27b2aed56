"""`qualms export-records`: a study's records as PEFT's method comparison has its results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from qualms.cli import paths
from qualms.data.numbers import finite
from qualms.errors import DataError
from qualms.records.files import check_folder, new_folder, write_whole


def command(
    folder: Annotated[Path, paths.argument(help="A folder of records, or a records.jsonl.")],
    out: Annotated[
        Path, paths.option("--out", help="An empty or new folder; every run becomes a file there.")
    ],
) -> None:
    """Write each run of fine-tuning as a JSON file with the fields of PEFT's method_comparison results.

    Records of other kinds have no such form; how many were left out is printed.
    """
    check_folder(out, "--out", empty=True)
    from qualms.records import read_records
    from qualms.report.peft_results import file_names, peft_result

    records = read_records(folder)
    chosen = [record for record in records if record.kind == "fine-tuning"]
    if not chosen:
        raise DataError(f"{folder}: holds no record of fine-tuning")
    names = file_names(chosen)
    with new_folder(out) as filled:
        for record in chosen:
            write_whole(
                filled / names[record.id],
                json.dumps(finite(peft_result(record)), indent=2, ensure_ascii=False, allow_nan=False) + "\n",
            )
    left = len(records) - len(chosen)
    note = f"; {left} of other kinds were left out" if left else ""
    print(f"{len(chosen)} records written to {out}{note}")
