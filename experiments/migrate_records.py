"""Bring the record files below experiments/ to today's schema.

Run from the repository's root: python experiments/migrate_records.py

Files that hold something else than records (the optimizer study's own lines) are left as they are, and so are
records that are of today's schema already; what was done is printed, a line a file.
"""

import json
import sys
from pathlib import Path

from qualms.records.files import write_whole
from qualms.records.record import SCHEMA, Record
from qualms.records.schema_1 import SCHEMA_1


def migrate(path: Path) -> str:
    """Convert a file in place and say what was done."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    schemas = {line.get("schema") for line in lines}
    if not schemas <= {SCHEMA, SCHEMA_1}:
        return "left as it is: not records"
    if schemas <= {SCHEMA}:
        return "of today's schema already"
    write_whole(path, "".join(Record.from_dict(line).to_json() + "\n" for line in lines))
    return f"{len(lines)} records converted"


if __name__ == "__main__":
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for found in sorted(root.rglob("*.jsonl")):
        print(f"{found}: {migrate(found)}")
