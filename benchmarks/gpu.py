"""What runs on a GPU: the same numbers as on the CPU, and the time of a step. Writes results/gpu.json.

    python benchmarks/gpu.py [FILE]

Every check computes the same on both devices, from the same start, and reports the largest difference
relative to the largest number. Times are minima over repetitions, each of ten calls, with the device
synchronised; ratios are taken in one run.
"""

import copy
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from qualms import QSLConfig, SuperpositionalAdamW
from qualms.backends import StatevectorBackend
from qualms.circuits import LayeredAnsatz
from qualms.kernels import layered
from qualms.records.provenance import machine, versions

RESULT = Path(__file__).parent / "results" / "gpu.json"
READOUTS = ("z", "probs", "amplitudes")


def difference(got: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference relative to the largest number expected."""
    wide = expected.detach().double().cpu()
    return float((got.detach().double().cpu() - wide).abs().max() / wide.abs().max().clamp_min(1e-30))


def sublayer(n: int, layers: int) -> float:
    """Values and gradients of the sublayer's core on the GPU against float64 on the CPU, over all
    readouts.
    """
    ansatz, generator = LayeredAnsatz(n, layers), torch.Generator().manual_seed(0)
    x = torch.randn(1, 500, 1 << n, generator=generator)
    angles = torch.randn(1, *ansatz.angle_shape, generator=generator)
    worst = 0.0
    for readout in READOUTS:
        here = x.cuda().requires_grad_(), angles.cuda().requires_grad_()
        wide = x.double().requires_grad_(), angles.double().requires_grad_()
        got = StatevectorBackend().read_out(ansatz, here[1], here[0], readout, True)
        expected = layered.read_out(ansatz, wide[1], wide[0], readout, True)
        weight = torch.randn(got.shape, generator=generator)
        grads = torch.autograd.grad((got * weight.cuda()).sum(), here)
        true = torch.autograd.grad((expected * weight.double()).sum(), wide)
        worst = max(
            worst, difference(got, expected), *(difference(a, b) for a, b in zip(grads, true, strict=True))
        )
    return worst


def adapter(config: QSLConfig) -> float:
    """Loss and gradients of a small Llama with an adapter."""
    torch.manual_seed(0)
    small = {
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    }
    model = get_peft_model(LlamaForCausalLM(LlamaConfig(vocab_size=100, **small)), config)
    for k, parameter in enumerate(p for p in model.parameters() if p.requires_grad):
        parameter.data = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(k)) * 0.1
    there = copy.deepcopy(model).cuda()
    ids = torch.arange(40).view(2, 20)
    losses = model(input_ids=ids, labels=ids).loss, there(input_ids=ids.cuda(), labels=ids.cuda()).loss
    for loss in losses:
        loss.backward()
    pairs = [
        (q.grad, p.grad)
        for p, q in zip(model.parameters(), there.parameters(), strict=True)
        if p.grad is not None
    ]
    return max(difference(losses[1], losses[0]), *(difference(a, b) for a, b in pairs))


def trained(device: str, make: Callable[[Any], torch.optim.Optimizer]) -> list[torch.Tensor]:
    """The parameters of a small network after five steps."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(*(torch.nn.Linear(64, 64) for _ in range(4))).to(device)
    optimizer = make(net.parameters())
    for seed in range(5):
        x = torch.randn(16, 64, generator=torch.Generator().manual_seed(seed)).to(device)
        optimizer.zero_grad()
        net(x).square().mean().backward()
        optimizer.step()
    return [p.detach() for p in net.parameters()]


def optimizer_is_torchs(**options: Any) -> bool:
    """Whether λ = 0 leaves the bits that torch's AdamW leaves, on the GPU."""
    ours = trained("cuda", lambda p: SuperpositionalAdamW(p, lr=1e-2, lam=0.0, **options))
    theirs = trained("cuda", lambda p: torch.optim.AdamW(p, lr=1e-2, **options))
    return all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def optimizer_agrees(**options: Any) -> float:
    """λ > 0 on the GPU against the CPU, relative to the largest parameter."""
    on_cpu = {k: v for k, v in options.items() if k != "capturable"}
    here = trained("cpu", lambda p: SuperpositionalAdamW(p, lr=1e-3, lam=0.5, **on_cpu))
    there = trained("cuda", lambda p: SuperpositionalAdamW(p, lr=1e-3, lam=0.5, **options))
    return max(difference(b, a) for a, b in zip(here, there, strict=True))


def seconds(call: Callable[[], Any], repetitions: int = 7) -> float:
    """The shortest time of a call."""
    for _ in range(5):
        call()
    found = []
    for _ in range(repetitions):
        torch.cuda.synchronize()
        began = time.perf_counter()
        for _ in range(10):
            call()
        torch.cuda.synchronize()
        found.append((time.perf_counter() - began) / 10)
    return min(found)


def step(make: Callable[[Any], torch.optim.Optimizer]) -> float:
    """Seconds of a step on 50 million parameters."""
    net = torch.nn.Sequential(*(torch.nn.Linear(2048, 2048) for _ in range(12))).cuda()
    for parameter in net.parameters():
        parameter.grad = torch.randn_like(parameter) * 1e-3
    return seconds(make(net.parameters()).step)


def steps() -> dict[str, float]:
    """Milliseconds of torch's default step, and ratios to it."""
    base = step(lambda p: torch.optim.AdamW(p, lr=1e-3))
    ours: dict[str, dict[str, Any]] = {
        "lam=0": {"lam": 0.0}, "lam=0.5": {"lam": 0.5}, "lam=0.5, scope=all": {"lam": 0.5, "scope": "all"},
        "lam=0.5, mode=circuit": {"lam": 0.5, "mode": "circuit"},
        "lam=0.5, nonfinite=propagate": {"lam": 0.5, "nonfinite": "propagate"},
    }  # fmt: skip
    found = {
        "AdamW, milliseconds": base * 1e3,
        "AdamW again": step(lambda p: torch.optim.AdamW(p, lr=1e-3)) / base,
    }
    return found | {
        name: step(lambda p, o=o: SuperpositionalAdamW(p, lr=1e-3, **o)) / base for name, o in ours.items()
    }


def core(n: int, layers: int = 2, tokens: int = 8192) -> dict[str, float]:
    """Milliseconds of the core's forward and backward, and of the same in plain torch."""
    ansatz = LayeredAnsatz(n, layers)
    x = torch.randn(1, tokens, 1 << n, device="cuda", requires_grad=True)
    angles = torch.randn(1, *ansatz.angle_shape, device="cuda", requires_grad=True)
    ways = {"core": StatevectorBackend().read_out, "plain torch": layered.read_out}
    return {
        k: 1e3
        * seconds(lambda f=f: torch.autograd.grad(f(ansatz, angles, x, "z", True).sum(), (x, angles)), 5)
        for k, f in ways.items()
    }


def main() -> None:
    if not torch.cuda.is_available():
        sys.exit("no GPU here")
    choices: list[dict[str, Any]] = [
        {},
        {"scope": "all"},
        {"mode": "circuit"},
        {"mode": "random"},
        {"fused": True},
        {"capturable": True},
    ]
    found = {
        "sublayer, largest relative difference": {
            f"n={n}": sublayer(n, layers) for n, layers in ((2, 1), (6, 2), (8, 4), (10, 2))
        },
        "adapter, largest relative difference": {
            "seed": adapter(QSLConfig.seed(task_type="CAUSAL_LM")),
            "mergeable": adapter(QSLConfig.mergeable(task_type="CAUSAL_LM")),
        },
        "lam=0 leaves the bits of torch's AdamW": {
            str(o): optimizer_is_torchs(**o)
            for o in ({}, {"fused": True}, {"foreach": False}, {"capturable": True})
        },
        "lam=0.5, largest relative difference": {str(o): optimizer_agrees(**o) for o in choices},
        "step of 50 million parameters, ratio to AdamW": steps(),
        "core on 8192 tokens, milliseconds": {f"n={n}": core(n) for n in (6, 8, 10)},
        "versions": versions(),
        "machine": machine(),
    }
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULT
    path.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
