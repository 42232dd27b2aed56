"""One training step with quantum sublayers against the same step with LoRA, and what fitting costs.

    python benchmarks/training_step.py
    python benchmarks/training_step.py --small

Both adapters on the same maps of the same model, same batch, AdamW; steps interleaved. Target: at most 1.10 ×
LoRA for sublayers on query, key and value. `--small` measures the small adapters, on all linear maps of the
shipped base and in pairs of steps, by processor time: at most 1.05 × LoRA of rank 8, and a fit of at most 2 % of
1,000 steps.
"""

from __future__ import annotations

import argparse
import copy
import time
from importlib import resources
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

from measure import in_pairs, interleave, save
from qualms import QSLConfig
from qualms.adapters import fit_directions


def shipped_base() -> torch.nn.Module:
    return AutoModelForCausalLM.from_pretrained(
        str(resources.files("qualms") / "assets" / "base"), dtype=torch.float32
    )


def gpt2_size() -> torch.nn.Module:
    """768 wide, 12 layers, random weights."""
    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(attn_pdrop=0.0, resid_pdrop=0.0, embd_pdrop=0.0))


MODELS = {
    "shipped base": (shipped_base, ["q_proj", "k_proj", "v_proj"], (8, 256)),
    "gpt-2 size": (gpt2_size, ["c_attn"], (2, 256)),
}
ADAPTERS = {
    "lora r8": lambda targets: LoraConfig(
        r=8, lora_alpha=16, lora_dropout=0.0, target_modules=targets, fan_in_fan_out="c_attn" in targets
    ),
    "qsl n6 L2": lambda targets: QSLConfig(n_qubits=6, n_layers=2, target_modules=targets),
    "qsl n6 L2, shared down": lambda targets: QSLConfig(
        n_qubits=6, n_layers=2, share_down=True, target_modules=targets
    ),
    "qsl seed (slice)": lambda targets: QSLConfig.seed(target_modules=targets),
    "qsl n8 L2": lambda targets: QSLConfig(n_qubits=8, n_layers=2, target_modules=targets),
}


def step(model: torch.nn.Module, dtype: torch.dtype, shape: tuple[int, int]):
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    tokens = torch.randint(0, model.config.vocab_size, shape, generator=torch.Generator().manual_seed(0))
    model.train()

    def run() -> None:
        loss = model(input_ids=tokens, labels=tokens, use_cache=False).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return run


SMALL = {
    "fitted circuits K8 L8": QSLConfig.fitted,
    "fitted circuits K16 L16": lambda: QSLConfig.fitted(rank=16, n_layers=16),
    "recommended": QSLConfig.recommended,
}


def small(seconds: float) -> list[dict[str, Any]]:
    """The small adapters, each beside LoRA of rank 8 on the same maps."""
    base, rows = shipped_base(), []
    for shape in ((8, 96), (8, 256)):
        generator = torch.Generator().manual_seed(1)
        for name, config in SMALL.items():
            model = get_peft_model(copy.deepcopy(base), config())
            tokens = [
                torch.randint(0, 4096, shape, generator=generator)
                for _ in range(model.peft_config["default"].fit_batches)
            ]
            start = time.process_time()
            fit_directions(model, [{"input_ids": t, "labels": t} for t in tokens])
            fit_seconds = time.process_time() - start
            lora = LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules="all-linear")
            ours, theirs = (
                step(m, base.dtype, shape) for m in (model, get_peft_model(copy.deepcopy(base), lora))
            )
            found = in_pairs(ours, theirs, seconds)
            share = fit_seconds / found["min_ms"]  # of 1,000 steps
            rows.append(
                {"adapter": name, "tokens": shape, **found, "fit_seconds": fit_seconds, "fit_share": share}
            )
            print(
                f"{name:24} {shape[0]} × {shape[1]} tokens: {found['ratio']:.3f} × LoRA (quartiles "
                f"{found['quartiles'][0]:.3f} to {found['quartiles'][1]:.3f}, {found['runs']} pairs); fit "
                f"{fit_seconds:.1f} s, {share:.1%} of 1,000 steps",
                flush=True,
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=40, help="per adapter and model")
    parser.add_argument(
        "--dtype", choices=["float32", "bfloat16"], nargs="*", default=["float32", "bfloat16"]
    )
    parser.add_argument("--small", action="store_true", help="the small adapters on all linear maps")
    args = parser.parse_args()
    if args.small:
        torch.set_num_threads(1)
        print(save("training_step_small", small(args.seconds)))
        return
    rows = []
    for name, (make, targets, shape) in MODELS.items():
        for dtype in args.dtype:
            base = make().to(getattr(torch, dtype))
            steps = {
                a: step(get_peft_model(copy.deepcopy(base), config(list(targets))), base.dtype, shape)
                for a, config in ADAPTERS.items()
            }
            times = interleave(steps, args.seconds, most=60, least=5)
            for adapter, t in times.items():
                against = {k: t[k] / times["lora r8"][k] for k in ("min_ms", "median_ms")}
                rows.append(
                    {
                        "model": name,
                        "dtype": dtype,
                        "adapter": adapter,
                        "tokens": shape[0] * shape[1],
                        **t,
                        "to_lora": against,
                    }
                )
                print(
                    (
                        f"{name:13} {dtype:9} {adapter:24} min {t['min_ms']:8.1f} ms, median "
                        f"{t['median_ms']:8.1f}; to LoRA {against['min_ms']:.3f} (median "
                        f"{against['median_ms']:.3f})"
                    ),
                    flush=True,
                )
    print(save("training_step", rows))


if __name__ == "__main__":
    main()
