"""Trains small adapters of many kinds on the shipped base, one line a run in `search.jsonl`.

    python experiments/adapters/search.py PLAN.jsonl …   # every configuration of the plans that has not run yet

A configuration is the task, seed, steps, rate, and the parts of the adapter (`updates.py`). Its id is the
hash of these, so that a run that is there is not made again.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from examples import Task, load_task
from goals import GRADIENT_BATCHES, goal
from language_model import Batch, LanguageModel, Maps
from sublayer import Sublayer
from torch import Tensor
from updates import Entries, Factors, Full, Norms, Part, Scales, Vera

HERE = Path(__file__).parent
RUNS = HERE / "search.jsonl"
KINDS = {"scales": Scales, "vera": Vera, "entries": Entries, "full": Full}
DEFAULTS = {"task": "e2e", "seed": 0, "steps": 120, "size": 8}


def identity(config: dict[str, Any]) -> str:
    """The hash of everything that determines a run, but for its label."""
    what = {k: v for k, v in {**DEFAULTS, **config}.items() if k != "label"}
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


def make(spec: dict[str, Any], model: LanguageModel, draw: torch.Generator) -> Part:
    """A part of an adapter from its description."""
    if spec["kind"] == "factors":
        return Factors(spec, draw)
    if spec["kind"] == "sublayer":
        return Sublayer(spec, draw)
    if spec["kind"] == "norms":
        return Norms(spec, draw, model.norms)
    return KINDS[spec["kind"]](spec, draw, model.maps)


class Run:
    """One adapter in training."""

    def __init__(self, config: dict[str, Any], model: LanguageModel, task: Task) -> None:
        self.config, self.model, self.task = {**DEFAULTS, **config}, model, task
        draw = torch.Generator().manual_seed(self.config["seed"])
        self.parts = [make(spec, model, draw) for spec in config["parts"]]
        self.active: list[Part] = []

    def maps(self) -> Maps:
        maps = dict(self.model.maps)
        for part in self.active:
            for shape, change in part.delta().items():
                maps[shape] = maps[shape] + change
        return maps

    def norms(self) -> Maps:
        norms = dict(self.model.norms)
        for part in self.active:
            if isinstance(part, Norms):
                norms = {k: v + part.change[k] for k, v in norms.items()}
        return norms

    def loss(self, batch: Batch) -> Tensor:
        return self.model.loss(self.maps(), batch, norms=self.norms(), linear=self.linear())

    def linear(self) -> Callable[[Tensor, Tensor], Tensor]:
        """How maps are applied: with the sublayers beside query, key and value, where there are any."""
        beside = [part for part in self.active if isinstance(part, Sublayer)]
        if not beside:
            return F.linear
        calls = iter(range(16))  # four a layer: qkv, o, gate and up, down

        def apply(x: Tensor, weight: Tensor) -> Tensor:
            call, y = next(calls), F.linear(x, weight)
            return y if call % 4 else y + sum(part.side(call // 4, x) for part in beside)

        return apply

    def begin(self, step: int) -> None:
        """Start the parts that take part from this step on."""
        new = [part for part in self.parts if part.at == step]
        for part in new:
            if isinstance(part, Sublayer) and part.spec.get("fit"):
                part.fit(
                    self.model, self.task.batches(self.config["seed"], GRADIENT_BATCHES, self.config["size"])
                )
        targets: dict[str, Maps] = {}
        for part in new:
            kind = json.dumps(part.spec.get("goal", "gradient"))
            if isinstance(part, Sublayer):
                continue
            if (
                part.spec.get("fit") or part.spec.get("start") == "gradient" or part.spec["kind"] == "entries"
            ) and (kind not in targets):
                targets[kind] = self._goal(part.spec.get("goal", "gradient"), step)
            if targets:
                moments = None
                if "moments" in part.spec:
                    text = load_task(part.spec["moments"])
                    moments = self.model.moments(text.batches(self.config["seed"], GRADIENT_BATCHES))
                part.prepare(targets[kind], moments)
        self.active += new

    def _goal(self, kind: Any, step: int) -> Maps:
        """What the directions are fitted to, see `goals`; a fourth entry names another task."""
        seed, size, task = self.config["seed"], self.config["size"], self.task
        with torch.no_grad():
            here = {k: v.clone() for k, v in self.maps().items()}
        if kind[0] == "lora":  # ["lora", rank, steps, rate]: what a short training of LoRA makes
            return self._lora(*kind[1:])
        if isinstance(kind, list) and isinstance(kind[-1], str):
            *kind, other = kind
            task = load_task(other)
        return goal(kind, self.model, here, lambda count: task.batches(seed, count, size, step))

    def _lora(self, rank: int, steps: int, rate: float) -> Maps:
        sides = {"read": {"family": "free"}, "write": {"family": "free"}}
        spec = {"kind": "factors", "K": rank, **sides, "spectrum": False, "scale": 8.0 / rank}
        short = Run({**self.config, "parts": [spec], "steps": steps, "rate": rate}, self.model, self.task)
        short.train()
        return {k: v.detach() for k, v in short.parts[0].delta().items()}

    def train(self) -> dict[str, Any]:
        config, steps = self.config, self.config["steps"]
        groups = [group for part in self.parts for group in part.groups(config["rate"])]
        parameters = [p for group in groups for p in group["params"]]
        optimizer = torch.optim.AdamW(groups, weight_decay=0.0)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda s: min(1, (s + 1) / 10) * 0.5 * (1 + math.cos(math.pi * s / steps))
        )
        starts = {part.at for part in self.parts}
        times, losses = [], []
        for step, batch in enumerate(self.task.batches(config["seed"], steps, config["size"])):
            if step in starts:
                self.begin(step)
            began = time.perf_counter()
            loss = self.loss(batch)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            times.append(time.perf_counter() - began)
            losses.append(loss.item())
            if not math.isfinite(losses[-1]):
                break
        with torch.no_grad():
            maps, norms = self.maps(), self.norms()
            total = sum(
                self.model.loss(maps, b, "sum", norms, self.linear()).item() for b in self.task.validation
            )
        numbers = sum(p.numel() for p in parameters)
        return {
            "numbers": numbers,
            "bytes": 4 * numbers + sum(part.stored for part in self.parts),
            "nll": round(total / sum(len(b.answers) for b in self.task.validation), 4),
            "train": round(sum(losses[-20:]) / 20, 4),
            "step_ms": round(1000 * sorted(times)[len(times) // 2]),
            "fits": [part.report for part in self.parts],
        }


def _next(plans: list[str], left_out: set[str]) -> dict[str, Any] | None:
    """The first configuration of the plans without a run; plans may grow while runs are made."""
    done = {json.loads(line)["id"] for line in RUNS.read_text().splitlines()} if RUNS.exists() else set()
    for plan in plans:
        for line in Path(plan).read_text().splitlines():
            if line.strip() and identity(json.loads(line)) not in done | left_out:
                return json.loads(line)
    return None


def main(plans: list[str]) -> None:
    torch.set_num_threads(1)
    model = LanguageModel()
    broken: set[str] = set()
    while (config := _next(plans, broken)) is not None:
        began = time.perf_counter()
        try:
            result = Run(config, model, load_task(config.get("task", DEFAULTS["task"]))).train()
        except Exception as error:  # one broken configuration must not end a night's queue
            print(json.dumps({"label": config.get("label"), "error": repr(error)}), flush=True)
            broken.add(identity(config))
            continue
        line = {"id": identity(config), **DEFAULTS, **config, **result}
        line["seconds"] = round(time.perf_counter() - began, 1)
        with RUNS.open("a") as file:
            file.write(json.dumps(line) + "\n")
        shown = ("label", "task", "rate", "seed", "numbers", "nll", "step_ms", "seconds", "fits")
        print(json.dumps({k: line[k] for k in shown}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
