"""The form with a measurement: hidden states are encoded, a circuit turns them, its readout is projected
up.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from qualms.adapters.config import QSLConfig
from qualms.adapters.frozen_numbers import FrozenNumbers
from qualms.adapters.plan import Held, Plan, Start, circuit_start
from qualms.adapters.sharing import projected
from qualms.adapters.targets import Layout
from qualms.backends import Backend
from qualms.errors import ConfigError
from qualms.kernels import measure, normalized


@dataclass(frozen=True)
class Sublayer(Plan):
    """y = W x + s · B r(U(θ) A x / ‖A x‖), see `QSLConfig`."""

    @classmethod
    def made(cls, config: QSLConfig, layout: Layout, n_in: int, backend: Backend, where: str) -> Self:
        needed = max(1, math.ceil(math.log2(n_in)))
        n = config.n_qubits if config.n_qubits is not None else needed
        if config.down == "full" and n < needed:
            raise ConfigError(
                f"{where}: down='full' encodes {n_in} features and needs {needed} qubits, n_qubits is {n}"
            )
        if config.down != "full" and (1 << n) > n_in:
            most = int(math.log2(n_in))
            raise ConfigError(
                f"{where}: too few dimensions, {n} qubits encode {1 << n} amplitudes but it has {n_in} "
                f"inputs; use n_qubits ≤ {most} or down='full'"
            )
        return cls(config, layout, n_in, layout.sizes[0], config.ansatz(n), backend)

    @property
    def width(self) -> int:
        """Number of values read out of the circuit."""
        return self.ansatz.n_qubits if self.config.readout == "z" else self.ansatz.dimension

    @property
    def shared(self) -> dict[str, int]:
        wanted = {"down": (self.config.share_down, self.n_in), "up": (self.config.share_up, self.n_out)}
        return {name: size for name, (is_shared, size) in wanted.items() if is_shared}

    def starts(self, draw: FrozenNumbers, elsewhere: Collection[str]) -> Iterator[Start]:
        config, maps, d, width = self.config, self.maps, self.ansatz.dimension, self.width
        yield circuit_start(self, draw, "", self.ansatz, d, config.std)
        if config.down in ("learned", "random") and "down" not in elsewhere:
            down = draw.normal(
                "down", 1 if config.share_down else maps, d, self.n_in, std=1 / math.sqrt(self.n_in)
            )
            yield Start("down", down, config.down == "learned")
        if config.up == "learned":
            if "up" not in elsewhere:
                yield Start("up", torch.zeros(1 if config.share_up else maps, self.n_out, width), True)
            return
        yield Start("up", draw.normal("up", maps, self.n_out, width, std=1 / math.sqrt(width)), False)
        if config.up == "gain":
            yield Start("gain", torch.zeros(maps, width), True)
        else:  # beside the trained angles those they start with, whose readout is subtracted
            yield Start(
                "angles", draw.normal("angles", maps, *self.ansatz.angle_shape, std=config.std), False
            )

    def read(self, held: Held, x: Tensor) -> tuple[Tensor, Tensor]:
        config, d = self.config, self.ansatz.dimension
        h = self._projected(held, x)
        read = self._read_out(held.find("angles"), held.find("matrix"), h)
        if config.up == "fixed":
            read = read - self._read_out(held.get("frozen_angles"), None, h)
        if config.keep_norm and config.normalize:
            read = read * (torch.linalg.vector_norm(h, dim=-1, keepdim=True) / math.sqrt(d))
        return read, self._up(held) * self._spread()

    def factors(self, held: Held) -> tuple[Tensor, Tensor]:
        encoded = self._project(held, torch.eye(self.n_in, device=held.get("up").device))  # ([m,] in, 2ⁿ)
        state = self._turned(held.find("angles"), held.find("matrix"), encoded)
        if self.config.up == "fixed":
            state = state - self._turned(held.get("frozen_angles"), None, encoded)
        return state.mT, self._up(held)

    def _turned(self, angles: Tensor | None, matrix: Tensor | None, encoded: Tensor) -> Tensor:
        """U of unnormalised amplitudes: ([m,] in, 2ⁿ) → (m, in, 2ⁿ)."""
        if angles is None:
            assert matrix is not None
            return encoded @ matrix.mT
        return self.backend.read_out(self.ansatz, angles, encoded, "amplitudes", False)

    def _up(self, held: Held) -> Tensor:
        """B of every map, (m, out, width)."""
        up, gain = held.get("up"), held.find("gain")
        return (up if gain is None else up * gain[:, None]).expand(self.maps, -1, -1)

    def _project(self, held: Held, x: Tensor) -> Tensor:
        """A x: (T, in) → (T, 2ⁿ) where all maps share it, else (m, T, 2ⁿ)."""
        down = held.find("down")
        if down is not None:
            return nn.functional.linear(x, down[0]) if len(down) == 1 else x @ down.mT
        if self.config.down == "slice":
            return x[:, : self.ansatz.dimension]
        return nn.functional.pad(x, (0, self.ansatz.dimension - self.n_in))

    def _projected(self, held: Held, x: Tensor) -> Tensor:
        """A of the input (..., in); once in a forward of the block for all maps that share A and are given
        the same tensor.
        """
        down = held.find("down")
        dropped = held.training and self.config.dropout > 0  # each map drops its own
        # a fused map projects once anyhow
        if down is None or dropped or not self.config.share_down or self.maps > 1:
            return self._project(held, held.tokens(x))
        return projected(held.owner("down"), held.adapter, x, down[0], held.tokens)

    def _read_out(self, angles: Tensor | None, matrix: Tensor | None, h: Tensor) -> Tensor:
        """r(U α), α = h / ‖h‖: ([m,] T, 2ⁿ) → (m, T, width)."""
        config = self.config
        if angles is None:
            assert matrix is not None
            return measure((normalized(h) if config.normalize else h) @ matrix.mT, config.readout)
        return self.backend.read_out(self.ansatz, angles, h, config.readout, config.normalize)

    def _spread(self) -> float:
        """What gives the readout of a dense Gaussian input a standard deviation of about 1."""
        d = self.ansatz.dimension
        if self.config.readout == "z":
            return math.sqrt(d / 2)
        if self.config.readout == "probs":
            return d / math.sqrt(2)
        return math.sqrt(d) if self.config.normalize else 1.0
