"""Adapters as changes ΔW of all maps at once, made of parts, and the start of a part where the gradient
points.

A part is told by a plain dictionary, see `Factors`, `Scales`, `Vera`, `Entries` and `Norms`; `PARTS` names
them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import torch
from directions import FAMILIES, Directions, Mixed
from language_model import PLACES, Maps
from torch import Tensor, nn
from torch.nn import functional as F

SIZES = {"square": (256, 256), "wide": (640, 256), "narrow": (256, 640)}
TARGETS = {
    "all": ("q", "k", "v", "o", "gate", "up", "down"),
    "qkv": ("q", "k", "v"),
    "write": ("o", "down"),
    "mlp": ("gate", "up", "down"),
    "read": ("q", "k", "v", "gate", "up"),
}
Target = dict[str, Any]


def _sites(names: tuple[str, ...], layers: tuple[int, ...]) -> dict[str, list[int]]:
    """Shape to the indices of the maps that are adapted."""
    found = {
        shape: [i for i, (layer, name) in enumerate(places) if name in names and layer in layers]
        for shape, places in PLACES.items()
    }
    return {shape: indices for shape, indices in found.items() if indices}


def _read_key(share: str, layer: int, name: str) -> Any:
    """What the directions that read a map's input are shared by."""
    residual = name in ("q", "k", "v", "gate", "up")
    if share in ("residual", "read") and residual:
        return "residual"
    if share in ("split", "split_read") and residual:
        return "attention" if name in "qkv" else "feed_forward"
    if share == "layer" and residual:
        return (layer, "attention" if name in "qkv" else "feed_forward")
    if share in ("depth", "residual", "split"):
        return name
    return (layer, name)


def _write_key(share: str, layer: int, name: str) -> Any:
    """What the directions that a map writes are shared by."""
    if share == "residual" and name in ("o", "down"):
        return "residual"
    if share in ("depth", "residual", "split"):
        return name
    return (layer, name)


class Side(nn.Module):
    """The directions of one side of all adapted maps, kept once for each key and length."""

    def __init__(
        self, keys: dict[str, list[Any]], lengths: dict[str, int], k: int, spec: Target, draw: Any
    ) -> None:
        super().__init__()
        self.places: dict[str, tuple[str, Tensor]] = {}
        self.families = nn.ModuleDict()
        for length in sorted(set(lengths.values())):
            shapes = [shape for shape in keys if lengths[shape] == length]
            unique = list(dict.fromkeys(key for shape in shapes for key in keys[shape]))
            options = {key: value for key, value in spec.items() if key != "family"}
            self.families[str(length)] = FAMILIES[spec["family"]](len(unique), k, length, draw, **options)
            for shape in shapes:
                self.places[shape] = (str(length), torch.tensor([unique.index(key) for key in keys[shape]]))

    def forward(self) -> dict[str, Tensor]:
        columns = {length: family() for length, family in self.families.items()}
        return {shape: columns[length][index] for shape, (length, index) in self.places.items()}

    def _summed(self, second: dict[str, Tensor]) -> Iterator[tuple[Directions, Tensor]]:
        for length, family in self.families.items():
            assert isinstance(family, Directions)
            total = torch.zeros(family.m, int(length), int(length))
            for shape, (where, index) in self.places.items():
                if where == length:
                    total.index_add_(0, index, second[shape])
            yield family, total

    def start_at(self, second: dict[str, Tensor]) -> None:
        """Start at the leading eigenvectors of the second moments, summed over the maps that share them."""
        for family, total in self._summed(second):
            family.start_at(torch.linalg.eigh(total)[1].flip(-1)[..., : family.k].mT)

    def lie_in(self, second: dict[str, Tensor]) -> None:
        """Mix the leading eigenvectors of second moments, see `Mixed.lie_in`."""
        for family, total in self._summed(second):
            if isinstance(family, Mixed):
                family.lie_in(total)


