"""The classical controls of a quantum sublayer: same place, same data, same budget, no (trained) quantum
part.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from peft import LoraConfig, PeftConfig, UniLoraConfig, get_peft_model
from torch import nn

from qualms.adapters.config import QSLConfig
from qualms.adapters.layer import QSLLayer
from qualms.records.twin import Twin, declared_twins, twin_named


def _changed(config: QSLConfig, **changes: Any) -> QSLConfig:
    if config.start == "fitted" and "circuit" in changes:  # what is not trained is not fitted
        changes.update(start="random", angle_std=config.std)
    if config.up == "fixed" and "circuit" in changes:
        # nothing at all would train: let the twin learn as many classical gains as there are values read out
        return replace(config, **changes, up="gain")
    return replace(config, **changes)


def _of_equal_size(config: QSLConfig, model: nn.Module, made: Callable[..., PeftConfig]) -> PeftConfig:
    carrier = get_peft_model(copy.deepcopy(model), config)
    return made(carrier, task_type=config.task_type)


CIRCUIT_TWINS = (
    Twin(
        "frozen-angles",
        "the circuit's angles stay at their random start",
        lambda c, _=None: _changed(c, circuit="frozen"),
    ),
    Twin(
        "no-entangler",
        "the circuit without entangling gates",
        lambda c, _=None: _changed(c, entangler="none"),
    ),
    Twin(
        "random-orthogonal",
        "a frozen random orthogonal matrix in the circuit's place",
        lambda c, _=None: _changed(c, circuit="orthogonal"),
    ),
)
_LORA_EQUAL = Twin(
    "lora-equal",
    "LoRA with about as many trained parameters",
    lambda c, model: _of_equal_size(c, model, lora_twin),
)
TWINS = (*CIRCUIT_TWINS, _LORA_EQUAL)
"""Made by `twin.make(config, model)`, where the model is the one that the adapter is for."""

FACTOR_TWINS = (
    Twin(
        "unilora-equal",
        "Uni-LoRA with as many trained parameters",
        lambda c, model: replace(_of_equal_size(c, model, unilora_twin), proj_seed=c.init_seed),
    ),
)
"""Of the form "factors", which makes a matrix of low rank from few numbers, as Uni-LoRA does."""

FIT_TWINS = (
    Twin(
        "unfitted",
        "the circuit's angles start at random, not fitted",
        lambda c, _=None: replace(c, start="random", angle_std=c.std),
    ),
    Twin(
        "stored-directions",
        "stored singular vectors of what the circuit is fitted to, in its place",
        lambda c, _=None: replace(c, circuit="stored"),
    ),
)
EQUAL_TWINS = (_LORA_EQUAL, *FACTOR_TWINS)
"""Those that are another method of PEFT."""
ON_REQUEST = ("stored-directions",)
"""Names of those that studies do not bring by themselves: it tells what circuits lose, with a file many times
as large, and not what they are worth."""


@declared_twins.register
def _(config: QSLConfig) -> tuple[Twin, ...]:
    if config.circuit == "stored":
        return ()  # it is classical
    return (
        *TWINS,
        *(FACTOR_TWINS if config.form == "factors" else ()),
        *(FIT_TWINS if config.start == "fitted" else ()),
    )


def twin(config: QSLConfig, name: str) -> QSLConfig:
    """The circuit twin `name` of an adapter.

    - "frozen-angles": the same circuit, its angles left as drawn; everything classical is trained.
    - "no-entangler": no CNOTs, so every state stays a product over qubits apart from the input's own
      correlations.
    - "random-orthogonal": a frozen Haar-random orthogonal matrix in the circuit's place.
    - "unfitted", of a config with ``start="fitted"``: the same angles, trained from where they were drawn.
    - "stored-directions", of such a config: in the circuits' place the singular vectors that they would be
      fitted to, stored and frozen.

    Raises
    ------
    ConfigError
        For a twin that there is not.
    """
    circuit_twins = tuple(t for t in declared_twins(config) if t not in EQUAL_TWINS)
    made: QSLConfig = twin_named(circuit_twins, name, "an adapter").make(config)
    return made


def lora_twin(model: nn.Module, adapter: str = "default", task_type: str | None = None) -> LoraConfig:
    """LoRA on the same modules with as nearly as possible the same number of trained parameters.

    Ranks are dealt out module by module until the budget is spent; modules that get none are left alone. A
    budget below a single rank still buys one, so the count to compare is the one in the record.

    Parameters
    ----------
    model : nn.Module
        A model that carries the QSL adapter.
    adapter : str, default "default"
        Name of the adapter.
    task_type : str, optional
        PEFT's task type.
    """
    names, budget = _carried(model, adapter)
    ranks = dict.fromkeys(names, 0)
    spent, order = 0, sorted(names)
    while True:
        lowest = min(ranks.values())
        open_names = [
            n for n in order if ranks[n] == lowest and abs(spent + names[n] - budget) < abs(spent - budget)
        ]
        if not open_names:
            break
        ranks[open_names[0]] += 1
        spent += names[open_names[0]]
    if not any(ranks.values()):
        ranks[order[0]] = 1
    used = {n: r for n, r in ranks.items() if r}
    most = max(used.values())
    pattern = {"^" + n.replace(".", r"\."): r for n, r in used.items() if r != most}
    return LoraConfig(
        r=most,
        lora_alpha=2 * most,
        rank_pattern=pattern,
        alpha_pattern={k: 2 * r for k, r in pattern.items()},
        target_modules=sorted(used),
        task_type=task_type,
    )


def unilora_twin(model: nn.Module, adapter: str = "default", task_type: str | None = None) -> UniLoraConfig:
    """Uni-LoRA (Li et al. 2025, arXiv:2506.00799) on the same modules, with as many trained parameters.

    All entries of LoRA's matrices are taken from one trained vector, each from a place that is drawn by a
    seed. So this has, as a circuit has, fewer trained numbers than one rank of LoRA where that is asked for.

    Parameters
    ----------
    model, adapter, task_type
        As in `lora_twin`.
    """
    names, budget = _carried(model, adapter)
    rank = max(UniLoraConfig().r, math.ceil(budget / sum(names.values())))
    return UniLoraConfig(r=rank, theta_d_length=budget, target_modules=sorted(names), task_type=task_type)


def _carried(model: nn.Module, adapter: str) -> tuple[dict[str, int], int]:
    """The maps that carry an adapter, each with the size of a rank of LoRA, and the adapter's trained
    parameters.
    """
    layers = {name: m for name, m in model.named_modules() if isinstance(m, QSLLayer) and adapter in m.plans}
    names = {
        name.removeprefix("base_model.model."): m.in_features + m.out_features for name, m in layers.items()
    }
    budget = sum(p.numel() for n, p in model.named_parameters() if ".qsl_" in n and n.endswith(f".{adapter}"))
    return names, budget
