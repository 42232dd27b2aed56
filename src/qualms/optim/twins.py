"""The classical controls of a superpositional optimizer: same data, same rate, same seeds, no Q or a random
one.
"""

from __future__ import annotations

from torch import Tensor

from qualms.optim.perturbations import Perturbation, RandomQ
from qualms.records.twin import Twin, declared_twins, twin_named

_LamAndQ = tuple[float | Tensor, Perturbation]  # λ and Q


def _without(lam: float | Tensor, q: Perturbation) -> _LamAndQ:
    return 0.0, q


def _random(lam: float | Tensor, q: Perturbation) -> _LamAndQ:
    return lam, RandomQ(of=q.original)


TWINS = (
    Twin("lambda-zero", "the optimizer without its perturbation, which is AdamW", _without),
    Twin("random-q", "the optimizer with a random direction of the same size", _random),
)
"""Made by `twin.make(lam, q)`, which gives λ and Q of the twin."""


@declared_twins.register
def _(q: Perturbation) -> tuple[Twin, ...]:
    return TWINS


def optimizer_twin(lam: float | Tensor, q: Perturbation, name: str) -> _LamAndQ:
    """λ and Q of a twin of `SuperpositionalAdamW(params, lam=lam, q=q)`.

    - "lambda-zero": λ = 0, which is AdamW.
    - "random-q": a random direction of Q's norm on the same coordinates.

    Raises
    ------
    ConfigError
        For a twin that there is not.
    """
    made: _LamAndQ = twin_named(TWINS, name, "an optimizer").make(lam, q)
    return made
