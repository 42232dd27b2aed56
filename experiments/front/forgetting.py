"""What adapters cost on text of another kind: the loss on a held-out novel, against that of the base without one.

    python experiments/front/forgetting.py e2e
    python experiments/front/forgetting.py e2e --table

The novel is the one that the bases were not pretrained on (`experiments/base/corpus.py`): 24 blocks of 256 tokens at
equal distances, the same for all. Every tuned model that is still in `results/TASK/runs` is measured, and the losses
go to `results/TASK/forgetting.json`, a row a method and seed. `--table` prints that file as Markdown instead: means
over seeds, with half of the 95 % interval of the difference.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging

sys.path.insert(0, str(Path(__file__).parents[1] / "base"))
from corpus import HELD_OUT, read_prose
from qualms.errors import QualmsError
from qualms.language_models import load_model, load_tokenizer
from qualms.records import Record, interval, read_records
from qualms.records.files import write_whole
from qualms.study.encoding import Encoded
from qualms.study.evaluation import nll_per_token
from qualms.study.tuned import load_tuned

HERE = Path(__file__).parent
BLOCKS, LENGTH = 24, 256


def blocks(prose: Path, tokenizer: Any) -> list[Encoded]:
    """The blocks of the held-out novel; ends the program where it is not there."""
    novel = read_prose(prose)[1] if (prose / "tinyshakespeare.txt").exists() else ""
    if not novel:
        sys.exit(f"{prose} does not have the novel {HELD_OUT}; give the folder of texts with --prose")
    ids = tokenizer(novel, add_special_tokens=False)["input_ids"]
    distance = len(ids) // BLOCKS
    chosen = [ids[k * distance : k * distance + LENGTH] for k in range(BLOCKS)]
    return [Encoded(block, block) for block in chosen]


def rows(base: str, records: list[Record], folder: Path, items: list[Encoded]) -> Iterator[dict[str, Any]]:
    """The base's loss, and that of every tuned model which is there."""
    model = load_model(base, "generate")
    untuned = nll_per_token(model, items, 0)
    yield {"method": "untuned", "seed": None, "nll": untuned, "difference": 0.0}
    for record in records:
        tuned = folder / "runs" / record.id / "model"
        if tuned.exists():
            found = nll_per_token(load_tuned(tuned).model, items, 0)
            yield {
                "method": record.method,
                "seed": record.seed,
                "run": record.id,
                "nll": found,
                "difference": found - untuned,
            }


def measured(folder: Path, prose: Path) -> dict[str, Any]:
    """What goes to `forgetting.json`. Ends the program with a line for a study that has nothing to measure."""
    records = [r for r in read_records(folder) if r.kind == "fine-tuning" and r.method != "untuned"]
    recipe = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))["recipe"]
    if recipe["task"] != "generate":
        sys.exit(f"{folder} is a study of classification; the loss on prose needs a language model")
    gone = [r for r in records if not (folder / "runs" / r.id / "model").exists()]
    if len(gone) == len(records):
        sys.exit(
            f"none of the {len(records)} tuned models of {folder} is in its runs folder; train them again"
        )
    base = recipe["model"]
    found = []
    for row in rows(base, records, folder, blocks(prose, load_tokenizer(base))):
        found.append(row)
        print(f"{row['nll']:.4f}  {row['difference']:+.4f}  {row['method']}, seed {row['seed']}", flush=True)
    return {
        "base": base,
        "text": HELD_OUT,
        "blocks": BLOCKS,
        "tokens_per_block": LENGTH,
        "rows": found,
        "models_not_there": [{"method": r.method, "seed": r.seed} for r in gone],
    }


def table(found: dict[str, Any]) -> str:
    """The rows by how much is forgotten, as Markdown."""
    untuned, *tuned = found["rows"]
    differences: dict[str, list[float]] = {}
    for row in tuned:
        differences.setdefault(row["method"], []).append(row["difference"])
    lines = ["| adapter | loss on prose | against the base | seeds |", "|---|---:|---:|---:|"]
    lines.append(f"| none | {untuned['nll']:.3f} |  |  |")
    for method, values in sorted(differences.items(), key=lambda item: sum(item[1]) / len(item[1])):
        got = interval(values)
        spread = f" ± {got.mean - got.low:.3f}" if got.count > 1 else ""
        lines.append(
            f"| `{method}` | {untuned['nll'] + got.mean:.3f} | {got.mean:+.3f}{spread} | {got.count} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", help="name of a study: e2e, trails, …")
    parser.add_argument("--results", type=Path, default=HERE / "results")
    parser.add_argument("--prose", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--table", action="store_true", help="print the table of what was measured")
    args = parser.parse_args()
    folder = args.results / args.task
    path = folder / "forgetting.json"
    if args.table:
        if not path.exists():
            sys.exit(f"{path} is not there; the same command without --table makes it")
        print(table(json.loads(path.read_text(encoding="utf-8"))))
        return
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        found = measured(folder, args.prose)
    except QualmsError as error:
        sys.exit(str(error))
    write_whole(path, json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
