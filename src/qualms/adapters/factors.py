"""The linear form: ΔW is a product of two circuits' first columns."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from qualms.adapters.config import QSLConfig
from qualms.adapters.frozen_numbers import FrozenNumbers
from qualms.adapters.plan import Held, Plan, Start, circuit_start
from qualms.adapters.scope import is_recomputed, is_transformed, models
from qualms.adapters.targets import Layout
from qualms.adapters.together import Together
from qualms.backends import Backend
from qualms.backends.exact import StatevectorBackend
from qualms.circuits import LayeredAnsatz
from qualms.errors import ConfigError


@dataclass(frozen=True)
class Factors(Plan):
    """y = W x + s · U(θ_a)[:, :K] diag(λ) U(θ_b)[:, :K]ᵀ x, see `QSLConfig`.

    Attributes
    ----------
    ansatz : LayeredAnsatz
        The circuit of the input side.
    ansatz_out : LayeredAnsatz
        That of the output side.
    """

    ansatz_out: LayeredAnsatz

    @classmethod
    def made(cls, config: QSLConfig, layout: Layout, n_in: int, backend: Backend, where: str) -> Self:
        n_out = layout.sizes[0]
        smallest = min(n_in, n_out)
        if config.rank > smallest:
            raise ConfigError(f"{where}: rank {config.rank} exceeds the map's smaller side, {smallest}")
        if config.gains > smallest:
            raise ConfigError(f"{where}: {config.gains} gains exceed the map's smaller side, {smallest}")
        fits_angles = config.start == "fitted" and config.circuit == "trained"
        if fits_angles and not isinstance(backend, StatevectorBackend):
            raise ConfigError(
                f"{where}: start='fitted' needs exact amplitudes, and backend {backend.name!r} measures; use "
                "backend='statevector'"
            )
        sides = [config.ansatz(max(1, math.ceil(math.log2(size)))) for size in (n_in, n_out)]
        return cls(config, layout, n_in, n_out, sides[0], backend, sides[1])

    @property
    def circuits(self) -> tuple[LayeredAnsatz, ...]:
        return self.ansatz, self.ansatz_out

    def starts(self, draw: FrozenNumbers, elsewhere: Collection[str]) -> Iterator[Start]:
        config = self.config
        yield circuit_start(self, draw, "", self.ansatz, config.rank, config.std)
        yield circuit_start(self, draw, "_out", self.ansatz_out, config.rank, config.std)
        yield Start("spectrum", torch.zeros(self.maps, config.rank), True)

    def read(self, held: Held, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.factors(held)
        return held.tokens(x) @ a.mT, b

    def factors(self, held: Held) -> tuple[Tensor, Tensor]:
        v, u = self.directions(held)
        return v, u.mT * held.get("spectrum")[:, None]

    def directions(self, held: Held) -> tuple[Tensor, Tensor]:
        """The factors' columns: v (m, K, in) and u (m, K, out)."""
        v, u = (self._columns(held, name, ansatz) for name, ansatz in self.sides)
        return v[..., : self.n_in], u[..., : self.n_out]

    def columns(self, angles: Tensor, angles_out: Tensor) -> tuple[Tensor, Tensor]:
        """The same for angles (C, L, n) of both sides."""
        v, u = self._made(angles, self.ansatz), self._made(angles_out, self.ansatz_out)
        return v[..., : self.n_in], u[..., : self.n_out]

    @property
    def is_made_together(self) -> bool:
        return True

    @property
    def sides(self) -> tuple[tuple[str, LayeredAnsatz], ...]:
        """The names of both angles, and their circuits."""
        return ("angles", self.ansatz), ("angles_out", self.ansatz_out)

    @property
    def fitted_names(self) -> tuple[str, ...]:
        return "angles", "angles_out"

    @property
    def trained_names(self) -> tuple[str, ...]:
        """The tensors that are zero until training begins."""
        return ("spectrum",)

    def _columns(self, held: Held, name: str, ansatz: LayeredAnsatz) -> Tensor:
        """U's first K columns, (m, K, 2ⁿ)."""
        angles = held.find(name)
        if angles is None:
            return held.get(name.replace("angles", "matrix")).mT
        found = self._together(held, angles, ansatz)
        return self._made(angles, ansatz) if found is None else found

    def _together(self, held: Held, angles: Tensor, ansatz: LayeredAnsatz) -> Tensor | None:
        """The columns, (m, K, 2ⁿ), made with those of all circuits of this shape in the model; None where
        that cannot be.
        """
        scope = None if is_transformed() or is_recomputed() else models.present.get()
        if scope is None or angles.is_inference():
            return None
        key = (held.adapter, ansatz, self.config.rank, angles.device, torch.is_grad_enabled())
        if key not in scope.made:
            alike = [
                found
                for plan, peer in held.peers(scope.module)
                if isinstance(plan, Factors) and plan.config.rank == self.config.rank
                for name, circuit in plan.sides
                if circuit == ansatz and (found := peer.find(name)) is not None and found.is_leaf
                and found.device == angles.device and found.shape[1:] == ansatz.angle_shape
            ]  # fmt: skip
            scope.made[key] = Together.of(alike, lambda stacked: self._made(stacked, ansatz))
        made: Together = scope.made[key]
        return made.of_one(angles)

    def _made(self, angles: Tensor, ansatz: LayeredAnsatz) -> Tensor:
        """What U makes of the first K basis states, (C, K, 2ⁿ)."""
        basis = torch.eye(self.config.rank, ansatz.dimension, device=angles.device)
        return self.backend.read_out(ansatz, angles, basis, "amplitudes", False)
