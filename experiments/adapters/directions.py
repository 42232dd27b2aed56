"""Families of directions: from few trained numbers to K vectors of n entries, for m places at once.

Every family is a module whose call gives a tensor (m, K, n). Circuits are the family in question; the others
are its classical controls. `stored` counts what a file must hold beside the trained numbers, in bytes: the
support of sparse vectors or a basis that no seed gives back.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from qualms.backends import get_backend
from qualms.circuits import LayeredAnsatz


class Directions(nn.Module):
    """K vectors of n entries for each of m places, from trained numbers."""

    stored = 0

    def __init__(self, m: int, k: int, n: int) -> None:
        super().__init__()
        self.m, self.k, self.n = m, k, n

    def start_at(self, vectors: Tensor) -> None:
        """Start from vectors (m, K, n), where a family can do that without a search."""

    def zero(self) -> None:
        """Give zero vectors, but with a gradient."""
        for parameter in self.parameters():
            parameter.data.zero_()


def wiring(name: str, n: int, layer: int) -> tuple[tuple[int, int], ...]:
    """CNOTs after layer `layer`, as (control, target)."""
    if name == "brick":
        return tuple((q, q + 1) for q in range(layer % 2, n - 1, 2)) + (((n - 1, 0),) if layer % 2 else ())
    if name == "butterfly":  # distances 1, 2, 4, …: every pair within log2 n layers
        stride = 1 << (layer % max(1, math.ceil(math.log2(n))))
        return tuple((q, (q + stride) % n) for q in range(n) if stride % n)
    raise ValueError(name)


def _source(n: int, cnots: tuple[tuple[int, int], ...]) -> Tensor:
    return torch.from_numpy(LayeredAnsatz(n, 1, cnots).permutation().copy())


class Circuit(Directions):
    """The first K columns of a circuit on ⌈log₂ n⌉ qubits, cut to n rows.

    gate : "ry" (RY and CNOTs) or "so4" (any rotation of two qubits' real amplitudes, in a brick wall or
    butterfly). Qubits rotate in two halves at once, as Kronecker products.
    """

    def __init__(
        self,
        m: int,
        k: int,
        n: int,
        draw: torch.Generator,
        layers: int = 8,
        entangler: str = "ring",
        std: float = 0.5,
        gate: str = "ry",
    ) -> None:
        super().__init__(m, k, n)
        self.q, self.layers, self.entangler, self.gate = math.ceil(math.log2(n)), layers, entangler, gate
        if gate == "ry":
            self.angles = nn.Parameter(torch.randn(m, layers, self.q, generator=draw) * std)
        else:
            self.angles = nn.Parameter(torch.randn(m, layers, self.q // 2, 6, generator=draw) * std)
        self.permutations: list[Tensor] = []
        if entangler in ("brick", "butterfly") and gate == "ry":
            self.permutations = [_source(self.q, wiring(entangler, self.q, i)) for i in range(layers)]
        elif entangler == "permutation":
            self.permutations = [torch.randperm(1 << self.q, generator=draw) for _ in range(layers)]
        else:
            self.ansatz = LayeredAnsatz(self.q, layers, entangler if gate == "ry" else "none")
            self.backend = get_backend("statevector")

    def forward(self) -> Tensor:
        start = torch.eye(self.k, 1 << self.q)
        if self.gate == "so4":
            return self._so4(start)[..., : self.n]
        if not self.permutations:
            read = self.backend.read_out(self.ansatz, self.angles, start, "amplitudes", False)
            return read[..., : self.n]
        c, s = torch.cos(self.angles / 2), torch.sin(self.angles / 2)
        turns = torch.stack([torch.stack([c, -s], -1), torch.stack([s, c], -1)], -2)
        half = self.q // 2
        left, right = _kronecker(turns[:, :, :half]), _kronecker(turns[:, :, half:])
        state = start.expand(self.m, -1, -1)
        for layer, source in enumerate(self.permutations):
            grid = state.unflatten(-1, (1 << half, -1))
            grid = left[:, layer, None] @ grid @ right[:, layer, None].mT
            state = grid.flatten(-2)[..., source]
        return state[..., : self.n]

    def _so4(self, start: Tensor) -> Tensor:
        rows, columns = torch.triu_indices(4, 4, 1)
        skew = self.angles.new_zeros(*self.angles.shape[:-1], 4, 4)
        skew[..., rows, columns] = self.angles
        gates = torch.linalg.matrix_exp((skew - skew.mT) / 2)
        state = start.expand(self.m, -1, -1).reshape(self.m, self.k, *[2] * self.q)
        for layer in range(self.layers):
            stride = 1 + layer // 2 % max(1, self.q // 2) if self.entangler == "butterfly" else 1
            order = _pairs(self.q, stride, layer % 2)
            moved = state.permute(0, 1, *[2 + q for q in order]).reshape(self.m, self.k, -1)
            for pair in range(self.q // 2):
                grid = moved.reshape(self.m, self.k, 4**pair, 4, -1)
                moved = torch.einsum("mij,mkajb->mkaib", gates[:, layer, pair], grid).flatten(2)
            back = [order.index(q) for q in range(self.q)]
            state = moved.reshape(self.m, self.k, *[2] * self.q).permute(0, 1, *[2 + q for q in back])
        return state.reshape(self.m, self.k, -1)


def _pairs(q: int, stride: int, shift: int) -> list[int]:
    """Qubits so that those to be paired stand side by side."""
    left, order = [(i + shift) % q for i in range(q)], []
    while len(left) > 1:
        first = left.pop(0)
        second = (first + stride) % q
        order += [first, left.pop(left.index(second) if second in left else 0)]
    return order + left


def _kronecker(turns: Tensor) -> Tensor:
    """(…, q, 2, 2) to (…, 2^q, 2^q)."""
    product = turns[..., 0, :, :]
    for q in range(1, turns.shape[-3]):
        product = (
            torch.einsum("...ab,...cd->...acbd", product, turns[..., q, :, :]).flatten(-2).flatten(-3, -2)
        )
    return product


class TwoDesign(Directions):
    """The first K columns of the circuit of Quantum-PEFT (Koike-Akino et al. 2025, arXiv:2503.05431): RY on every
    qubit, then for each layer CZ on pairs (0, 1), (2, 3), … and RY on their qubits, and the same for pairs (1, 2), (3, 4), ….
    """

    def __init__(
        self, m: int, k: int, n: int, draw: torch.Generator, layers: int = 1, std: float = 0.5
    ) -> None:
        super().__init__(m, k, n)
        self.q = math.ceil(math.log2(n))
        pairs = [[(a, a + 1) for a in range(shift, self.q - 1, 2)] for shift in (0, 1)]
        self.rows = [tuple(range(self.q)), *[tuple(sum(p, ())) for p in pairs] * layers]
        self.angles = nn.ParameterList(
            torch.randn(m, len(qubits), generator=draw) * std for qubits in self.rows
        )
        bits = torch.arange(1 << self.q)[:, None] >> torch.arange(self.q - 1, -1, -1) & 1
        self.signs = [
            torch.stack([1 - 2 * bits[:, a] * bits[:, b] for a, b in p]).prod(0).float() for p in pairs
        ]

    def forward(self) -> Tensor:
        state = torch.eye(self.k, 1 << self.q).expand(self.m, -1, -1)
        half = self.q // 2
        for row, (qubits, angles) in enumerate(zip(self.rows, self.angles, strict=True)):
            if row:
                state = state * self.signs[(row - 1) % 2]
            everywhere = angles.new_zeros(self.m, self.q)
            everywhere[:, list(qubits)] = angles
            c, s = torch.cos(everywhere / 2), torch.sin(everywhere / 2)
            turns = torch.stack([torch.stack([c, -s], -1), torch.stack([s, c], -1)], -2)
            left, right = _kronecker(turns[:, :half]), _kronecker(turns[:, half:])
            grid = left[:, None] @ state.unflatten(-1, (1 << half, -1)) @ right[:, None].mT
            state = grid.flatten(-2)
        return state[..., : self.n]


class Givens(Directions):
    """Products of plane rotations applied to the first K unit vectors.

    pairs="random": `count` rotations of seeded random pairs, in layers of disjoint pairs; "brick": layers of
    neighbours at strides 1, 2, 4, …, of which the last may be partial.
    """

    def __init__(
        self,
        m: int,
        k: int,
        n: int,
        draw: torch.Generator,
        count: int = 64,
        pairs: str = "random",
        std: float = 0.5,
    ) -> None:
        super().__init__(m, k, n)
        self.size = 1 << math.ceil(math.log2(n))
        self.angles = nn.Parameter(torch.randn(m, count, generator=draw) * std)
        self.layers: list[tuple[Tensor, int]] = []
        left, layer = count, 0
        while left:
            take = min(left, max(1, self.size // 2))
            if pairs == "random":
                order = torch.randperm(self.size, generator=draw)
                if take < self.size // 2:  # a touched coordinate must be among them
                    order = torch.cat([torch.arange(k), order[order >= k]])
                    order = order.roll(0) if k >= 2 * take else _interleave(order[:k], order[k:])
                    pair = order[: 2 * take].reshape(-1, 2)
                else:
                    pair = order.reshape(-1, 2)[:take]
            else:
                stride = self.size >> (1 + layer % int(math.log2(self.size)))
                low = torch.arange(self.size)
                low = low[(low // stride) % 2 == 0][:take]
                pair = torch.stack([low, low + stride], 1)
            self.layers.append((pair, take))
            left -= take
            layer += 1

    def forward(self) -> Tensor:
        state, place = torch.eye(self.k, self.size).expand(self.m, -1, -1), 0
        for pair, take in self.layers:
            angle = self.angles[:, None, place : place + take]
            a, b = state[..., pair[:, 0]], state[..., pair[:, 1]]
            c, s = torch.cos(angle), torch.sin(angle)
            state = state.index_copy(-1, pair[:, 0], c * a - s * b).index_copy(-1, pair[:, 1], s * a + c * b)
            place += take
        return state[..., : self.n]


def _interleave(a: Tensor, b: Tensor) -> Tensor:
    n = min(len(a), len(b))
    return torch.cat([torch.stack([a[:n], b[:n]], 1).flatten(), a[n:], b[n:]])


class Householder(Directions):
    """The first K columns of a product of `count` reflections, n numbers each."""

    def __init__(self, m: int, k: int, n: int, draw: torch.Generator, count: int = 1) -> None:
        super().__init__(m, k, n)
        self.mirrors = nn.Parameter(torch.randn(m, count, n, generator=draw))

    def forward(self) -> Tensor:
        state = torch.eye(self.k, self.n).expand(self.m, -1, -1)
        unit = nn.functional.normalize(self.mirrors, dim=-1)
        for i in range(unit.shape[1]):
            v = unit[:, i]
            state = state - 2 * (state @ v[..., None]) * v[:, None]
        return state


class Free(Directions):
    """K free vectors, as LoRA has them."""

    def __init__(self, m: int, k: int, n: int, draw: torch.Generator) -> None:
        super().__init__(m, k, n)
        self.vectors = nn.Parameter(torch.randn(m, k, n, generator=draw) / math.sqrt(n))

    def forward(self) -> Tensor:
        return self.vectors

    def start_at(self, vectors: Tensor) -> None:
        self.vectors.data = vectors.clone()

    def resize(self, size: Tensor) -> None:
        """Multiply the vectors by factors (m, K)."""
        self.vectors.data *= size[..., None]


_LEVELS = {1: (0.798,), 2: (0.4528, 1.510), 3: (0.2451, 0.756, 1.344, 2.152)}
"""Best levels for normal numbers: Max, "Quantizing for minimum distortion" (1960)."""


def quantized(vectors: Tensor, bits: int) -> Tensor:
    """Every entry at the nearest of 2^bits levels, which are symmetric and in units of the vector's own norm."""
    size = vectors.pow(2).mean(-1, keepdim=True).sqrt()
    levels = torch.tensor(_LEVELS[bits])
    nearest = (vectors.abs()[..., None] / size[..., None] - levels).abs().argmin(-1)
    return levels[nearest] * vectors.sign() * size


