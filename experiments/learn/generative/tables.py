"""The tables of docs/learn/generative.md, from results.jsonl.

python experiments/learn/generative/tables.py
"""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np

from measure import RESULTS

# Recio-Armengol et al. 2025, as ../shared/data/README.md quotes them: MMD² at the middle bandwidth
PUBLISHED = {
    "ising": {"IQP": 2.0e-4, "bit-flip": 4.3e-2, "RBM": 3.7e-3, "deep EBM": 3.7e-4},
    "blobs": {"IQP": 2.6e-3, "bit-flip": 1.7e-2, "RBM": 4.4e-2, "deep EBM": 0.0},
}


def main() -> None:
    rows = [json.loads(line) for line in RESULTS.read_text().splitlines()]
    groups: dict[tuple, list[dict]] = defaultdict(list)
    for row in rows:
        key = {k: v for k, v in row["key"].items() if k != "seed"}
        groups[tuple(key.items())].append(row)
    for key, found in groups.items():
        told = [" ".join(str(v) for k, v in key if k not in ("sigma",))]
        for name, form in (("kl", "{:.2g}"), ("mmd2", "{:.2e}"), ("standard_error", "{:.1e}"),
                           ("log_likelihood", "{:.4f}"), ("cpu_seconds", "{:.2g}")):  # fmt: skip
            values = [row[name] for row in found if name in row]
            if values:
                spread = (
                    f" ({form.format(min(values))} to {form.format(max(values))})" if len(values) > 1 else ""
                )
                told.append(f"{name} {form.format(np.mean(values))}{spread}")
        if "findings" in found[0]:
            told.append(f"parameters {found[0]['findings'].get('parameters')}")
        print(" | ".join(told))
    print("published:", PUBLISHED)


if __name__ == "__main__":
    main()
