"""One training step with quantum sublayers against the same step with LoRA.

    python benchmarks/training_step.py

Both adapters on query, key and value of the same model, same batch, AdamW; steps interleaved. Target: at most
1.10 × LoRA.
"""

from __future__ import annotations

import argparse
import copy
from importlib import resources

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

from measure import interleave, save
from qualms import QSLConfig


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=40, help="per adapter and model")
    parser.add_argument(
        "--dtype", choices=["float32", "bfloat16"], nargs="*", default=["float32", "bfloat16"]
    )
    args = parser.parse_args()
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
