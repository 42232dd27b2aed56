"""What the paper's Q does to the update: its size beside Adam's step, its sign, and four coordinates followed
through training.

python experiments/superposition/mechanism.py     # under a minute; writes mechanism.json and mechanism.png
"""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import torch
from matplotlib import pyplot as plt
from torch.nn.functional import cross_entropy

from forms import adam_step
from qualms.optim import Coordinates, Sine, SuperpositionalAdamW
from qualms.records.provenance import machine, versions
from study import BATCH
from tasks import load
from transformer import Classifier

HERE = Path(__file__).parent
EPOCHS, LAM, RATE, FOLLOWED = 12, 0.5, 3e-3, 4


class Watched:
    """The paper's Q, and notes of what it is beside Adam's step."""

    def __init__(self, follow: int) -> None:
        self.follow, self.rows, self.trace = follow, [], []

    def __call__(self, at: Coordinates) -> list[torch.Tensor]:
        q, steps = Sine()(at), adam_step(at)
        flat_q, flat_step, flat_theta, flat_g = (
            torch.cat([t.reshape(-1) for t in ts]) for ts in (q, steps, at.theta, at.grad)
        )
        self.rows.append({
            "norm_ratio": float(LAM * flat_q.norm() / flat_step.norm()),
            "largest_ratio": float((LAM * flat_q.abs() / (flat_step.abs() + 1e-3)).max()),
            "cosine": float(torch.dot(flat_q, flat_step) / (flat_q.norm() * flat_step.norm())),
            # −lr·λ·Q against the gradient's descent: where θ lies in (−1, 0)
            "uphill": float((flat_q * flat_g < 0).float().mean()),
            "inside_one": float((flat_theta.abs() < 1).float().mean()),
        })  # fmt: skip
        place = at.position.index(self.follow)
        numbers = (t[place].reshape(-1)[:FOLLOWED].tolist() for t in (at.theta, q, steps))
        self.trace.append(dict(zip(("theta", "q", "adam"), numbers, strict=True)))
        return q


def run(scope: str) -> tuple[Watched, torch.Tensor]:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    task = load("counts")
    model = Classifier(task.vocabulary, task.classes, task.train.tokens.shape[1])
    names = [n for n, _ in model.named_parameters()]
    watched = Watched(names.index("blocks.0.qkv.weight"))
    lam = 0.0 if scope == "none" else LAM
    optimizer = SuperpositionalAdamW(
        model.parameters(),
        lr=RATE,
        weight_decay=0.0,
        lam=lam,
        scope="tensor" if scope == "none" else scope,
        mode=watched,
        fused=False,  # the same rounding with and without Q
    )
    order = torch.Generator().manual_seed(0)
    for _ in range(EPOCHS):
        model.train()
        for index in torch.randperm(len(task.train.labels), generator=order).split(BATCH):
            optimizer.zero_grad()
            cross_entropy(model(task.train.tokens[index]), task.train.labels[index]).backward()
            optimizer.step()
    return watched, torch.cat([p.detach().reshape(-1) for p in model.parameters()])


def main() -> None:
    found = {scope: run(scope) for scope in ("tensor", "all")}
    _, without = run("none")
    out = {
        "lam": LAM,
        "lr": RATE,
        "epochs": EPOCHS,
        "versions": versions(),
        "machine": machine(),
        "scopes": {},
    }
    for scope, (watched, weights) in found.items():
        means = {k: sum(r[k] for r in watched.rows) / len(watched.rows) for k in watched.rows[0]}
        ends = {
            "norm_ratio_first_epoch": sum(r["norm_ratio"] for r in watched.rows[:63]) / 63,
            "norm_ratio_last_epoch": sum(r["norm_ratio"] for r in watched.rows[-63:]) / 63,
        }
        apart = float((weights - without).norm() / without.norm())
        out["scopes"][scope] = {
            **means,
            **ends,
            "weights_apart_from_adamw": apart,
            "trace": watched.trace[::21],
        }
        print(
            f"{scope}: "
            + ", ".join(f"{k} {v:.2g}" for k, v in {**means, **ends, "weights apart": apart}.items())
        )
    (HERE / "mechanism.json").write_text(json.dumps(out, indent=1) + "\n")
    picture(found)


def picture(found: dict) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), constrained_layout=True)
    for scope, (watched, _) in found.items():
        left.semilogy([r["norm_ratio"] for r in watched.rows], lw=0.7, label=f"scope {scope}")
    left.set(xlabel="step", ylabel="‖λQ‖ / ‖Adam's step‖", title=f"size of the perturbation, λ = {LAM}")
    left.legend()
    trace = found["tensor"][0].trace
    for k in range(FOLLOWED):
        right.plot([t["adam"][k] for t in trace], color=f"C{k}", lw=0.5)
        right.plot([LAM * t["q"][k] for t in trace], color=f"C{k}", lw=1.5)
    right.set(
        xlabel="step",
        ylabel="θ moves by −lr times this",
        title="four coordinates: Adam (thin), λQ (thick)",
        ylim=(-1.5, 1.5),
    )
    figure.savefig(HERE / "mechanism.png", dpi=110)


if __name__ == "__main__":
    main()
