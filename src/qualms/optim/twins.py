"""The classical controls of a superpositional optimizer: same data, same rate, same seeds, no Q or a random one."""

from __future__ import annotations

from torch import Tensor

from qualms.errors import ConfigError
from qualms.optim.perturbations import Perturbation, RandomQ

OPTIMIZER_TWINS = ("lambda-zero", "random-q")


def optimizer_twin(lam: float | Tensor, q: Perturbation, name: str) -> tuple[float | Tensor, Perturbation]:
    """λ and Q of a twin of `SuperpositionalAdamW(params, lam=lam, q=q)`.

    - "lambda-zero": λ = 0, which is AdamW.
    - "random-q": a random direction of Q's norm on the same coordinates.

    Raises
    ------
    ConfigError
        For a twin that there is not.
    """
    if name == "lambda-zero":
        return 0.0, q
    if name == "random-q":
        return lam, RandomQ(of=q.original)
    raise ConfigError(f"unknown twin {name!r} of an optimizer; there are {', '.join(OPTIMIZER_TWINS)}")
