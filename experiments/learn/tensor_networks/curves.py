"""How far the matrices of a trained language model can be compressed: tensor trains beside low rank.

    python experiments/learn/tensor_networks/curves.py            # some minutes of one core; resumes
    python experiments/learn/tensor_networks/curves.py --picture  # docs/images/learn/tensor-networks.png

The model that ships (4 M parameters, trained). All 28 linear maps of its layers, or its tied embedding, are
replaced, and the relative errors measured, beside those of the same matrices with their entries in random
places, which have no structure at all. Where the layers become twice smaller, the negative
log-likelihood a token (the first 64 of record and text) is measured on 60 records of the shipped task `trails`,
right after compression and after 60 steps of fine-tuning all parameters on 480 others; the reference is the
whole model after the same fine-tuning. The learning rate is .001 for all: .003 was worse for the whole model and
for low rank, and no other was tried.
"""

from __future__ import annotations

import argparse
import copy
import json
from pathlib import Path

import torch
from torch import nn

from qualms.data.trails import load_trails
from qualms.language_models import load_model, load_tokenizer
from qualms.learn.tensor_networks import compress
from qualms.records.provenance import LEARNERS, provenance

HERE = Path(__file__).parent
RESULTS = HERE / "curves.jsonl"
CLICKS = HERE / "clicks.jsonl"
PICTURE = HERE.parents[2] / "docs" / "images" / "learn" / "tensor-networks.png"
RATIOS = (2, 5, 10)
TUNED = (1, 2)  # how many times smaller the models are that are fine-tuned, with two cores
TARGETS = {"layers": r"model\.layers\..*", "embedding": ["embed_tokens", "lm_head"]}
STEPS, BATCH, LENGTH = 60, 8, 64
RATES = (1e-3,)


def tokens(examples, tokenizer):
    """(texts, LENGTH) ids, cut or padded, and the labels that leave the padding out."""
    found = [tokenizer(f"{e.input}\n{e.references[0]}")["input_ids"][:LENGTH] for e in examples]
    ids = torch.tensor([row + [tokenizer.pad_token_id] * (LENGTH - len(row)) for row in found])
    lengths = torch.tensor([len(row) for row in found])
    return ids, torch.where(torch.arange(LENGTH) < lengths[:, None], ids, -100)


def nll(model, data):
    """Mean negative log-likelihood a token, natural logarithms."""
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for ids, labels in zip(*(part.split(32) for part in data), strict=True):
            here = int((labels[:, 1:] != -100).sum())
            total += float(model(input_ids=ids, labels=labels).loss) * here
            count += here
    return total / count


def tuned(model, data, rate):
    """The model after STEPS steps on its own copy, with a linear decay of the rate."""
    model = copy.deepcopy(model).train()
    optimizer = torch.optim.AdamW(model.parameters(), rate, weight_decay=0.0)
    plan = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / STEPS)
    order = torch.randperm(len(data[0]), generator=torch.Generator().manual_seed(0))
    for part in order[: STEPS * BATCH].split(BATCH):
        loss = model(input_ids=data[0][part], labels=data[1][part]).loss
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        plan.step()
    return model


def shuffled(model):
    """The same model with the entries of every matrix in random places."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 2:
                flat = parameter.reshape(-1)
                parameter.copy_(flat[torch.randperm(len(flat), generator=generator)].reshape(parameter.shape))
    return model


def plan():
    yield "whole", "none", 1, 0
    for part in TARGETS:
        for ratio in RATIOS:
            for method, order in (("low-rank", 2), ("tt", 2), *([("tt", 3)] if part == "layers" else [])):
                yield part, method, ratio, order


def measured(key, data):
    part, method, ratio, order = key
    model = load_model("base", "generate")
    out = {"key": key, "parameters": sum(p.numel() for p in model.parameters())}
    if part != "whole":
        noise = compress(
            shuffled(load_model("base", "generate")),
            ratio=ratio,
            targets=TARGETS[part],
            method=method,
            order=order,
        )
        done = compress(model, ratio=ratio, targets=TARGETS[part], method=method, order=order)
        out |= {
            "parameters": done.parameters,
            "bytes": done.bytes,
            "smaller": sum(m.parameters_before for m in done.matrices)
            / sum(m.parameters for m in done.matrices),
            "error": error(done),
            "error_of_shuffled": error(noise),
            "largest_difference_to_bound": max(abs(m.relative_error - m.bound) for m in done.matrices),
            "matrices": [
                [m.names[0], m.parameters, m.relative_error, m.low_rank_error] for m in done.matrices
            ],
        }
    if part == "embedding" or ratio not in TUNED or order == 3:
        return out
    out["nll"] = nll(model, data["test"])
    out["nll_tuned"] = {str(rate): nll(tuned(model, data["train"], rate), data["test"]) for rate in RATES}
    return out


def error(done):
    """Root mean square of the matrices' relative errors."""
    return float(torch.tensor([m.relative_error for m in done.matrices]).square().mean().sqrt())


