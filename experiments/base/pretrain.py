"""Pretrains the base model that ships (Llama architecture, 4.1 M parameters) on the corpus of corpus.py, or
one of GPT-2's architecture (3.6 M) on the same data.

    python experiments/base/pretrain.py --steps 4000
    python experiments/base/pretrain.py --architecture gpt2 --float32 --batch 16 \
        --steps 600 --second-stage 300 --checkpoint-every 100 --threads 1

Half of every batch is prose, half is record-to-text. Muon for the matrices, AdamW for embeddings and norms;
the rate is constant after a warm-up and falls to zero over the last 40 % of the steps. A checkpoint every so many
steps makes the run resumable: the same command goes on where it was stopped. At the end the weights go to
`--out` in bfloat16 with the numbers in `pretraining.json`.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

CONTEXT = 256
SECOND_STAGE = 3250


def llama() -> LlamaForCausalLM:
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


def gpt2() -> GPT2LMHeadModel:
    """The same sizes, with what is GPT-2's own: learned positions, fused query, key and value maps, biases, and
    a feed-forward part without gates. No dropout, as in the other.
    """
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=4096,
            n_positions=512,
            n_embd=256,
            n_layer=4,
            n_head=4,
            n_inner=640,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=0,
        )
    )


# How each is made, where its checkpoint lies in the work folder, and where its weights go.
ARCHITECTURES: dict[str, tuple[Callable[[], PreTrainedModel], str, Path]] = {
    "llama": (llama, "checkpoint.pt", Path("src/qualms/assets/base")),
    "gpt2": (gpt2, "checkpoint_gpt2.pt", Path("experiments/base/gpt2")),
}


def in_two(model: PreTrainedModel) -> tuple[list[torch.nn.Parameter], list[torch.nn.Parameter]]:
    """The matrices of the blocks, and all other parameters."""
    of_blocks = {n: p.ndim == 2 and bool(re.search(r"\.\d+\.", n)) for n, p in model.named_parameters()}
    return (
        [p for n, p in model.named_parameters() if of_blocks[n]],
        [p for n, p in model.named_parameters() if not of_blocks[n]],
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
    parser.add_argument("--architecture", choices=list(ARCHITECTURES), default="llama")
    parser.add_argument(
        "--out", type=Path, help="default: src/qualms/assets/base, and for gpt2 experiments/base/gpt2"
    )
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--float32",
        action="store_true",
        help="for processors without bfloat16: compute in float32, with AdamW for the matrices too, because "
        "Muon computes in bfloat16",
    )
    parser.add_argument("--checkpoint-every", type=int, default=250, help="steps")
    parser.add_argument(
        "--second-stage",
        type=int,
        default=SECOND_STAGE,
        help="the step from which on the records are those of pairs_2, with fourteen more domains",
    )
    args = parser.parse_args()
    make, checkpoint_name, default_out = ARCHITECTURES[args.architecture]
    out = args.out or default_out
    torch.set_num_threads(args.threads)

    prose, first_records, second_records = (
        Blocks(np.load(args.work / f"{n}.npy"), s) for n, s in (("prose", 1), ("pairs", 2), ("pairs_2", 3))
    )
    torch.manual_seed(0)
    model = make()
    matrices, rest = in_two(model)
    if args.float32:
        matrices, rest = [], [*matrices, *rest]
    optimizers: dict[str, tuple[torch.optim.Optimizer, float]] = {
        "adam": (torch.optim.AdamW(rest, weight_decay=0.0, betas=(0.9, 0.95)), 2e-3 if args.float32 else 3e-3)
    }
    if matrices:
        optimizers["muon"] = torch.optim.Muon(matrices, weight_decay=0.05, momentum=0.95), 0.02

    def loss_sum(ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=not args.float32):
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
    checkpoint = args.work / checkpoint_name  # local only, never shipped
    first, log, before = 0, [], 0.0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        for name, (optimizer, _) in optimizers.items():
            optimizer.load_state_dict(saved[name])
        first, log, before = saved["step"], saved["log"], saved["seconds"]
    began = time.time()
    for step in range(first, args.steps):
        done = step / args.steps
        scale = min(1.0, (step + 1) / 60) * min(1.0, max(0.0, (1 - done) / 0.4))
        for optimizer, rate in optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate * scale
        records, since = (
            (first_records, step) if step < args.second_stage else (second_records, step - args.second_stage)
        )
        halves = [prose.take(step, args.batch // 2), records.take(since, args.batch // 2)]
        ids, labels = (torch.cat(side) for side in zip(*halves, strict=True))
        loss = compiled(ids, labels) / (labels != -100).sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(rest, 1.0)
        for optimizer, _ in optimizers.values():
            optimizer.step()
        model.zero_grad(set_to_none=True)
        if (step + 1) % args.checkpoint_every == 0 or step + 1 == args.steps:
            row = {
                "step": step + 1,
                "seconds": before + time.time() - began,
                "prose": evaluate(prose_val, 128),
                "records": evaluate(records_val, 256),
            }
            log.append(row)
            print(json.dumps(row), flush=True)
            state = {name: optimizer.state_dict() for name, (optimizer, _) in optimizers.items()}
            state["model"] = model.state_dict()
            torch.save(
                {**state, "step": step + 1, "log": log, "seconds": row["seconds"]},
                checkpoint.with_suffix(".tmp"),
            )
            checkpoint.with_suffix(".tmp").replace(checkpoint)

    nll = evaluate(prose_val, 10**6)
    corpus = json.loads((args.work / "corpus.json").read_text())
    result = {
        "architecture": args.architecture,
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": args.steps,
        "batch": args.batch,
        "second_stage": args.second_stage,
        "precision": "float32" if args.float32 else "bfloat16",
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
    model.to(torch.bfloat16).save_pretrained(out)
    PreTrainedTokenizerFast(
        tokenizer_file=str(args.work / "tokenizer.json"),
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        model_max_length=512,
    ).save_pretrained(out)
    (out / "pretraining.json").write_text(json.dumps(result, indent=1) + "\n")
    print({k: v for k, v in result.items() if k != "log"})


if __name__ == "__main__":
    main()
