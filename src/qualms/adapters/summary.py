"""What an adapter matched, and how many parameters of which kind it trains."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from torch import nn

from qualms.adapters.layer import QSLLayer
from qualms.adapters.targets import is_linear


@dataclass(frozen=True)
class Parameters:
    """Trained parameters by kind.

    Attributes
    ----------
    angles : int
        Rotation angles of circuits.
    classical : int
        Everything else the method trains.
    head : int
        A new task head (a classifier), which every method trains alike.
    total : int
        Parameters of the whole model, frozen ones included.
    """

    angles: int
    classical: int
    head: int
    total: int

    @property
    def trained(self) -> int:
        return self.angles + self.classical + self.head

    def to_dict(self) -> dict[str, int]:
        return {**asdict(self), "trained": self.trained}


def count(model: nn.Module) -> Parameters:
    """Count the trained parameters of any model, with or without an adapter."""
    angles = classical = head = 0
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if ".qsl_angles" in name:
            angles += parameter.numel()
        elif ".modules_to_save." in name:
            head += parameter.numel()
        else:
            classical += parameter.numel()
    total = sum(p.numel() for n, p in model.named_parameters() if ".original_module." not in n)
    return Parameters(angles, classical, head, total)


@dataclass(frozen=True)
class Matched:
    """Which linear modules carry the adapter and which do not."""

    adapted: tuple[str, ...]
    left_alone: tuple[str, ...]
    parameters: Parameters

    def __str__(self) -> str:
        p = self.parameters
        kinds = sorted({n.rpartition(".")[2] for n in self.adapted})
        rest = sorted({n.rpartition(".")[2] for n in self.left_alone})
        return (
            f"quantum sublayers on {len(self.adapted)} modules ({', '.join(kinds)}); "
            f"{len(self.left_alone)} linear modules left alone ({', '.join(rest) or 'none'}); trained: "
            f"{p.angles:,} angles + {p.classical:,} classical parameters of {p.total:,}"
        )


def summarize(model: nn.Module, adapter: str = "default") -> Matched:
    """Report what the adapter matched.

    Parameters
    ----------
    model : nn.Module
        A model with a QSL adapter.
    adapter : str, default "default"
        The adapter's name.
    """
    adapted: list[str] = []
    rest: list[str] = []
    for name, module in model.named_modules():
        if isinstance(module, QSLLayer):
            (adapted if adapter in module.plans else rest).append(name)
        elif is_linear(module) and not name.endswith(".base_layer"):
            rest.append(name)
    return Matched(tuple(adapted), tuple(rest), count(model))
