"""The TT-SVD: a tensor as a train of small ones, with an error that is known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod, sqrt

import torch
from torch import Tensor

from qualms.errors import ConfigError, DataError


@dataclass(frozen=True)
class TensorTrain:
    """A tensor as cores in a row, and what was cut off for it.

    Attributes
    ----------
    cores : tuple of Tensor
        Core k has the shape (r_k, n_k, r_{k+1}) with r_0 = r_d = 1; all but the last are orthogonal: unfolded
        to (r_k n_k, r_{k+1}) their columns are orthonormal.
    discarded : tuple of float
        For each bond the norm of the singular values that were cut off there.
    norm : float
        Frobenius norm of the tensor.
    """

    cores: tuple[Tensor, ...]
    discarded: tuple[float, ...]
    norm: float

    @property
    def ranks(self) -> tuple[int, ...]:
        """The inner bond dimensions r_1 … r_{d-1}."""
        return tuple(core.shape[0] for core in self.cores[1:])

    @property
    def error(self) -> float:
        """Frobenius norm of the difference to the tensor, (Σ discarded²)^½.

        It is no estimate: each step projects orthogonally, so that the parts that are cut off are orthogonal
        to each other and to what is left (Oseledets 2011, proof of theorem 2.2). The same sum with the
        singular values of the tensor's own unfoldings, see `bound`, is the guarantee that can be given
        before anything is cut.
        """
        return sqrt(sum(part * part for part in self.discarded))

    def full(self) -> Tensor:
        """The whole tensor, (n_1, …, n_d)."""
        found = self.cores[0]
        for core in self.cores[1:]:
            found = torch.tensordot(found, core, 1)
        return found.squeeze(0).squeeze(-1)


def tt_svd(
    tensor: Tensor, *, ranks: int | Sequence[int] | None = None, tolerance: float | None = None
) -> TensorTrain:
    """Decompose a tensor by singular value decompositions, from the first mode to the last.

    Parameters
    ----------
    tensor : Tensor
        Real, of at least one mode; computed in float64.
    ranks : int or sequence of int, optional
        The most that each bond may have. A bond never gets more than its unfolding's rank can need.
    tolerance : float, optional
        The most that the relative error in the Frobenius norm may be. Without both nothing is cut off but
        singular values that are zero.

    Returns
    -------
    TensorTrain
        In float64, on the tensor's device.

    Raises
    ------
    DataError
        For NaN and infinities.
    ConfigError
        For ranks below 1, of another number than there are bonds, and negative tolerances.

    References
    ----------
    Oseledets, "Tensor-Train Decomposition", SIAM J. Sci. Comput. 33 (2011) 2295, algorithm 1, theorem 2.2 and
    corollary 2.4: the error is at most √(d − 1) times that of the best tensor train of these ranks.
    """
    modes, rest = tensor.shape, tensor.detach().double()
    most = _most(ranks, len(modes))
    if tolerance is not None and not tolerance >= 0:
        raise ConfigError(f"a tolerance of {tolerance} cannot be met; give 0 or more")
    if not torch.isfinite(rest).all():
        raise DataError("a tensor with NaN or infinities has no decomposition; look at the weights")
    norm = float(torch.linalg.vector_norm(rest))
    # rounding leaves singular values near 1e-16 of the greatest, which are no part of the tensor
    share = norm * max(1e-14, (tolerance or 0.0) / sqrt(max(1, len(modes) - 1)))
    cores, discarded, rank = list[Tensor](), list[float](), 1
    for mode, limit in zip(modes[:-1], most, strict=True):
        left, values, right = torch.linalg.svd(rest.reshape(rank * mode, -1), full_matrices=False)
        tails = _tails(values)
        kept = min(int((tails > share).sum()) or 1, len(values), limit)
        discarded.append(float(tails[kept]))
        cores.append(left[:, :kept].reshape(rank, mode, kept))
        rest, rank = values[:kept, None] * right[:kept], kept
    cores.append(rest.reshape(rank, modes[-1], 1))
    return TensorTrain(tuple(cores), tuple(discarded), norm)


def unfolding_tails(tensor: Tensor) -> list[Tensor]:
    """For each bond the norms of the tensor's singular values from the r-th on, r = 0, 1, …, full rank.

    Entry r is what a matrix of rank r leaves of this unfolding (Eckart–Young), so that no tensor train with
    this bond can be nearer.
    """
    found, rows, work = [], 1, tensor.detach().double()
    for mode in tensor.shape[:-1]:
        rows *= mode
        found.append(_tails(torch.linalg.svdvals(work.reshape(rows, -1))))
    return found


def bound(tails: Sequence[Tensor], ranks: Sequence[int]) -> float:
    """The error that the TT-SVD is guaranteed not to pass with these ranks (Oseledets 2011, theorem 2.2).

    Parameters
    ----------
    tails : sequence of Tensor
        As `unfolding_tails` gives them.
    ranks : sequence of int
        One for each bond.
    """
    left = (float(tail[min(rank, len(tail) - 1)]) for tail, rank in zip(tails, ranks, strict=True))
    return sqrt(sum(part * part for part in left))


def ranks_within(tails: Sequence[Tensor], modes: Sequence[int], parameters: int) -> tuple[int, ...] | None:
    """The ranks that leave the same error at every bond, as small as a number of parameters allows.

    Parameters
    ----------
    tails : sequence of Tensor
        As `unfolding_tails` gives them.
    modes : sequence of int
        Of the tensor.
    parameters : int
        The most that all cores may have together.

    Returns
    -------
    tuple of int or None
        None if even ranks of 1 need more.
    """

    def ranks_at(error: float) -> tuple[int, ...]:
        return tuple(max(1, int((tail[:-1] > error).sum())) for tail in tails)

    errors = torch.cat([*tails, torch.zeros(1, dtype=torch.float64)]).unique()
    low, high = 0, len(errors) - 1  # the number of parameters falls as the error grows
    if size(modes, ranks_at(float(errors[high]))) > parameters:
        return None
    while low < high:
        middle = (low + high) // 2
        if size(modes, ranks_at(float(errors[middle]))) <= parameters:
            high = middle
        else:
            low = middle + 1
    return ranks_at(float(errors[high]))


def size(modes: Sequence[int], ranks: Sequence[int]) -> int:
    """Numbers in the cores of a tensor train."""
    bonds = (1, *ranks, 1)
    return sum(bonds[k] * mode * bonds[k + 1] for k, mode in enumerate(modes))


def full_ranks(modes: Sequence[int]) -> tuple[int, ...]:
    """The ranks with which a tensor train can be any tensor; greater ones represent nothing more."""
    return tuple(min(prod(modes[:k]), prod(modes[k:])) for k in range(1, len(modes)))


def _most(ranks: int | Sequence[int] | None, order: int) -> Sequence[int]:
    if ranks is None:
        return (torch.iinfo(torch.int64).max,) * (order - 1)
    found = (ranks,) * (order - 1) if isinstance(ranks, int) else tuple(ranks)
    if len(found) != order - 1:
        raise ConfigError(f"{len(found)} ranks were given for a tensor with {order - 1} bonds; give one each")
    if any(rank < 1 for rank in found):
        raise ConfigError(f"ranks {', '.join(map(str, found))}: each must be at least 1")
    return found


def _tails(values: Tensor) -> Tensor:
    """√(Σ_{i ≥ r} σ_i²) for r = 0 … len(σ), summed from the smallest on so that nothing is lost."""
    squares = torch.cat([values.square(), values.new_zeros(1)])
    return squares.flip(0).cumsum(0).sqrt().flip(0)
