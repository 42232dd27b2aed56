"""Replaces the weight matrices of a trained model by tensor trains, with the error of each known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from qualms.errors import ConfigError, DataError
from qualms.learn.tensor_networks import modes as divide
from qualms.learn.tensor_networks.decomposition import ranks_within, unfolding_tails
from qualms.learn.tensor_networks.layers import TTEmbedding, TTLinear
from qualms.learn.tensor_networks.matrix import TTMatrix, as_tensor

Method = Literal["tt", "low-rank"]


@dataclass(frozen=True)
class CompressedMatrix:
    """One matrix before and after.

    Attributes
    ----------
    names : tuple of str
        Paths of the modules that use it; several where weights are tied.
    shape : (int, int)
        Rows and columns; for a linear layer output and input features.
    replaced : bool
        False where the cores would not be smaller than the matrix, which was left as it is then.
    row_modes, column_modes, ranks : tuple of int
        Of the tensor train.
    parameters, parameters_before : int
        Numbers in the cores, and in the matrix.
    bytes, bytes_before : int
        What they take.
    relative_error : float
        ‖W − cores‖ / ‖W‖ in the Frobenius norm, measured with the cores as they are stored.
    bound : float
        The same from what the TT-SVD cut off, (Σ discarded²)^½ / ‖W‖: equal to the error but for the rounding
        to the model's dtype.
    low_rank : int
        The rank of the product of two matrices that has at most as many parameters; 0 if there is none.
    low_rank_error : float
        Relative error of the best matrix of this rank: the classical control.
    """

    names: tuple[str, ...]
    shape: tuple[int, int]
    replaced: bool
    row_modes: tuple[int, ...]
    column_modes: tuple[int, ...]
    ranks: tuple[int, ...]
    parameters: int
    parameters_before: int
    bytes: int
    bytes_before: int
    relative_error: float
    bound: float
    low_rank: int
    low_rank_error: float


@dataclass(frozen=True)
class Compression:
    """What `compress` did.

    Attributes
    ----------
    method : str
        "tt" or "low-rank".
    matrices : tuple of CompressedMatrix
        Each matrix that was looked at.
    parameters, parameters_before : int
        Of the whole model, tied weights counted once.
    bytes, bytes_before : int
        Of all parameters.
    """

    method: str
    matrices: tuple[CompressedMatrix, ...]
    parameters: int
    parameters_before: int
    bytes: int
    bytes_before: int

    @property
    def kept(self) -> tuple[CompressedMatrix, ...]:
        """The matrices that were left as they are, because their cores would not be smaller."""
        return tuple(matrix for matrix in self.matrices if not matrix.replaced)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        lines = [
            f"{'matrix':<40} {'shape':>12} {'ranks':>12} {'smaller':>8} {'error':>7} {'low rank':>9} "
            f"{'error':>7}"
        ]
        for found in self.matrices:
            shown = found.names[0][-40:] + (" (tied)" if len(found.names) > 1 else "")
            lines.append(
                f"{shown:<40} {'×'.join(map(str, found.shape)):>12} {' '.join(map(str, found.ranks)):>12} "
                + (f"{found.parameters_before / found.parameters:>7.1f}×" if found.replaced else "   as is")
                + f" {found.relative_error:>7.4f} {found.low_rank:>9} {found.low_rank_error:>7.4f}"
            )
        lines.append(
            f"all parameters: {self.parameters_before:,} before, {self.parameters:,} after; "
            f"{self.bytes_before:,} bytes before, {self.bytes:,} after"
        )
        return "\n".join(lines)


def compress(
    model: nn.Module,
    *,
    tolerance: float | None = None,
    ratio: float | None = None,
    targets: Sequence[str] | str | None = None,
    method: Method = "tt",
    order: int = 2,
) -> Compression:
    """Replace the linear and embedding layers of a model by tensor trains, in place.

    The model can be trained further afterwards as any other. Matrices that several modules share, as the
    embedding and the output of a language model do, stay shared.

    **When not to use it**: for models that must stay as good without further training. Matrices of trained
    transformers have slowly falling singular values in whatever shape they are arranged.

    Parameters
    ----------
    model : nn.Module
        With `nn.Linear`, transformers' `Conv1D` or `nn.Embedding` modules; subclasses of them are left alone.
    tolerance : float, optional
        The most that each matrix's relative error may be.
    ratio : float, optional
        How many times smaller each matrix becomes, at least. Give this or a tolerance.
    targets : sequence of str or str, optional
        The last parts of the names of modules, or a regular expression for the whole of their paths; all by
        default.
    method : "tt" or "low-rank", default "tt"
        "low-rank" makes products of two matrices, the classical control.
    order : int, default 2
        Cores of each tensor train.

    Returns
    -------
    Compression
        Errors, parameters and bytes, with the best low-rank matrix of equal size beside each.

    Raises
    ------
    ConfigError
        For settings that contradict each other, targets that match nothing or no layer of these kinds, and
        embeddings with `max_norm`.
    DataError
        For weights with NaN or infinities.
    """
    if (tolerance is None) == (ratio is None):
        raise ConfigError("give either tolerance= or ratio= to say how far to compress")
    if ratio is not None and not ratio >= 1:
        raise ConfigError(f"ratio={ratio}: how many times smaller a matrix becomes, so at least 1")
    if method not in ("tt", "low-rank"):
        raise ConfigError(f"method={method!r}: choose tt or low-rank")
    before, shared = _sizes(model), list(_shared(model, targets).values())
    for name, *_ in shared:  # before anything is replaced
        if not torch.isfinite(_weight(model.get_submodule(name))).all():
            raise DataError(f"the weight of {name} has NaN or infinities, and no decomposition; leave it out")
    found = [_replace(model, names, tolerance, ratio, method, order) for names in shared]
    after = _sizes(model)
    return Compression(method, tuple(found), after[0], before[0], after[1], before[1])


def _replace(
    model: nn.Module,
    names: Sequence[str],
    tolerance: float | None,
    ratio: float | None,
    method: str,
    order: int,
) -> CompressedMatrix:
    module: Any = model.get_submodule(names[0])
    weight, trained = _weight(module), module.weight.requires_grad
    if method == "tt":
        modes = divide.balanced(weight.shape[0], order), divide.balanced(weight.shape[1], order)
    else:
        modes = divide.low_rank(*weight.shape)
    ranks = None
    if ratio is not None:
        folded = as_tensor(weight, *modes)
        # even ranks of 1 may be too many; the matrix is left as it is then
        ranks = ranks_within(unfolding_tails(folded), folded.shape, int(weight.numel() / ratio)) or 1
    made, train = TTMatrix.from_matrix(
        weight, rank=ranks, tolerance=tolerance, row_modes=modes[0], column_modes=modes[1]
    )
    most = weight.numel() if ratio is None else weight.numel() / ratio
    replaced = made.n_parameters <= most and made.n_parameters < weight.numel()
    error = float((made.dense().detach().double() - weight.double()).norm()) / (train.norm or 1.0)
    tails = torch.linalg.svdvals(weight.double()).square().flip(0).cumsum(0).sqrt().flip(0)
    rank = made.n_parameters // sum(weight.shape)
    if replaced:
        made.requires_grad_(trained)
        for name in names:
            _put(model, name, made)
    return CompressedMatrix(
        names=tuple(names),
        shape=(weight.shape[0], weight.shape[1]),
        replaced=replaced,
        row_modes=made.row_modes,
        column_modes=made.column_modes,
        ranks=made.ranks,
        parameters=made.n_parameters if replaced else weight.numel(),
        parameters_before=weight.numel(),
        bytes=(made.n_parameters if replaced else weight.numel()) * weight.element_size(),
        bytes_before=weight.numel() * weight.element_size(),
        relative_error=error if replaced else 0.0,
        bound=train.error / (train.norm or 1.0) if replaced else 0.0,
        low_rank=rank,
        low_rank_error=float(tails[rank]) / (train.norm or 1.0) if rank < len(tails) else 0.0,
    )


def _shared(model: nn.Module, targets: Sequence[str] | str | None) -> dict[int, list[str]]:
    """The modules to replace, those that share one weight together, in the model's order."""
    found: dict[int, list[str]] = {}
    missing = set(() if targets is None or isinstance(targets, str) else targets)
    for name, module in model.named_modules(remove_duplicate=False):
        wanted = _is_wanted(name, targets)
        missing -= {target for target in missing if name == target or name.endswith(f".{target}")}
        if _is_layer(module) and wanted:
            if isinstance(module, nn.Embedding) and module.max_norm is not None:
                raise ConfigError(f"{name} has max_norm, which a tensor train cannot keep; leave it out")
            found.setdefault(id(module.weight), []).append(name)
    if missing or not found:
        kinds = sorted(
            {name.rpartition(".")[2] for name, module in model.named_modules() if _is_layer(module)}
        )
        raise ConfigError(
            f"{', '.join(sorted(missing)) or 'the targets'} match no linear or embedding layer of "
            f"{type(model).__name__}; it has {', '.join(kinds) or 'none'}"
        )
    return found