class Part(nn.Module):
    """Something that changes maps; `at` is the step from which it takes part."""

    def __init__(self, spec: Target) -> None:
        super().__init__()
        self.spec, self.at, self.report = spec, spec.get("at", 0), {}

    def delta(self) -> Maps:
        """ΔW by shape, for all maps of the shape."""
        raise NotImplementedError

    def groups(self, rate: float) -> list[dict[str, Any]]:
        """Parameter groups with their rates."""
        return [{"params": list(self.parameters()), "lr": rate * self.spec.get("rate_factor", 1.0)}]

    def prepare(self, gradient: Maps, moments: tuple[Maps, Maps] | None = None) -> None:
        """Start where the gradient points; `moments` are those of the maps' inputs and of their outputs' gradients."""

    @property
    def stored(self) -> int:
        """Bytes of a file beside the trained numbers."""
        families = [family for family in self.modules() if isinstance(family, Directions)]
        frozen = [p.numel() for f in families for p in f.parameters()] if self.spec.get("frozen") else []
        return sum(family.stored for family in families) + 4 * sum(frozen)


def _spread(parts: dict[str, Tensor], sites: dict[str, list[int]]) -> Maps:
    spread = {}
    for shape, value in parts.items():
        if len(sites[shape]) == len(PLACES[shape]):
            spread[shape] = value
        else:
            whole = value.new_zeros(len(PLACES[shape]), *value.shape[1:])
            spread[shape] = whole.index_copy(0, torch.tensor(sites[shape]), value)
    return spread