class Stored(Directions):
    """K frozen vectors that a file must hold, with `bits` an entry."""

    def __init__(self, m: int, k: int, n: int, draw: torch.Generator, bits: int = 32) -> None:
        super().__init__(m, k, n)
        self.bits = bits
        self.vectors = torch.randn(m, k, n, generator=draw) / math.sqrt(n)

    def forward(self) -> Tensor:
        return self.vectors

    def start_at(self, vectors: Tensor) -> None:
        self.vectors = vectors.clone() if self.bits == 32 else quantized(vectors, self.bits)
        self.stored = self.bits * vectors.numel() // 8


class Rotated(Directions):
    """Stored vectors, turned by one trained circuit a place, which is the identity at the start."""

    def __init__(
        self, m: int, k: int, n: int, draw: torch.Generator, bits: int = 32, layers: int = 4
    ) -> None:
        super().__init__(m, k, n)
        self.bits, q = bits, math.ceil(math.log2(n))
        self.ansatz, self.backend = LayeredAnsatz(q, layers, "ring"), get_backend("statevector")
        self.angles = nn.Parameter(torch.zeros(m, layers, q))
        self.start_at(torch.randn(m, k, n, generator=draw) / math.sqrt(n))

    def forward(self) -> Tensor:
        return self.backend.read_out(self.ansatz, self.angles, self.inputs, "amplitudes", False)[
            ..., : self.n
        ]

    def start_at(self, vectors: Tensor) -> None:
        kept = vectors if self.bits == 32 else quantized(vectors, self.bits)
        self.stored = self.bits * vectors.numel() // 8
        padded = nn.functional.pad(kept, (0, self.ansatz.dimension - self.n))
        for _ in range(self.ansatz.n_layers):  # undo the CNOTs in advance
            moved = torch.empty_like(padded)
            moved[..., torch.from_numpy(self.ansatz.permutation().copy())] = padded
            padded = moved
        self.inputs = padded.contiguous()