def run():
    done = {}
    if RESULTS.exists():
        done = {tuple(r["key"]): r for r in map(json.loads, RESULTS.read_text().splitlines())}
    splits, tokenizer = load_trails(), load_tokenizer("base")
    data = {
        "train": tokens(splits.train[: STEPS * BATCH], tokenizer),
        "test": tokens(splits.validation[:60], tokenizer),
    }
    told = provenance((*LEARNERS, "transformers"))
    for key in plan():
        if key in done:
            continue
        found = measured(key, data) | {"versions": dict(told.versions), "machine": dict(told.machine)}
        with RESULTS.open("a") as file:
            file.write(json.dumps(found) + "\n")
        print(
            key,
            *(
                f"{name} {found[name]}"
                for name in ("parameters", "error", "nll", "nll_tuned")
                if name in found
            ),
            flush=True,
        )


def picture():
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    done = {tuple(r["key"]): r for r in map(json.loads, RESULTS.read_text().splitlines())}
    names = {
        ("low-rank", 2): "low rank",
        ("tt", 2): "tensor train, 2 cores",
        ("tt", 3): "tensor train, 3 cores",
    }
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
    heights = {"not compressed": done["whole", "none", 1, 0]["nll_tuned"]["0.001"]}
    for (method, order), label in names.items():
        found = [r for r in done.values() if r["key"][:2] == ["layers", method] and r["key"][3] == order]
        found.sort(key=lambda r: r["smaller"])
        (line,) = axes[0].plot(
            [r["smaller"] for r in found], [r["error"] for r in found], "o-", ms=4, label=label
        )
        axes[0].plot(
            [r["smaller"] for r in found],
            [r["error_of_shuffled"] for r in found],
            ":",
            color=line.get_color(),
        )
        for r in found:
            if "nll" in r:
                heights[label] = r["nll_tuned"]["0.001"]
    axes[0].set(
        title="The 28 maps of the base model's layers", ylabel="relative error (dotted: entries shuffled)"
    )
    axes[0].legend(fontsize=8)
    axes[0].set(xscale="log", xlabel="times smaller")
    axes[0].set_xticks(RATIOS, RATIOS)
    axes[0].minorticks_off()
    labels = ["not\ncompressed", "low\nrank", "tensor\ntrain"]
    axes[1].bar(labels, heights.values(), 0.6, color=["gray", "C0", "C1"])
    axes[1].set(
        title=f"Layers half as large, {STEPS} steps of tuning",
        ylabel="NLL a token on texts of trails",
        ylim=(0.5, 0.85),
    )
    clicks = [json.loads(line) for line in CLICKS.read_text().splitlines()]
    kinds = ["full", "tensor train", "blocks", "low rank", "hashing"]
    for k, naming in enumerate(("ordered", "shuffled")):
        heights = [
            [r["test_auc"] for r in clicks if r["key"][1:3] == [naming, kind] and r["key"][3] in (0, 6)]
            for kind in kinds
        ]
        places = [i + 0.4 * k for i in range(len(kinds))]
        axes[2].bar(places, [sum(h) / len(h) for h in heights], 0.38, label=f"ids {naming}")
        for place, each in zip(places, heights, strict=True):
            axes[2].plot([place] * len(each), each, "k.", ms=3)
    axes[2].set(title="Click model, tables 112× smaller", ylabel="AUC", ylim=(0.5, 0.85))
    axes[2].set_xticks(
        [i + 0.2 for i in range(len(kinds))], ["full", "tensor\ntrain", "blocks", "rank 1\n(16×)", "hashing"]
    )
    axes[2].legend(fontsize=8)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--picture", action="store_true", help="draw the results instead")
    asked = reader.parse_args()
    torch.set_num_threads(1)
    picture() if asked.picture else run()