class Factors(Part):
    """ΔW = s · Σ_k λ_k u_k v_kᵀ for every map, u and v from families of directions.

    Keys: K; read, write (family and its options); targets, layers; share ("none", "layer", "split", "depth",
    "residual"); scale; spectrum (whether λ is trained, from zero; otherwise u starts at zero); core ("diagonal" or
    "dense"); fit (steps of Adam that move the directions so that Σ (uᵀGv)² grows), fit_rate; start ("random", or
    "gradient": its singular vectors, for families that can); weigh ("map": every map's gradient with norm 1,
    "energy": as it is).
    """

    def __init__(self, spec: Target, draw: torch.Generator) -> None:
        super().__init__(spec)
        names = spec.get("targets", "all")
        self.sites = _sites(TARGETS.get(names, tuple(names.split(","))), tuple(spec.get("layers", range(4))))
        k, share = spec["K"], spec.get("share", "none")
        keys = {
            side: {
                shape: [key(share, *PLACES[shape][i]) for i in where] for shape, where in self.sites.items()
            }
            for side, key in (("read", _read_key), ("write", _write_key))
        }
        self.read = Side(keys["read"], {s: SIZES[s][1] for s in self.sites}, k, spec["read"], draw)
        self.write = Side(keys["write"], {s: SIZES[s][0] for s in self.sites}, k, spec["write"], draw)
        self.dense = spec.get("core") == "dense"
        if spec.get("spectrum", True):
            shape = (k, k) if self.dense else (k,)
            self.spectrum = nn.ParameterDict(
                {s: nn.Parameter(torch.zeros(len(w), *shape)) for s, w in self.sites.items()}
            )
        else:
            self.spectrum = nn.ParameterDict()
            if spec.get("start", "random") == "random":
                self._zero_write()
        self.frozen = spec.get("frozen", False)

    def _zero_write(self) -> None:
        for family in self.write.families.values():
            family.zero()

    def delta(self) -> Maps:
        read, write = self.read(), self.write()
        if self.frozen:
            read = {s: v.detach() for s, v in read.items()}
            write = {s: v.detach() for s, v in write.items()}
        parts = {}
        for shape in self.sites:
            v, u = read[shape], write[shape]
            if self.spectrum:
                core = self.spectrum[shape]
                v = core @ v if self.dense else core[..., None] * v
            parts[shape] = self.spec.get("scale", 1.0) * (u.mT @ v)
        return _spread(parts, self.sites)

    def groups(self, rate: float) -> list[dict[str, Any]]:
        sides = [*self.read.parameters(), *self.write.parameters()]
        groups = [
            {"params": list(self.spectrum.parameters()), "lr": rate * self.spec.get("spectrum_rate", 1.0)}
        ]
        if not self.frozen:
            groups.append({"params": sides, "lr": rate})
        return [g for g in groups if g["params"]]

    def prepare(self, gradient: Maps, moments: tuple[Maps, Maps] | None = None) -> None:
        began = time.perf_counter()
        if moments is not None and not self.spec.get("metric"):
            for side, second in zip((self.read, self.write), moments, strict=True):
                traces = {s: m[self.sites[s]] for s, m in second.items() if s in self.sites}
                side.lie_in({s: m / m.diagonal(0, -2, -1).sum(-1)[:, None, None] for s, m in traces.items()})
        goal = {shape: gradient[shape][where] for shape, where in self.sites.items()}
        if self.spec.get("weigh", "map") == "map":
            goal = {s: g / torch.linalg.matrix_norm(g, 2)[:, None, None] for s, g in goal.items()}
        if self.spec.get("metric"):
            assert moments is not None
            self._start_in_metric(goal, moments)
        elif self.spec.get("start") == "gradient":
            self.read.start_at({s: g.mT @ g for s, g in goal.items()})
            self.write.start_at({s: g @ g.mT for s, g in goal.items()})
            if not self.spectrum and not self.spec.get("begin"):
                self._zero_write()
        if self.spec.get("fit"):
            self._fit(goal)
        if self.spec.get("begin"):
            self._begin({shape: gradient[shape][where] for shape, where in self.sites.items()})
        self.report["fit_seconds"] = round(time.perf_counter() - began, 2)

    def _start_in_metric(self, goal: dict[str, Tensor], moments: tuple[Maps, Maps]) -> None:
        """Directions of the best approximation of the goal where errors count by the maps' inputs X, as ‖ΔW X‖, or
        (metric "both") by the outputs' gradients as well. For directions that are not shared.
        """
        found = {"read": {}, "write": {}}
        for s, change in goal.items():
            right = _root(moments[0][s][self.sites[s]])
            left = (
                _root(moments[1][s][self.sites[s]])
                if self.spec["metric"] == "both"
                else torch.eye(change.shape[1])
            )
            u, _, v = torch.linalg.svd(left @ change @ right, full_matrices=False)
            k = self.spec["K"]
            # undo the metric on both sides: left⁻¹ u and right⁻¹ v span the best approximation of the goal
            found["write"][s] = F.normalize(torch.linalg.solve(left, u[..., :k]).mT, dim=-1)
            found["read"][s] = F.normalize(torch.linalg.solve(right, v[..., :k, :].mT).mT, dim=-1)
        for name, side in (("read", self.read), ("write", self.write)):
            for length, family in side.families.items():
                vectors = torch.zeros(family.m, family.k, int(length))
                for s, (where, index) in side.places.items():
                    if where == length:
                        vectors[index] = found[name][s]
                family.start_at(vectors)

    def _begin(self, update: dict[str, Tensor]) -> None:
        """Begin at the update itself as far as the directions reach: λ is its projection."""
        with torch.no_grad():
            read, write = self.read(), self.write()
            for s, change in update.items():
                v, u = read[s], write[s]
                along = ((u @ change) * v).sum(-1) / (v.pow(2).sum(-1) * u.pow(2).sum(-1))
                if self.spectrum:
                    self.spectrum[s].data = along / self.spec.get("scale", 1.0)
        if not self.spectrum:  # free vectors: the write side takes the size
            for length, family in self.write.families.items():
                size = torch.zeros(family.m, family.k)
                for s, (where, index) in self.write.places.items():
                    if where == length:
                        v, u = read[s], write[s]
                        size[index] = ((u @ update[s]) * v).sum(-1) / self.spec.get("scale", 1.0)
                family.resize(size)

    def _fit(self, goal: dict[str, Tensor]) -> None:
        sides = [*self.read.parameters(), *self.write.parameters()]
        optimizer = torch.optim.Adam(sides, lr=self.spec.get("fit_rate", 0.05))
        for _ in range(self.spec["fit"]):
            read, write = self.read(), self.write()
            overlaps = [((write[s] @ g) * read[s]).sum(-1) for s, g in goal.items()]
            loss = -sum(q.pow(2).sum() for q in overlaps)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        optimizer.zero_grad()
        every = torch.cat([q.detach() for q in overlaps])
        self.report["overlap_top"] = round(float(every.abs().max(1).values.mean()), 4)
        self.report["captured"] = round(
            float(every.pow(2).sum() / sum(g.pow(2).sum() for g in goal.values())), 4
        )


def _root(second: Tensor) -> Tensor:
    """Symmetric root of second moments (m, n, n), of which a hundredth of the mean is added for safety."""
    values, vectors = torch.linalg.eigh(second)
    values = values.clamp(min=0)
    values = values + 0.01 * values.mean(-1, keepdim=True)
    return (vectors * values.sqrt()[:, None]) @ vectors.mT


