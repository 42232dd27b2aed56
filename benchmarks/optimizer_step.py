"""A step of superpositional gradient descent against AdamW's, and what it adds to a whole epoch of the
paper's text task.

python benchmarks/optimizer_step.py             # about five minutes, 9 GB; writes results/optimizer_step.json
python benchmarks/optimizer_step.py --defaults  # without arguments against AdamW without arguments, in pairs;
results/optimizer_default.json

The step: 49 M parameters in 67 tensors, as of a transformer 768 wide. The epoch: the synthetic task and the
classifier of experiments/superposition. Targets: at most 1.10 × torch's fused AdamW a step with Q on all
coordinates; at most 1.03 × an epoch; with circuits of 4 qubits and depth 2 at most 1.35 × an epoch. Without
arguments: what torch's AdamW without arguments takes, or less.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from measure import in_pairs, interleave, save
from qualms.optim import SuperpositionalAdamW

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments" / "superposition"))
from study import BATCH
from tasks import load
from transformer import Classifier

SHAPES = [(768, 768)] * 48 + [(768, 3072)] * 8 + [(768,)] * 10 + [(2600, 768)]
COMMON = {"lr": 1e-4, "weight_decay": 0.01}
Make = Callable[[list[torch.nn.Parameter]], torch.optim.Optimizer]
AdamW, Ours = torch.optim.AdamW, SuperpositionalAdamW


def ours(**options: Any) -> Make:
    return lambda ps: Ours(ps, **COMMON, **options)


def torchs(**options: Any) -> Make:
    return lambda ps: AdamW(ps, **COMMON, **options)


STEPS: dict[str, Make] = {
    "AdamW, fused": torchs(fused=True),
    "AdamW, foreach": torchs(foreach=True),
    "AdamW, for-loop": torchs(),
    "qualms λ=0, fused": ours(lam=0.0, fused=True),
    "qualms sine, all, fused": ours(scope="all", fused=True),
    "qualms sine, all, fused, unchecked": ours(scope="all", fused=True, nonfinite="propagate"),
    "qualms sine, first 4 of each, fused": ours(fused=True),
    "qualms circuit, first 4 of each, fused": ours(mode="circuit", fused=True),
    "qualms sine, all, foreach": ours(scope="all", foreach=True),
    "qualms sine, all, for-loop": ours(scope="all", fused=False),
}
EPOCHS: dict[str, Make] = {
    "AdamW, fused": torchs(fused=True),
    "qualms sine, first 4 of each, fused": ours(fused=True),
    "qualms sine, all, fused": ours(scope="all", fused=True),
    "qualms circuit, first 4 of each, fused": ours(mode="circuit", fused=True),
    "AdamW, for-loop": torchs(),
    "qualms sine, first 4 of each, for-loop": ours(fused=False),
    "qualms circuit, first 4 of each, for-loop": ours(mode="circuit", fused=False),
}
DEFAULTS: dict[str, Make] = {
    "qualms": ours(),
    "qualms, Q on all coordinates": ours(scope="all"),
    "qualms, Q from a circuit": ours(mode="circuit"),
    "qualms, λ = 0": ours(lam=0.0),
    "AdamW itself": torchs(),  # how much two equal routes seem to differ
}


class Naive:
    """The paper's formula as one would write it, tensor by tensor."""

    def __init__(self, params: list[torch.nn.Parameter]) -> None:
        self.params, self.m, self.v, self.t = (
            params,
            [torch.zeros_like(p) for p in params],
            [torch.zeros_like(p) for p in params],
            0,
        )

    @torch.no_grad()
    def step(self) -> None:
        self.t += 1
        for p, m, v in zip(self.params, self.m, self.v, strict=True):
            q = torch.sin(math.pi * p) * p.grad
            m.mul_(0.9).add_(0.1 * p.grad)
            v.mul_(0.999).add_(0.001 * p.grad * p.grad)
            mean, root = m / (1 - 0.9**self.t), (v / (1 - 0.999**self.t)).sqrt()
            p.mul_(1 - COMMON["lr"] * COMMON["weight_decay"]).sub_(
                COMMON["lr"] * (mean / (root + 1e-8) + 0.5 * q)
            )


