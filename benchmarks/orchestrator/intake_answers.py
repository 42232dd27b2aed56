"""The grammar beside texts of which only the numeric answers are known.

python intake_answers.py FILE [--types linear-notable,linear-table]

FILE has a JSON object a line with `question` (or `description`), and `results` (or `solution`): named numbers, one of
which is the optimum. An accepted text is solved; it agrees where its optimum is among those numbers, to a part in a
thousand. Every disagreement is printed, to be judged by a person.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path

from intake import keep

from qualms.errors import QualmsError
from qualms.language.read import read_text
from qualms.language.reading import Accepted, Question
from qualms.solve import Limits, solve
from qualms.specification.paraphrase import paraphrase


def numbers(row: dict) -> list[float]:
    """All numbers that a row gives as results."""
    told = row.get("results") or row.get("solution") or {}
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", json.dumps(told).replace(",", ""))]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--types", help="only rows of these types, with commas between")
    parser.add_argument("--result", help="keep the counts under this name in results/intake.json")
    told = parser.parse_args()
    rows = [json.loads(line) for line in told.file.read_text(encoding="utf-8").splitlines() if line.strip()]
    if told.types:
        rows = [r for r in rows if r.get("type") in told.types.split(",")]
    counts, began = Counter(), time.monotonic()
    for k, row in enumerate(rows):
        text = row.get("question") or row.get("description")
        reading = read_text(text)
        if not isinstance(reading, Accepted):
            counts["asked" if isinstance(reading, Question) else "refused"] += 1
            continue
        counts["accepted"] += 1
        try:
            found = solve(reading.model.build(), Limits(5.0), ["highs"])
        except QualmsError as error:
            value, status = None, str(error)
        else:
            status = found.status
            value = float(found.objective) if found.feasible else None
        wanted = numbers(row)
        if value is not None and any(abs(value - w) <= 1e-3 * max(1.0, abs(w)) for w in wanted):
            counts["agree"] += 1
            continue
        counts["disagree"] += 1
        print(
            f"[{k}] {text}\n  read as\n{paraphrase(reading.model)}\n  {status}: {value}; known: {json.dumps(row.get('results') or row.get('solution'))}\n"
        )
    print(f"{len(rows)} texts in {time.monotonic() - began:.1f} s")
    for what, count in counts.most_common():
        print(f"  {what}: {count} ({100 * count / len(rows):.1f} %)")
    if told.result:
        keep(told.result, [told.file], len(rows), counts)


if __name__ == "__main__":
    sys.exit(main())