class Gains(Directions):
    """Frozen signs of the start, 1 bit an entry, times trained factors: one for each of `count` runs of entries."""

    def __init__(self, m: int, k: int, n: int, draw: torch.Generator, count: int = 16) -> None:
        super().__init__(m, k, n)
        self.signs = torch.randn(m, k, n, generator=draw).sign()
        self.gains = nn.Parameter(torch.full((m, k, count), 1 / math.sqrt(n)))
        self.stored = self.signs.numel() // 8

    def forward(self) -> Tensor:
        return (self.signs.unflatten(-1, (self.gains.shape[-1], -1)) * self.gains[..., None]).flatten(-2)

    def start_at(self, vectors: Tensor) -> None:
        self.signs = torch.where(vectors < 0, -1.0, 1.0)
        self.gains.data = vectors.abs().unflatten(-1, (self.gains.shape[-1], -1)).mean(-1)

    def resize(self, size: Tensor) -> None:
        """Multiply the vectors by factors (m, K)."""
        self.gains.data *= size[..., None]


class Sparse(Directions):
    """Vectors with few entries that are trained, where those of the start are largest; the rest is zero.

    entries : for each vector. The support is stored, one or two bytes an entry.
    """

    def __init__(self, m: int, k: int, n: int, draw: torch.Generator, entries: int = 64) -> None:
        super().__init__(m, k, n)
        self.support = torch.rand(m, k, n, generator=draw).topk(entries, -1).indices
        self.values = nn.Parameter(torch.randn(m, k, entries, generator=draw) / math.sqrt(entries))
        self.stored = self.values.numel() * (1 if n <= 256 else 2)

    def forward(self) -> Tensor:
        return self.values.new_zeros(self.m, self.k, self.n).scatter(-1, self.support, self.values)

    def start_at(self, vectors: Tensor) -> None:
        self.support = vectors.abs().topk(self.values.shape[-1], -1).indices
        self.values.data = vectors.gather(-1, self.support)


