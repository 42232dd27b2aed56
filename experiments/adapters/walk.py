"""What the walk is worth by itself: the base with its change ΔW, whole and cut to few directions, without training.

    python experiments/adapters/walk.py       # a minute; writes walk.json

The control of directions that are fitted to a walk: so much of the quality is a compressed short full training.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from examples import load_task
from goals import goal
from language_model import LanguageModel, Maps

RANKS = (4, 16, 75)


def cut(change: Maps, rank: int) -> Maps:
    """The best approximation of every map's change with so many directions."""
    found = {}
    for shape, stack in change.items():
        u, s, v = torch.linalg.svd(stack, full_matrices=False)
        found[shape] = (u[..., :rank] * s[..., None, :rank]) @ v[..., :rank, :]
    return found


def main() -> None:
    torch.set_num_threads(1)
    model, task = LanguageModel(), load_task("e2e")
    change = goal(["decaying sign", 16, 2e-3], model, model.maps, lambda count: task.batches(0, count, 8))

    def loss(added: Maps | None) -> float:
        maps = model.maps if added is None else {k: w + added[k] for k, w in model.maps.items()}
        return round(model.mean_loss(maps, task.validation), 4)

    found = {"base": loss(None), "whole": loss(change), **{f"rank {r}": loss(cut(change, r)) for r in RANKS}}
    Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