def _is_wanted(name: str, targets: Sequence[str] | str | None) -> bool:
    if targets is None:
        return True
    if isinstance(targets, str):
        return re.fullmatch(targets, name) is not None
    return any(name == target or name.endswith(f".{target}") for target in targets)


def _is_layer(module: nn.Module) -> bool:
    return type(module) in (nn.Linear, nn.Embedding, Conv1D)


def _weight(module: Any) -> Tensor:
    """(rows, columns): of a linear layer output and input features."""
    return module.weight.detach().T if isinstance(module, Conv1D) else module.weight.detach()


def _put(model: nn.Module, name: str, matrix: TTMatrix) -> None:
    """Replace the module of that name."""
    old: Any = model.get_submodule(name)
    new: nn.Module
    if isinstance(old, nn.Embedding):
        new = TTEmbedding(matrix.rows, matrix.columns, matrix=matrix, padding_idx=old.padding_idx)
    else:
        linear = TTLinear(matrix.columns, matrix.rows, False, matrix=matrix)
        linear.bias = old.bias
        new = linear
    model.set_submodule(name, new.train(old.training))


def _sizes(model: nn.Module) -> tuple[int, int]:
    """Numbers and bytes of all parameters, each once."""
    sizes = [(p.numel(), p.numel() * p.element_size()) for p in model.parameters()]
    return sum(n for n, _ in sizes), sum(b for _, b in sizes)


__all__ = ["CompressedMatrix", "Compression", "compress"]
