"""How many different texts the grammar accepts in all sets together.

python benchmarks/orchestrator/intake_together.py FOLDER    # the folder with nl4opt/, nlp4lp/ and optibench/; about a minute

The sets are made from each other: NLP4LP and a large part of OptiBench are texts of NL4Opt's test half, and others
of OptiBench are texts of NL4Opt's training file, which the grammar was built with. A text counts once here. Two texts
are taken as one where the shorter shares six tenths of its runs of three words with the other. Counts alone are printed
and kept (results/intake.json), never texts.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path

from intake import keep

from qualms.language.read import read_text
from qualms.language.reading import Accepted

SHARED = 0.6
TESTED = ("nl4opt/generation_test_half.jsonl", "nlp4lp/problems.jsonl", "optibench/problems.jsonl")
BUILT_WITH = ("nl4opt/ner_train.jsonl", "nl4opt/generation_dev.jsonl")


def texts(path: Path) -> list[str]:
    """The texts of a file; of OptiBench those of linear problems."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    rows = [r for r in rows if not str(r.get("type", "")).startswith("nonlinear")]
    return [next(r[k] for k in ("document", "question", "description", "text") if k in r) for r in rows]


def runs(text: str) -> set[tuple[str, ...]]:
    """Its runs of three words."""
    said = re.findall(r"[a-z0-9.]+", text.lower())
    return set(zip(said, said[1:], said[2:], strict=False))


def known(one: set[tuple[str, ...]], others: list[set[tuple[str, ...]]]) -> bool:
    """Whether a text is one of the others."""
    return any(len(one & other) > SHARED * min(len(one), len(other)) for other in others)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    built = [runs(text) for name in BUILT_WITH for text in texts(folder / name)]
    seen: list[set[tuple[str, ...]]] = []
    counts: Counter[str] = Counter()
    for name in TESTED:
        for text in texts(folder / name):
            counts["with repetitions"] += 1
            if known(runs(text), seen):
                continue
            seen.append(runs(text))
            where = "built with" if known(seen[-1], built) else "held out"
            counts[where] += 1
            counts[f"{where}, accepted"] += isinstance(read_text(text), Accepted)
    print(json.dumps({"different": len(seen), **counts}, indent=1))
    keep("Together", [folder / n for n in (*TESTED, *BUILT_WITH)], len(seen), counts)


if __name__ == "__main__":
    sys.exit(main())
