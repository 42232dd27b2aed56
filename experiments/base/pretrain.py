"""Pretrains the base model that ships (Llama architecture, 4.1 M parameters) on the corpus of corpus.py.

    python experiments/base/pretrain.py --steps 4000

Half of every batch is prose, half is record-to-text. Muon for the matrices, AdamW for embeddings and norms;
the rate is constant after a warm-up and falls to zero over the last 40 % of the steps. A checkpoint every 250
steps makes the run resumable: the same command goes on where it was stopped. At the end the weights go to
`--out` in bfloat16 with the numbers in `pretraining.json`.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

CONTEXT = 256
SECOND_STAGE = 3250  # from this step on the records are those of pairs_2, with fourteen more domains


def build() -> LlamaForCausalLM:
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=4096,
            hidden_size=256,
            intermediate_size=640,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=512,
            tie_word_embeddings=True,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=0,
            initializer_range=0.02,
            rms_norm_eps=1e-5,
        )
    )


class Blocks:
    """Blocks of one token stream in an order that depends on the seed and the epoch alone, so that a resumed
    run sees what it would have seen.
    """

    def __init__(self, tokens: np.ndarray, seed: int) -> None:
        stream = torch.from_numpy(np.atleast_2d(tokens).astype(np.int64))
        self.ids = stream[0]
        self.learn = stream[1].bool() if len(stream) > 1 else torch.ones_like(self.ids, dtype=torch.bool)
        self.seed, self.count = seed, (len(self.ids) - CONTEXT - 1) // CONTEXT - 1
        self.epoch, self.order, self.shift = -1, torch.empty(0), 0

    def take(self, step: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        inputs, labels = [], []
        for position in range(step * size, (step + 1) * size):
            epoch, index = divmod(position, self.count)
            if epoch != self.epoch:
                generator = torch.Generator().manual_seed(self.seed * 1000 + epoch)
                self.epoch, self.order = epoch, torch.randperm(self.count, generator=generator)
                self.shift = int(torch.randint(CONTEXT, (1,), generator=generator))
            start = int(self.order[index]) * CONTEXT + self.shift
            ids = self.ids[start : start + CONTEXT + 1]
            inputs.append(ids[:-1])
            labels.append(ids[1:].masked_fill(~self.learn[start + 1 : start + CONTEXT + 1], -100))
        return torch.stack(inputs), torch.stack(labels)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=Path("experiments/base/work"))
    parser.add_argument("--out", type=Path, default=Path("src/qualms/assets/base"))
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    prose, first_records, second_records = (
        Blocks(np.load(args.work / f"{n}.npy"), s) for n, s in (("prose", 1), ("pairs", 2), ("pairs_2", 3))
    )
    model = build()
    flat = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    rest = [p for n, p in model.named_parameters() if not (p.ndim == 2 and "embed" not in n)]
    muon = torch.optim.Muon(flat, lr=0.02, weight_decay=0.05, momentum=0.95)
    adam = torch.optim.AdamW(rest, lr=3e-3, weight_decay=0.0, betas=(0.9, 0.95))

    def loss_sum(ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(input_ids=ids, use_cache=False).logits
        return F.cross_entropy(
            logits.flatten(0, 1).float(), labels.flatten(), ignore_index=-100, reduction="sum"
        )

    compiled = torch.compile(loss_sum)

    @torch.no_grad()
    def evaluate(blocks: Blocks, most: int) -> float:
        """Mean loss per token over the first blocks, in reading order."""
        model.eval()
        total = tokens = 0.0
        for start in range(0, min(most, blocks.count) // args.batch * args.batch, args.batch):
            spans = [(start + i) * CONTEXT for i in range(args.batch)]
            ids = torch.stack([blocks.ids[s : s + CONTEXT] for s in spans])
            labels = torch.stack(
                [
                    blocks.ids[s + 1 : s + CONTEXT + 1].masked_fill(
                        ~blocks.learn[s + 1 : s + CONTEXT + 1], -100
                    )
                    for s in spans
                ]
            )
            total += float(compiled(ids, labels))
            tokens += int((labels != -100).sum())
        model.train()
        return total / tokens

    prose_val, records_val = (
        Blocks(np.load(args.work / f"{n}.npy"), 0) for n in ("prose_val", "pairs_2_val")
    )
    checkpoint = args.work / "checkpoint.pt"  # local only, never shipped
    first, log, before = 0, [], 0.0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        muon.load_state_dict(saved["muon"])
        adam.load_state_dict(saved["adam"])
        first, log, before = saved["step"], saved["log"], saved["seconds"]
    began = time.time()
    for step in range(first, args.steps):
        done = step / args.steps
        scale = min(1.0, (step + 1) / 60) * min(1.0, max(0.0, (1 - done) / 0.4))
        for group in muon.param_groups:
            group["lr"] = 0.02 * scale
        for group in adam.param_groups:
            group["lr"] = 3e-3 * scale
        records, since = (
            (first_records, step) if step < SECOND_STAGE else (second_records, step - SECOND_STAGE)
        )
        halves = [prose.take(step, args.batch // 2), records.take(since, args.batch // 2)]
        ids, labels = (torch.cat(side) for side in zip(*halves, strict=True))
        loss = compiled(ids, labels) / (labels != -100).sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(rest, 1.0)
        muon.step()
        adam.step()
        model.zero_grad(set_to_none=True)
        if (step + 1) % 250 == 0 or step + 1 == args.steps:
            row = {
                "step": step + 1,
                "seconds": before + time.time() - began,
                "prose": evaluate(prose_val, 128),
                "records": evaluate(records_val, 256),
            }
            log.append(row)
            print(json.dumps(row), flush=True)
            state = {"model": model.state_dict(), "muon": muon.state_dict(), "adam": adam.state_dict()}
            torch.save(
                {**state, "step": step + 1, "log": log, "seconds": row["seconds"]},
                checkpoint.with_suffix(".tmp"),
            )
            checkpoint.with_suffix(".tmp").replace(checkpoint)

    nll = evaluate(prose_val, 10**6)
    corpus = json.loads((args.work / "corpus.json").read_text())
    result = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": args.steps,
        "tokens": args.steps * args.batch * CONTEXT,
        "held_out_nll_per_token": nll,
        "held_out_bits_per_byte": nll / math.log(2) * len(prose_val.ids) / corpus["held_out_bytes"],
        "records_nll_per_token": evaluate(records_val, 10**6),
        "seconds": before + time.time() - began,
        "threads": args.threads,
        "corpus": corpus,
        "torch": torch.__version__,
        "machine": platform.machine(),
        "log": log,
    }
    model.to(torch.bfloat16).save_pretrained(args.out)
    PreTrainedTokenizerFast(
        tokenizer_file=str(args.work / "tokenizer.json"),
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        model_max_length=512,
    ).save_pretrained(args.out)
    (args.out / "pretraining.json").write_text(json.dumps(result, indent=1) + "\n")
    print({k: v for k, v in result.items() if k != "log"})


if __name__ == "__main__":
    main()
