"""One training step with quantum sublayers against the same step with LoRA, and what fitting costs.

    python benchmarks/training_step.py
    python benchmarks/training_step.py --small

Both adapters on the same maps of the same model, same batch, AdamW; steps interleaved. Target: at most 1.10 ×
LoRA for sublayers on query, key and value. `--small` measures the small adapters, on all linear maps of the
shipped base and in pairs of steps, by processor time: at most 1.05 × LoRA of rank 8, and a fit of at most 2 % of
1,000 steps. Beside them stand LoRA of rank 1, VeRA and Uni-LoRA, and of each the memory that training needs beyond the
base: what autograd keeps for the backward pass, and the trained numbers with their gradients and AdamW's
moments.
"""

from __future__ import annotations

import argparse
import copy
import time
from importlib import resources
from typing import Any

import torch
from peft import LoraConfig, PeftConfig, UniLoraConfig, VeraConfig, get_peft_model
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

from measure import in_pairs, interleave, save
from qualms import QSLConfig
from qualms.adapters import fit_directions
from qualms.adapters.fitting import needs_fitting


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


def lora(rank: int) -> LoraConfig:
    return LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules="all-linear")


SMALL = {
    "lora r1": lambda: lora(1),
    "vera r64": lambda: VeraConfig(r=64, target_modules="all-linear", save_projection=False),
    "uni-lora 8,000": lambda: UniLoraConfig(theta_d_length=8000, target_modules="all-linear"),
    "fitted circuits K8 L8": QSLConfig.fitted,
    "fitted circuits K16 L16": lambda: QSLConfig.fitted(rank=16, n_layers=16),
    "recommended": QSLConfig.recommended,
    "stored": QSLConfig.stored,
}


def small(seconds: float) -> list[dict[str, Any]]:
    """The small adapters, each beside LoRA of rank 8 on the same maps."""
    base, rows = shipped_base(), []
    for shape in ((8, 96), (8, 256)):
        for name, config in SMALL.items():
            row = {"adapter": name, "tokens": shape, **beside_lora(base, config(), shape, seconds)}
            rows.append(row)
            low, high = row["quartiles"]
            print(
                f"{name:24} {shape[0]} × {shape[1]} tokens: {row['ratio']:.3f} × LoRA (quartiles {low:.3f} to "
                f"{high:.3f}, {row['runs']} pairs), memory {row['memory_ratio']:.3f} × LoRA; fit "
                f"{row['fit_seconds']:.1f} s, {row['fit_share']:.1%} of 1,000 steps",
                flush=True,
            )
    return rows


def beside_lora(
    base: torch.nn.Module, config: PeftConfig, shape: tuple[int, int], seconds: float
) -> dict[str, Any]:
    """Time and memory of an adapter's training steps, and how they compare to those of LoRA of rank 8."""
    model, other = (get_peft_model(copy.deepcopy(base), c) for c in (config, lora(8)))
    fit_seconds = fit(model, shape) if needs_fitting(model) else 0.0
    found = in_pairs(step(model, base.dtype, shape), step(other, base.dtype, shape), seconds)
    memory, of_lora = (training_bytes(m, shape) for m in (model, other))
    return {
        **found,
        "memory_bytes": memory,
        "memory_ratio": memory / of_lora,
        "fit_seconds": fit_seconds,
        "fit_share": fit_seconds / found["min_ms"],  # of 1,000 steps
    }


def fit(model: torch.nn.Module, shape: tuple[int, int]) -> float:
    """Fit the directions of an adapter; the seconds of processor time that it took."""
    generator = torch.Generator().manual_seed(1)
    count = model.peft_config["default"].fit_batches
    tokens = [torch.randint(0, 4096, shape, generator=generator) for _ in range(count)]
    start = time.process_time()
    fit_directions(model, [{"input_ids": t, "labels": t} for t in tokens])
    return time.process_time() - start


def training_bytes(model: torch.nn.Module, shape: tuple[int, int]) -> int:
    """Memory that a training step needs beyond the frozen numbers: tensors that autograd keeps for the
    backward pass, and for each trained number itself, its gradient and AdamW's two moments. It is counted,
    not measured, so that it is the same on a machine with other work.
    """
    own = {t.untyped_storage().data_ptr() for t in (*model.parameters(), *model.buffers())}
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    tokens = torch.randint(0, model.config.vocab_size, shape, generator=torch.Generator().manual_seed(0))
    model.train()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(input_ids=tokens, labels=tokens, use_cache=False)
    trained = sum(p.numel() * p.element_size() for p in model.parameters() if p.requires_grad)
    return sum(kept.values()) + 4 * trained


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