def check() -> float:
    """Largest difference of the swept step to the naive one in float64, relative to the step."""
    g = torch.Generator().manual_seed(0)
    start = [torch.randn(s, generator=g, dtype=torch.float64) for s in ((300, 70), (33,))]
    sides = []
    for make in (Naive, ours(scope="all", fused=True)):
        params = [torch.nn.Parameter(p.clone()) for p in start]
        optimizer = make(params)
        for k in range(5):
            for p in params:
                p.grad = torch.randn(p.shape, generator=torch.Generator().manual_seed(k), dtype=torch.float64)
            optimizer.step()
        sides.append(params)
    worst = max(float((a - b).detach().abs().max()) for a, b in zip(*sides, strict=True)) / COMMON["lr"]
    assert worst < 1e-9, worst
    return worst


def step_of(make: Make) -> Callable[[], Any]:
    """The step of an optimizer of the large model."""
    torch.manual_seed(0)
    params = [torch.nn.Parameter(0.02 * torch.randn(s)) for s in SHAPES]
    for p in params:
        p.grad = 1e-3 * torch.randn(p.shape)
    return make(params).step


def epoch_of(make: Make, examples: int | None = None) -> Callable[[], Any]:
    """An epoch of the paper's classifier, or its first examples."""
    task = load("counts")
    torch.manual_seed(0)
    model = Classifier(task.vocabulary, task.classes, task.train.tokens.shape[1])
    optimizer = make(list(model.parameters()))

    def epoch() -> None:
        for tokens, labels in zip(
            task.train.tokens[:examples].split(BATCH), task.train.labels[:examples].split(BATCH), strict=True
        ):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(tokens), labels).backward()
            optimizer.step()

    return epoch


def steps(budget: float) -> list[dict[str, Any]]:
    cases = {name: step_of(make) for name, make in {**STEPS, "naive superpositional": Naive}.items()}
    return report("step", interleave(cases, budget, most=60, least=9), lambda _: "AdamW, fused")


def epochs(budget: float) -> list[dict[str, Any]]:
    cases = {name: epoch_of(make) for name, make in EPOCHS.items()}
    return report(
        "epoch",
        interleave(cases, budget, most=60, least=9),
        lambda name: "AdamW, " + name.rpartition(", ")[2],
    )


def defaults(budget: float) -> list[dict[str, Any]]:
    """Without arguments against AdamW without arguments, in pairs: the large model's step, and ten batches of
    the small one's epoch.
    """
    rows = []
    for what, of in (("step", step_of), ("ten batches", lambda make: epoch_of(make, 10 * BATCH))):
        other = of(torchs())
        for name, make in DEFAULTS.items():
            found = in_pairs(of(make), other, budget)
            rows.append({"what": what, "route": name, "against": "AdamW", **found})
            low, high = found["quartiles"]
            print(
                (
                    f"{what:12} {name:30} × {found['ratio']:.3f} (quartiles {low:.3f}–{high:.3f}), minima "
                    f"× {found['min_ratio']:.3f}"
                ),
                flush=True,
            )
    return rows


def report(
    what: str, times: dict[str, dict[str, float]], against: Callable[[str], str]
) -> list[dict[str, Any]]:
    rows = []
    for name, t in times.items():
        ratio = {k: t[k] / times[against(name)][k] for k in ("min_ms", "median_ms")}
        rows.append({"what": what, "route": name, **t, "against": against(name), "ratio": ratio})
        print(
            (
                f"{what:6} {name:44} min {t['min_ms']:8.1f} ms, median {t['median_ms']:8.1f}; × "
                f"{ratio['min_ms']:.3f} ({ratio['median_ms']:.3f})"
            ),
            flush=True,
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", type=float, default=12.0, help="seconds for each route")
    parser.add_argument(
        "--defaults", action="store_true", help="only without arguments against AdamW without arguments"
    )
    options = parser.parse_args()
    budget, worst = options.budget, check()
    torch.set_num_threads(1)
    if options.defaults:
        print(
            save(
                "optimizer_default",
                defaults(budget),
                parameters=sum(math.prod(s) for s in SHAPES),
                worst_difference=worst,
            )
        )
        return
    rows = epochs(budget)
    torch.set_num_threads(torch.multiprocessing.cpu_count())
    print(
        save(
            "optimizer_step",
            [*steps(budget), *rows],
            parameters=sum(math.prod(s) for s in SHAPES),
            worst_difference=worst,
        )
    )


if __name__ == "__main__":
    main()
