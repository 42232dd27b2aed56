"""What an adapter does at one layer: the interface of its forms, and what a form is given of the layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

from torch import Tensor, nn

from qualms.adapters.config import QSLConfig
from qualms.adapters.frozen_numbers import FrozenNumbers
from qualms.adapters.targets import Layout
from qualms.backends import Backend
from qualms.circuits import LayeredAnsatz


class Start(NamedTuple):
    """A tensor that a layer holds for an adapter, as it starts: learned, frozen and saved (`kept`), or frozen
    and not saved, because it can be drawn again.
    """

    name: str
    value: Tensor
    learned: bool
    kept: bool = False


class Held(Protocol):
    """What a layer holds of an adapter, by the names of its `Start`s."""

    @property
    def adapter(self) -> str:
        """Its name."""

    @property
    def training(self) -> bool:
        """Whether dropout counts."""

    def find(self, name: str) -> Tensor | None:
        """A tensor, float32, learned or frozen, the layer's own or the one it shares; None if there is
        none.
        """

    def get(self, name: str) -> Tensor:
        """The same of one that is there."""

    def tokens(self, x: Tensor) -> Tensor:
        """The input (..., in) as (T, in) float32, dropout applied."""

    def owner(self, name: str) -> nn.Module:
        """The layer whose tensor of that name this one uses, which is mostly itself."""

    def peers(self, model: nn.Module) -> Iterable[tuple[Plan, Held]]:
        """The adapter's plans and tensors at all layers of a model, this one among them."""


@dataclass(frozen=True)
class Plan(ABC):
    """What one adapter does at one layer: sizes, choices and the computation, no tensors.

    Attributes
    ----------
    config : QSLConfig
        The adapter's settings.
    layout : Layout
        How the map divides into `m` maps (1, or 3 for a fused q-k-v).
    n_in, n_out : int
        Input features; output features of each of the `m` maps.
    ansatz : LayeredAnsatz
        The circuit, or the first of them.
    backend : Backend
        Where the circuits run.
    """

    config: QSLConfig
    layout: Layout
    n_in: int
    n_out: int
    ansatz: LayeredAnsatz
    backend: Backend

    @classmethod
    @abstractmethod
    def made(cls, config: QSLConfig, layout: Layout, n_in: int, backend: Backend, where: str) -> Self:
        """The plan for a map at `where`. Raises ConfigError where the map is too small."""

    @property
    def maps(self) -> int:
        return len(self.layout.sizes)

    @property
    def circuits(self) -> tuple[LayeredAnsatz, ...]:
        """Every circuit of a map."""
        return (self.ansatz,)

    @property
    def shared(self) -> dict[str, int]:
        """Tensors that the maps of a block share, if they are of equal size: names of a `Start`, and that
        size.
        """
        return {}

    @property
    def fitted_names(self) -> tuple[str, ...]:
        """Tensors of a `Start` that a fit changes before training."""
        return ()

    @property
    def is_made_together(self) -> bool:
        """Whether the circuits of all layers are computed together, once in a forward of the model."""
        return False

    @abstractmethod
    def starts(self, draw: FrozenNumbers, elsewhere: Collection[str]) -> Iterator[Start]:
        """The tensors that a layer holds, but for those that it uses `elsewhere`."""

    @abstractmethod
    def read(self, held: Held, x: Tensor) -> tuple[Tensor, Tensor]:
        """What is read of the input (..., in), (m, T, width), and the up-projection that takes it to the
        outputs, (m, out, width).
        """

    @abstractmethod
    def factors(self, held: Held) -> tuple[Tensor, Tensor]:
        """(A, B) of a linear adapter with ΔW = s·B A for each map: (m, r, in) and (m, out, r)."""


def circuit_start(
    plan: Plan, draw: FrozenNumbers, side: str, ansatz: LayeredAnsatz, columns: int, std: float
) -> Start:
    """The angles of a circuit, or what stands in its place in a twin: frozen angles, a frozen orthogonal
    matrix of so many columns.
    """
    if plan.config.circuit == "orthogonal":
        return Start(
            "matrix" + side, draw.orthogonal("matrix" + side, plan.maps, ansatz.dimension, columns), False
        )
    return Start(
        "angles" + side,
        draw.normal("angles" + side, plan.maps, *ansatz.angle_shape, std=std),
        plan.config.circuit == "trained",
    )
