"""The arms: what each gives the optimizer.

λ = 0 is AdamW bit for bit, so it is the baseline of every other.
"""

from __future__ import annotations

from typing import Any

import forms
from qualms.optim import CosineLam, SuperpositionalAdamW

Arm = dict[str, Any]


def _sine(scope: str, lam: float, **more: Any) -> Arm:
    return {"scope": scope, "lam": lam, **more}


ARMS: dict[str, Arm] = {
    "adamw": {"lam": 0.0},
    "sine tensor 0.1": _sine("tensor", 0.1),
    "sine tensor 0.5": _sine("tensor", 0.5),
    "sine tensor 1": _sine("tensor", 1.0),
    "sine tensor 2": _sine("tensor", 2.0),
    "sine overall 0.5": _sine("overall", 0.5),
    "sine random 0.5": _sine("random", 0.5),
    "sine all 0.5": _sine("all", 0.5),
    "sine all 2": _sine("all", 2.0),
    "circuit tensor 0.5": _sine("tensor", 0.5, mode="circuit"),
    # twins
    "random tensor 0.5": _sine("tensor", 0.5, mode="random"),
    "random all 0.5": _sine("all", 0.5, mode="random"),
    "flipped tensor 0.5": _sine("tensor", 0.5, mode="sign_flip"),
    "flipped all 0.5": _sine("all", 0.5, mode="sign_flip"),
    "product circuit tensor 0.5": _sine("tensor", 0.5, mode="circuit", entangle=False),
}
ATTENTION: dict[str, Arm] = {  # the paper's quantum transformer, whole; and with Φ's classical twin
    "adamw, Φ": {"lam": 0.0, "attention": "circuit"},
    "adamw, Fourier Φ": {"lam": 0.0, "attention": "fourier"},
    "sine tensor 0.5, Φ": _sine("tensor", 0.5, attention="circuit"),
}
REAL = [
    "adamw",
    "sine tensor 0.1",
    "sine tensor 0.5",
    "sine tensor 2",
    "sine all 0.5",
    "circuit tensor 0.5",
    "random tensor 0.5",
    "random all 0.5",
    "flipped all 0.5",
]
_FORMS = {
    "scaled": (0.1, 0.5),
    "annealed": (0.1, 0.5),
    "curvature": (0.5, 50.0),
    "interference": (0.1, 0.5),
    "tunnelling": (0.1, 0.5),
}
FORM_GROUPS = [[f"{name} {lam:g}" for lam in lams] for name, lams in _FORMS.items()]
FORMS: dict[str, Arm] = {
    f"{name} {lam:g}": {"scope": "all", "lam": lam, "form": name}
    for name, lams in _FORMS.items()
    for lam in lams
}


def attention(name: str) -> str:
    """What the arm's model has on its attention scores."""
    return (ARMS | ATTENTION | FORMS)[name].get("attention", "plain")


def build(
    name: str, parameters: Any, lr: float, steps: int, seed: int
) -> tuple[SuperpositionalAdamW, CosineLam | None, Any]:
    """Optimizer, λ schedule if any, and who wants to hear the loss, if anybody."""
    arm = dict((ARMS | ATTENTION | FORMS)[name])
    arm.pop("attention", None)
    form = arm.pop("form", None)
    watcher = forms.Tunnelling(seed) if form == "tunnelling" else None
    if form:
        arm["mode"] = watcher or getattr(forms, {"annealed": "scaled"}.get(form, form))
    optimizer = SuperpositionalAdamW(parameters, lr=lr, weight_decay=0.0, seed=seed, fused=True, **arm)
    return optimizer, CosineLam(optimizer, steps) if form == "annealed" else None, watcher
