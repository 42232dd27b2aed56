"""What a tuned model can do: loss per token, whether it reads its input, the quality of what it writes,
accuracy of what it says.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from qualms.data.examples import Example
from qualms.data.numbers import plain
from qualms.errors import MissingExtraError
from qualms.language_models import minilm_folder
from qualms.study import metrics
from qualms.study.encoding import IGNORED, Encoded, Encoder, collate

_BATCH = 32


def _to_model(model: Any, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The batch where the model is: the trainer may have moved that to an accelerator."""
    device = next(model.parameters()).device
    return {name: value.to(device) for name, value in batch.items()}


@torch.no_grad()
def nll_per_token(model: Any, items: Sequence[Encoded], pad: int) -> float:
    """Mean negative log likelihood, in nats, of the output tokens of all items together."""
    model.eval()
    total, tokens = 0.0, 0
    ordered = sorted(items, key=lambda i: len(i.ids))
    for start in range(0, len(ordered), _BATCH):
        batch = _to_model(model, collate(ordered[start : start + _BATCH], pad, "generate"))
        labels = batch.pop("labels")
        # prompt-learning methods put virtual tokens in front
        logits = model(**batch).logits[:, -labels.shape[1] :]
        target = labels[:, 1:]
        total += float(
            F.cross_entropy(
                logits[:, :-1].flatten(0, 1).float(), target.flatten(), ignore_index=IGNORED, reduction="sum"
            )
        )
        tokens += int((target != IGNORED).sum())
    return total / tokens


def loss(model: Any, items: Sequence[Encoded], task: str, pad: int) -> float:
    """Mean loss in nats: per output token for generation, per text for classification."""
    return predict_classes(model, items, pad)[1] if task == "classify" else nll_per_token(model, items, pad)


def shuffled(examples: Sequence[Example], seed: int = 0) -> list[Example]:
    """Every output with the input of another example, never its own.

    A model that reads its input finds these much less likely.
    """
    order = list(range(len(examples)))
    random.Random(plain(seed)).shuffle(order)
    follower = dict(zip(order, order[1:] + order[:1], strict=True))
    return [
        Example(examples[follower[i]].input, e.references)
        for i, e in enumerate(examples)
        if examples[follower[i]].input != e.input
    ]


@torch.no_grad()
def generate_texts(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    encoder: Encoder,
    inputs: Sequence[str],
    max_new_tokens: int,
) -> list[str]:
    """Greedy outputs for all inputs, in their order."""
    model.eval()
    outputs = [""] * len(inputs)
    prompts = [encoder.prompt(text)[-(encoder.max_length - 1) :] for text in inputs]
    pad = tokenizer.pad_token_id
    for start in range(0, len(inputs), _BATCH):
        chosen = sorted(range(len(inputs)), key=lambda i: len(prompts[i]))[start : start + _BATCH]
        width = max(len(prompts[i]) for i in chosen)
        ids = torch.tensor([[pad] * (width - len(prompts[i])) + prompts[i] for i in chosen])
        mask = torch.tensor([[0] * (width - len(prompts[i])) + [1] * len(prompts[i]) for i in chosen])
        batch = _to_model(model, {"input_ids": ids, "attention_mask": mask})
        made = model.generate(**batch, max_new_tokens=max_new_tokens, do_sample=False, pad_token_id=pad)
        for i, row in zip(
            chosen, made[:, -(made.shape[1] - width) :] if made.shape[1] > width else made[:, :0], strict=True
        ):
            outputs[i] = tokenizer.decode(row, skip_special_tokens=True).strip()
    return outputs


def generation_metrics(outputs: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """ROUGE-1/2/L, BLEU, BERTScore (all-MiniLM-L6-v2; left out if that extra is not installed),
    distinct-1/2.
    """
    found = {**metrics.rouge(outputs, references), "bleu": metrics.bleu(outputs, references)}
    found.update(distinct1=metrics.distinct(outputs, 1), distinct2=metrics.distinct(outputs, 2))
    # the record's `evaluation.bertscore_model` says that there was none
    with contextlib.suppress(MissingExtraError):
        found["bertscore"] = metrics.bert_score(outputs, references, str(minilm_folder()))
    return found


@torch.no_grad()
def predict_classes(model: Any, items: Sequence[Encoded], pad: int) -> tuple[list[int], float]:
    """(predicted class of every item, mean cross-entropy in nats)."""
    model.eval()
    predicted, total = [0] * len(items), 0.0
    order = sorted(range(len(items)), key=lambda i: len(items[i].ids))
    for start in range(0, len(items), _BATCH):
        chosen = order[start : start + _BATCH]
        batch = _to_model(model, collate([items[i] for i in chosen], pad, "classify"))
        labels = batch.pop("labels")
        logits = model(**batch).logits.float()
        total += float(F.cross_entropy(logits, labels, reduction="sum"))
        for i, value in zip(chosen, logits.argmax(-1).tolist(), strict=True):
            predicted[i] = value
    return predicted, total / len(items)


def evaluate(
    model: Any, encoder: Encoder, examples: Sequence[Example], task: str, max_new_tokens: int
) -> tuple[dict[str, float], list[str]]:
    """All metrics of a task on some examples, and the output for each.

    Generation: "nll" per token, "shuffled_nll" with inputs of other examples, "conditionality" (their
    difference), and `generation_metrics`. Classification: "nll" per text, "accuracy", "f1".
    """
    pad = int(encoder.tokenizer.pad_token_id or 0)
    items = encoder.training(examples, task)
    if task == "classify":
        predicted, mean = predict_classes(model, items, pad)
        names = list(encoder.classes)
        return {"nll": mean, **metrics.classification(predicted, [i.labels[0] for i in items])}, [
            names[p] for p in predicted
        ]
    found = {"nll": loss(model, items, task, pad)}
    if mixed := shuffled(examples):
        found["shuffled_nll"] = loss(model, encoder.training(mixed, task), task, pad)
        found["conditionality"] = found["shuffled_nll"] - found["nll"]
    outputs = generate_texts(model, encoder.tokenizer, encoder, [e.input for e in examples], max_new_tokens)
    return {**found, **generation_metrics(outputs, [e.references for e in examples])}, outputs
