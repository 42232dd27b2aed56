"""The three text tasks: a synthetic one whose definition is here, and two real ones.

counts: sequences of 16 tokens from a vocabulary of 24. Tokens 0-3 are answers, the rest filler; nine places
of each sequence, drawn without replacement, hold answers. The label is the answer that occurs most often
among the first eight places, the smallest if several do. A model must count, and tell the first half from the
second. 2,000 sequences to train on, 1,000 to validate, 2,000 to test, from numpy's PCG64 with seed 2511.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

SHARED = Path(__file__).parents[3] / "shared" / "data" / "text_classification"
LENGTH = 48  # tokens kept of a real text


@dataclass(frozen=True)
class Split:
    tokens: Tensor  # (N, T) int64, 0 is padding
    labels: Tensor  # (N,)


@dataclass(frozen=True)
class Task:
    name: str
    vocabulary: int
    classes: int
    train: Split
    validation: Split
    test: Split


def _counts() -> Task:
    rng = np.random.default_rng(2511)
    length, answers, count = 16, 4, 5000
    tokens = rng.integers(answers, 24, (count, length))
    for row in tokens:
        row[rng.choice(length, 9, replace=False)] = rng.integers(0, answers, 9)
    labels = [np.argmax([(row[: length // 2] == a).sum() for a in range(answers)]) for row in tokens]
    cut = [
        Split(torch.tensor(tokens[a:b] + 1), torch.tensor(labels[a:b]))
        for a, b in ((0, 2000), (2000, 3000), (3000, 5000))
    ]
    return Task("counts", 25, answers, *cut)


def _read(path: Path) -> list[tuple[list[str], str]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(re.findall(r"\w+|[^\w\s]", r["text"].lower()), str(r["label"])) for r in rows]


def _real(name: str) -> Task:
    """Words that occur twice in the training texts are the vocabulary; Banking77 has no validation split, so
    every tenth training text is it.
    """
    train, test = _read(SHARED / name / "train.jsonl"), _read(SHARED / name / "test.jsonl")
    if (SHARED / name / "dev.jsonl").exists():
        validation = _read(SHARED / name / "dev.jsonl")
    else:
        validation, train = train[::10], [r for k, r in enumerate(train) if k % 10]
    counts = Counter(w for words, _ in train for w in words)
    index = {w: k + 2 for k, w in enumerate(sorted(w for w, c in counts.items() if c > 1))}
    labels = {label: k for k, label in enumerate(sorted({label for _, label in train}))}

    def split(rows: list[tuple[list[str], str]]) -> Split:
        tokens = torch.zeros(len(rows), LENGTH, dtype=torch.int64)
        for k, (words, _) in enumerate(rows):
            ids = [index.get(w, 1) for w in words[:LENGTH]]
            tokens[k, : len(ids)] = torch.tensor(ids)
        return Split(tokens, torch.tensor([labels[label] for _, label in rows]))

    return Task(name, len(index) + 2, len(labels), split(train), split(validation), split(test))


@lru_cache(maxsize=3)
def load(name: str) -> Task:
    """ "counts", "sst2" or "banking77"; the real ones lie in ../shared/data."""
    return _counts() if name == "counts" else _real(name)
