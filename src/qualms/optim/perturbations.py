"""Q: what is added to Adam's step, and its classical controls."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from qualms.errors import ConfigError, NonFiniteError
from qualms.optim.coordinates import Choice, generator, take
from qualms.optim.values import checked_value
from qualms.records.quadrant import CLASSICAL, Quadrant

_FEW = 64  # coordinates of a tensor that are soon copied


@dataclass(frozen=True)
class Coordinates:
    """What Q may depend on, for every parameter touched: lists of equal length.

    Attributes
    ----------
    theta : list[Tensor]
        Chosen coordinates before the step, to be read only; (k,), or of the parameter's shape if all are
        chosen.
    grad : list[Tensor]
        Their gradients, negated where the objective is maximised.
    mean, square : list[Tensor]
        Adam's m and v for them, before the step.
    step : list[Tensor]
        How many steps each parameter has made.
    position : list[int]
        Each parameter's place in the optimizer.
    beta1 : float | Tensor
        Adam's decay of the mean of gradients.
    beta2 : float | Tensor
        Adam's decay of the mean of their squares.
    eps : float
        What Adam adds to the denominator.
    """

    theta: list[Tensor]
    grad: list[Tensor]
    step: list[Tensor]
    position: list[int]
    beta1: float | Tensor
    beta2: float | Tensor
    eps: float
    _means: list[tuple[Tensor, Choice]]
    _squares: list[tuple[Tensor, Choice]]

    @property
    def mean(self) -> list[Tensor]:
        return [take(tensor, choice) for tensor, choice in self._means]

    @property
    def square(self) -> list[Tensor]:
        return [take(tensor, choice) for tensor, choice in self._squares]


class Perturbation(ABC):
    """Q: which coordinates it touches, what is added to Adam's step there, and what quadrant a step with it
    is in.
    """

    mode: ClassVar[str]  # its short name, as it stands in parameter groups and in saved states

    @abstractmethod
    def __call__(self, at: Coordinates) -> list[Tensor]:
        """Q of every parameter touched, one tensor of the shape of each of `at.theta`."""

    @property
    @abstractmethod
    def original(self) -> Placed:
        """This Q, or the one that it is the control of: it says which coordinates are touched."""

    @abstractmethod
    def with_seed(self, seed: int) -> Perturbation:
        """The same Q, drawing other numbers."""

    @property
    @abstractmethod
    def quadrant(self) -> Quadrant:
        """What a step with it is."""

    @property
    def capturable(self) -> bool:
        """Whether a captured graph can make it: it asks the host nothing."""
        return False

    @property
    def sine_sign(self) -> int:
        """1 or −1 where Q is plus or minus the sine of each tensor's first coordinates, which the compiled
        sweep makes itself; else 0.
        """
        return 0


@dataclass(frozen=True)
class Placed(Perturbation):
    """A perturbation with coordinates of its own.

    Parameters
    ----------
    n_qubits : int
        How many coordinates a scope takes, and qubits of a circuit. The paper's number is 4.
    scope : str
        Coordinates touched. The paper writes i < n_qubits and does not say of what. "tensor", the first of
        each tensor, is the default because the paper's gain is hard to imagine from four numbers of a whole
        model; "overall", the first of all parameters; "all"; "random", drawn once for each tensor, the
        control for "first".
    short : str
        What a tensor with fewer than `n_qubits` coordinates gives, "whole" (all it has; the formula's letter)
        or "skip".
    seed : int
        Of what is drawn: the scope "random", and the directions of `RandomQ`.

    Raises
    ------
    ConfigError
        For a value that there is not.
    """

    n_qubits: int = field(default=4, kw_only=True)
    scope: str = field(default="tensor", kw_only=True)
    short: str = field(default="whole", kw_only=True)
    seed: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, checked_value(f.name, getattr(self, f.name)))

    @property
    def original(self) -> Placed:
        return self

    def with_seed(self, seed: int) -> Self:
        return replace(self, seed=seed)


@dataclass(frozen=True)
class Sine(Placed):
    """Q_i = sin(πθ_i)·g_i (arXiv 2511.01918)."""

    mode: ClassVar[str] = "sine"

    @property
    def capturable(self) -> bool:
        return True

    @property
    def sine_sign(self) -> int:
        return 0 if self.scope == "random" else 1

    @property
    def quadrant(self) -> Quadrant:
        return Quadrant("classical", "quantum-inspired")

    def __call__(self, at: Coordinates) -> list[Tensor]:
        # a differentiable step: the foreach functions would keep tensors that it changes
        if torch.is_grad_enabled():
            return [torch.sin(math.pi * t) * g for t, g in zip(at.theta, at.grad, strict=True)]
        sizes = [t.numel() for t in at.theta]
        if sum(sizes) <= _FEW * len(sizes):  # many short pieces: one long one is done sooner
            theta, grad = (
                torch.cat([t if t.ndim == 1 else t.reshape(-1) for t in tensors])
                for tensors in (at.theta, at.grad)
            )
            q = theta.mul_(math.pi).sin_().mul_(grad).split(sizes)
            return [part if t.ndim == 1 else part.view(t.shape) for part, t in zip(q, at.theta, strict=True)]
        q = torch._foreach_mul(at.theta, math.pi)
        torch._foreach_sin_(q)
        torch._foreach_mul_(q, at.grad)
        return list(q)


@dataclass(frozen=True)
class Own(Placed):
    """Q from a function of one's own. It is not saved with a state.

    Parameters
    ----------
    function : Callable
        From `Coordinates` to a list of tensors, one for each of `Coordinates.theta`.
    n_qubits, scope, short, seed
        As in `Placed`.
    """

    mode: ClassVar[str] = "own"
    function: Callable[[Coordinates], list[Tensor]]

    @property
    def quadrant(self) -> Quadrant:
        return Quadrant("classical", "quantum-inspired")

    def __call__(self, at: Coordinates) -> list[Tensor]:
        return checked(self.function(at), at.theta)


@dataclass(frozen=True)
class _Control(Perturbation):
    """A classical control: another direction in the place of a Q, on the same coordinates.

    Parameters
    ----------
    of : Perturbation
        The Q that it is the control of.
    """

    of: Placed

    def __post_init__(self) -> None:
        if not isinstance(self.of, Placed) or isinstance(self.of, Own):
            raise ConfigError(
                f"{type(self).__name__}(of={self.of!r}): the control is of a Sine or a FromCircuit"
            )

    @property
    def original(self) -> Placed:
        return self.of

    def with_seed(self, seed: int) -> Self:
        return replace(self, of=self.of.with_seed(seed))

    @property
    def quadrant(self) -> Quadrant:
        return CLASSICAL


@dataclass(frozen=True)
class SignFlip(_Control):
    """−Q, the control that shows whether the direction matters."""

    mode: ClassVar[str] = "sign_flip"
    of: Placed = field(default_factory=Sine)

    @property
    def capturable(self) -> bool:
        return self.of.capturable

    @property
    def sine_sign(self) -> int:
        return -self.of.sine_sign

    def __call__(self, at: Coordinates) -> list[Tensor]:
        return list(torch._foreach_neg(self.of(at)))


@dataclass(frozen=True)
class RandomQ(_Control):
    """A Gaussian direction with Q's norm on every tensor, the control that shows whether anything but the
    size matters.

    Drawn anew at each step from the seed, the step and the parameter's place, so that a resumed run draws the
    same.
    """

    mode: ClassVar[str] = "random"
    of: Placed = field(default_factory=Sine)

    def __call__(self, at: Coordinates) -> list[Tensor]:
        out = []
        for real, step, place in zip(self.of(at), at.step, at.position, strict=True):
            drawn = torch.randn(
                real.shape,
                generator=generator("direction", self.of.seed, int(step), place),
                device="cpu",
                dtype=torch.float32,
            )
            size = real.float().norm() if real.dtype.itemsize < 4 else real.norm()
            drawn = drawn.to(size)
            out.append((drawn * (size / drawn.norm())).to(real))
        return out


def checked(q: Any, theta: Sequence[Tensor]) -> list[Tensor]:
    """What somebody's own perturbation gave, if it is Q of these coordinates."""
    if not isinstance(q, (list, tuple)) or len(q) != len(theta) or not all(isinstance(t, Tensor) for t in q):
        raise ConfigError(
            f"a perturbation gives a list of {len(theta)} tensors, one for each "
            f"of at.theta; this gave {type(q).__name__}"
        )
    for k, (given, at) in enumerate(zip(q, theta, strict=True)):
        if given.shape != at.shape or given.device != at.device:
            raise ConfigError(
                f"tensor {k} of the perturbation has shape {tuple(given.shape)} on {given.device}; "
                f"at.theta has {tuple(at.shape)} on {at.device}"
            )
    if not all(bool(t.isfinite().all()) for t in q):
        raise NonFiniteError("the perturbation gave infinities or NaN; nothing was changed")
    return [t.to(at.dtype) for t, at in zip(q, theta, strict=True)]
