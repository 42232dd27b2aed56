"""Examples to token ids, ids to batches. The same for every method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from qualms.data.examples import Example
from qualms.errors import DataError

IGNORED = -100


@dataclass(frozen=True)
class Encoded:
    """Token ids with labels: for generation one label per token (IGNORED on the input), for classification
    one class.

    Attributes
    ----------
    cut : bool
        Whether it was longer than `max_length`; then the input was cut from the left, the output from the
        right.
    """

    ids: list[int]
    labels: list[int]
    cut: bool = False


class Encoder:
    """Turns examples into ids.

    Generation: ``input + separator`` is the prompt, ``" " + output`` and the end token are what is learned.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        separator: str,
        max_length: int,
        labels: list[str] | None = None,
    ) -> None:
        self.tokenizer, self.separator, self.max_length = tokenizer, separator, max_length
        self.classes = {name: i for i, name in enumerate(labels or [])}

    def prompt(self, text: str) -> list[int]:
        return self.tokenizer(text + self.separator)["input_ids"]

    def pair(self, text: str, output: str) -> Encoded:
        """One prompt with one output."""
        prompt = self.prompt(text)
        eos = [self.tokenizer.eos_token_id] if self.tokenizer.eos_token_id is not None else []
        answer = self.tokenizer(" " + output, add_special_tokens=False)["input_ids"] + eos
        cut = len(prompt) + len(answer) > self.max_length
        if cut:
            answer = answer[: max(self.max_length // 2, self.max_length - len(prompt))]
            prompt = prompt[-(self.max_length - len(answer)) :]
        return Encoded(prompt + answer, [IGNORED] * len(prompt) + answer, cut)

    def label(self, example: Example) -> Encoded:
        """One text with its class."""
        name = example.references[0]
        if name not in self.classes:
            raise DataError(f"label {name!r} does not occur in the training data")
        ids = self.tokenizer(example.input)["input_ids"]
        cut = len(ids) > self.max_length
        if cut:
            ids = self.tokenizer(example.input, truncation=True, max_length=self.max_length)["input_ids"]
        return Encoded(ids, [self.classes[name]], cut)

    def training(self, examples: Sequence[Example], task: str) -> list[Encoded]:
        """Every (input, reference) pair is an item."""
        if task == "classify":
            return [self.label(e) for e in examples]
        return [self.pair(e.input, r) for e in examples for r in e.references]


def count_cut(examples: Sequence[Example], items: Sequence[Encoded], task: str) -> int:
    """How many examples were cut, of the items that `Encoder.training` made of them; one with several
    references counts once.
    """
    if task == "classify":
        return sum(item.cut for item in items)
    rest = iter(items)
    # a list: `rest` must go on for every reference
    return sum(max([next(rest).cut for _ in e.references]) for e in examples)


def collate(items: Sequence[Encoded], pad: int, task: str) -> dict[str, Tensor]:
    """Right-padded batch: input_ids, attention_mask, labels."""
    width = max(len(i.ids) for i in items)
    ids = torch.tensor([i.ids + [pad] * (width - len(i.ids)) for i in items])
    mask = torch.tensor([[1] * len(i.ids) + [0] * (width - len(i.ids)) for i in items])
    if task == "classify":
        labels = torch.tensor([i.labels[0] for i in items])
    else:
        labels = torch.tensor([i.labels + [IGNORED] * (width - len(i.labels)) for i in items])
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}