class Mixed(Directions):
    """Mixtures of seeded random vectors: `count` learned weights for each of the K vectors."""

    def __init__(self, m: int, k: int, n: int, draw: torch.Generator, count: int = 16) -> None:
        super().__init__(m, k, n)
        self.basis = torch.linalg.qr(torch.randn(m, k, n, count, generator=draw))[0]
        self.weights = nn.Parameter(torch.randn(m, k, count, generator=draw) / math.sqrt(count))

    def forward(self) -> Tensor:
        return (self.basis @ self.weights[..., None])[..., 0]

    def start_at(self, vectors: Tensor) -> None:
        self.weights.data = (vectors[..., None, :] @ self.basis)[..., 0, :]

    def lie_in(self, second: Tensor) -> None:
        """Let all K vectors of a place mix the leading eigenvectors of a second moment (m, n, n)."""
        leading = torch.linalg.eigh(second)[1].flip(-1)[..., : self.basis.shape[-1]]
        self.basis = leading[:, None].expand(-1, self.k, -1, -1)


class TensorTrain(Directions):
    """Vectors as sums of `rank` Kronecker products of two short vectors (about √n entries each)."""

    def __init__(self, m: int, k: int, n: int, draw: torch.Generator, rank: int = 2) -> None:
        super().__init__(m, k, n)
        self.a = 1 << (math.ceil(math.log2(n)) // 2)
        self.b = -(-n // self.a)
        self.left = nn.Parameter(torch.randn(m, k, self.a, rank, generator=draw) / math.sqrt(self.a))
        self.right = nn.Parameter(torch.randn(m, k, rank, self.b, generator=draw) / math.sqrt(self.b))

    def forward(self) -> Tensor:
        return (self.left @ self.right).flatten(-2)[..., : self.n]

    def start_at(self, vectors: Tensor) -> None:
        grid = nn.functional.pad(vectors, (0, self.a * self.b - self.n)).unflatten(-1, (self.a, self.b))
        u, s, v = torch.linalg.svd(grid, full_matrices=False)
        rank = self.left.shape[-1]
        root = s[..., :rank].sqrt()
        self.left.data, self.right.data = (
            u[..., :rank] * root[..., None, :],
            v[..., :rank, :] * root[..., None],
        )

    def zero(self) -> None:
        self.right.data.zero_()


FAMILIES: dict[str, type[Directions]] = {
    "circuit": Circuit,
    "two_design": TwoDesign,
    "givens": Givens,
    "householder": Householder,
    "free": Free,
    "stored": Stored,
    "gains": Gains,
    "rotated": Rotated,
    "sparse": Sparse,
    "mixed": Mixed,
    "tensor_train": TensorTrain,
}
