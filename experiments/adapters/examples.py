"""The two tasks of the search, encoded once: E2E, and the shipped task of hiking trails for transfer.

There are 3,000 training examples; validation is every third of the references of 100 validation inputs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from language_model import Batch, pack

from qualms.data.examples import take
from qualms.data.splits import load_splits
from qualms.language_models import load_tokenizer
from qualms.study.encoding import Encoded, Encoder

SOURCES = {
    "e2e": str(Path(__file__).parents[2].parent / "shared" / "data" / "nlg" / "e2e"),
    "trails": "trails",
}


@dataclass(frozen=True)
class Task:
    """Encoded examples of a task."""

    train: list[Encoded]
    validation: list[Batch]

    def batches(self, seed: int, count: int, size: int = 8, first: int = 0) -> list[Batch]:
        """Batches of a run: the training examples in an order that the seed draws."""
        order = torch.randperm(len(self.train), generator=torch.Generator().manual_seed(1000 + seed)).tolist()
        picks = [order[i % len(order)] for i in range(first * size, (first + count) * size)]
        return [pack([self.train[i] for i in picks[b : b + size]]) for b in range(0, len(picks), size)]


@cache
def load_task(name: str) -> Task:
    """A task by name, see `SOURCES`."""
    splits = load_splits(SOURCES[name], "generate", None, None, False)
    encoder = Encoder(load_tokenizer("base"), " =>", 192, [])
    train = list(splits.train)
    random.Random(5).shuffle(train)
    held = encoder.training(take(splits.validation, 100), "generate")
    held = sorted(held, key=lambda item: len(item.ids))[::3]
    return Task(
        encoder.training(train[:3000], "generate"), [pack(held[i : i + 24]) for i in range(0, len(held), 24)]
    )