class Scales(Part):
    """IA3: every output of the adapted maps times a learned factor. Keys: targets, layers; side ("out", "in")."""

    def __init__(self, spec: Target, draw: torch.Generator, base: Maps) -> None:
        super().__init__(spec)
        del draw
        names = spec.get("targets", "all")
        self.sites = _sites(TARGETS.get(names, tuple(names.split(","))), tuple(spec.get("layers", range(4))))
        self.base = {s: base[s][w] for s, w in self.sites.items()}
        axis = 0 if spec.get("side", "out") == "out" else 1
        self.factors = nn.ParameterDict(
            {s: nn.Parameter(torch.zeros(len(w), SIZES[s][axis])) for s, w in self.sites.items()}
        )

    def delta(self) -> Maps:
        axis = -1 if self.spec.get("side", "out") == "out" else -2
        return _spread({s: self.factors[s].unsqueeze(axis) * w for s, w in self.base.items()}, self.sites)


class Vera(Part):
    """VeRA: b · (B diag(d) A) with seeded B and A, shared by all maps. Keys: r, d."""

    def __init__(self, spec: Target, draw: torch.Generator, base: Maps) -> None:
        super().__init__(spec)
        del base
        r = spec["r"]
        self.sites = _sites(TARGETS[spec.get("targets", "all")], tuple(range(4)))
        bound = math.sqrt(3.0)
        self.a = (torch.rand(r, 640, generator=draw) * 2 - 1) * bound / math.sqrt(640)
        self.b = (torch.rand(640, r, generator=draw) * 2 - 1) * bound / math.sqrt(r)
        self.d = nn.ParameterDict(
            {s: nn.Parameter(torch.full((len(w), r), spec.get("d", 0.1))) for s, w in self.sites.items()}
        )
        self.out = nn.ParameterDict(
            {s: nn.Parameter(torch.zeros(len(w), SIZES[s][0])) for s, w in self.sites.items()}
        )

    def delta(self) -> Maps:
        parts = {}
        for s in self.sites:
            rows, columns = SIZES[s]
            parts[s] = self.out[s][..., None] * (self.b[:rows] @ (self.d[s][..., None] * self.a[:, :columns]))
        return _spread(parts, self.sites)


class Entries(Part):
    """The entries of the matrices with the largest gradient, trained as they are. Keys: count (in all)."""

    def __init__(self, spec: Target, draw: torch.Generator, base: Maps) -> None:
        super().__init__(spec)
        del draw
        self.shapes = {s: w.shape for s, w in base.items()}
        self.values = nn.Parameter(torch.zeros(spec["count"]))
        self.where = torch.arange(spec["count"])

    def prepare(self, gradient: Maps, moments: tuple[Maps, Maps] | None = None) -> None:
        flat = torch.cat([gradient[s].flatten() for s in self.shapes]).abs()
        self.where = flat.topk(self.spec["count"]).indices

    def delta(self) -> Maps:
        flat = self.values.new_zeros(sum(math.prod(s) for s in self.shapes.values()))
        flat = flat.index_copy(0, self.where, self.values)
        pieces = flat.split([math.prod(s) for s in self.shapes.values()])
        return {s: piece.view(shape) for (s, shape), piece in zip(self.shapes.items(), pieces, strict=True)}

    @property
    def stored(self) -> int:
        return 3 * self.values.numel()


class Norms(Part):
    """The factors of the RMS norms (PEFT's LN tuning): nine vectors."""

    def __init__(self, spec: Target, draw: torch.Generator, norms: Maps) -> None:
        super().__init__(spec)
        del draw
        self.change = nn.ParameterDict({k: nn.Parameter(torch.zeros_like(v)) for k, v in norms.items()})

    def delta(self) -> Maps:
        return {}


class Full(Part):
    """All maps."""

    def __init__(self, spec: Target, draw: torch.Generator, base: Maps) -> None:
        super().__init__(spec)
        del draw
        self.change = nn.ParameterDict({k: nn.Parameter(torch.zeros_like(v)) for k, v in base.items()})

    def delta(self) -> Maps:
        return dict(self.change.items())
