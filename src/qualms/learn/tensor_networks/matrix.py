"""A weight matrix as a tensor train: its rows by number, its product with vectors, itself."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from qualms.errors import ConfigError, DataError
from qualms.learn.tensor_networks import modes as divide
from qualms.learn.tensor_networks.decomposition import TensorTrain, full_ranks, size, tt_svd

# Many small products with permutations between them take about so many times as long as one large product
# with as many multiplications; see benchmarks/learn/tensor_networks.py
_SMALL_PRODUCTS = 4


class TTMatrix(nn.Module):
    """A matrix W of rows M ≤ ∏ m_k and columns N ≤ ∏ n_k as a product of cores,
    W[(i_1 … i_d), (j_1 … j_d)] = G_1[i_1, j_1] G_2[i_2, j_2] … G_d[i_d, j_d].

    The digits i_k of a row's number are those of a number system with the bases m_k, the first the most
    significant, and so for columns. Rows and columns beyond M and N exist in the cores only. With the modes
    (M, 1) and (1, N) it is a product of two matrices, the ordinary matrix of low rank.

    Parameters
    ----------
    rows, columns : int
        M and N.
    rank : int or sequence of int
        The bond dimensions r_1 … r_{d-1}, one for all or one each. A rank that no matrix of these modes needs
        is lowered to the one that suffices.
    order : int, default 3
        d, where modes are not given.
    row_modes, column_modes : sequence of int, optional
        m_k and n_k; balanced ones by default.
    std : float, default 1
        Standard deviation of W's entries at the start: those of the cores are normal, all with the standard
        deviation (std² / ∏ r_k)^(1 / 2d), so that all cores learn at the same pace.
    device, dtype
        Of the cores.

    Raises
    ------
    ConfigError
        For modes that are too small or differ in number, and ranks below 1.

    References
    ----------
    Oseledets, "Approximation of 2^d × 2^d matrices using tensor decomposition" (2010); Novikov et al.,
    "Tensorizing Neural Networks" (NeurIPS 2015); Yin et al., "TT-Rec" (MLSys 2021) for embeddings.
    """

    def __init__(
        self,
        rows: int,
        columns: int,
        rank: int | Sequence[int] = 8,
        *,
        order: int = 3,
        row_modes: Sequence[int] | None = None,
        column_modes: Sequence[int] | None = None,
        std: float = 1.0,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.rows, self.columns = rows, columns
        self.row_modes, self.column_modes = _modes(rows, columns, order, row_modes, column_modes)
        most = full_ranks(self.modes)
        given = (rank,) * len(most) if isinstance(rank, int) else tuple(rank)
        if len(given) != len(most) or any(r < 1 for r in given):
            raise ConfigError(
                f"rank={rank}: give one number of at least 1, or one for each of {len(most)} bonds"
            )
        self.ranks = tuple(min(pair) for pair in zip(given, most, strict=True))
        bonds = (1, *self.ranks, 1)
        # the row's digit first: a look-up then reads whole stretches of memory
        self.cores = nn.ParameterList(
            torch.empty(m, bonds[k], n, bonds[k + 1], device=device, dtype=dtype)
            for k, (m, n) in enumerate(zip(self.row_modes, self.column_modes, strict=True))
        )
        self.reset_parameters(std)

    @classmethod
    def from_matrix(
        cls,
        matrix: Tensor,
        *,
        rank: int | Sequence[int] | None = None,
        tolerance: float | None = None,
        order: int = 3,
        row_modes: Sequence[int] | None = None,
        column_modes: Sequence[int] | None = None,
    ) -> tuple[TTMatrix, TensorTrain]:
        """The tensor train of a matrix by TT-SVD, on its device and in its dtype.

        Parameters
        ----------
        matrix : Tensor
            (rows, columns).
        rank, tolerance
            As `ranks` and `tolerance` of `tt_svd`.
        order, row_modes, column_modes
            As for the class.

        Returns
        -------
        TTMatrix
            With the decomposition's cores.
        TensorTrain
            The decomposition in float64, which knows its error.
        """
        rows, columns = matrix.shape
        row_modes, column_modes = _modes(rows, columns, order, row_modes, column_modes)
        found = tt_svd(as_tensor(matrix, row_modes, column_modes), ranks=rank, tolerance=tolerance)
        made = cls(
            rows,
            columns,
            found.ranks,
            row_modes=row_modes,
            column_modes=column_modes,
            device=matrix.device,
            dtype=matrix.dtype,
        )
        # the norm stands in the last core after a TT-SVD; shared among all, all of them learn at one pace
        share = float(found.cores[-1].norm()) or 1.0
        with torch.no_grad():
            for k, (own, core) in enumerate(zip(made.cores, found.cores, strict=True)):
                here = core if k + 1 < len(found.cores) else core / share
                split = here.reshape(core.shape[0], made.row_modes[k], made.column_modes[k], core.shape[2])
                own.copy_(split.permute(1, 0, 2, 3) * share ** (1 / len(found.cores)))
        return made, found

    def reset_parameters(self, std: float) -> None:
        """Draw the cores anew, from torch's generator, for entries of this standard deviation."""
        each = (std**2 / prod(self.ranks)) ** (0.5 / len(self.cores))
        for core in self.cores:
            nn.init.normal_(core, std=each)

    @property
    def modes(self) -> tuple[int, ...]:
        """m_k n_k, the modes of the tensor that the matrix is."""
        return tuple(m * n for m, n in zip(self.row_modes, self.column_modes, strict=True))

    @property
    def n_parameters(self) -> int:
        """Numbers in all cores."""
        return size(self.modes, self.ranks)

    def dense(self) -> Tensor:
        """The whole matrix, (rows, columns)."""
        found = self.cores[0][:, 0]  # (m, n, r)
        for core in list(self.cores)[1:]:
            m, _, n, r = core.shape
            found = torch.einsum("MNr,mrnq->MmNnq", found, core)
            found = found.reshape(found.shape[0] * m, found.shape[2] * n, r)
        return found[: self.rows, : self.columns, 0]

    def rows_of(self, numbers: Tensor) -> Tensor:
        """Rows by number, without the matrix.

        Rows that share leading digits share the product of these cores, which is computed once.

        Parameters
        ----------
        numbers : Tensor
            (…), integers from 0 to rows − 1.

        Returns
        -------
        Tensor
            (…, columns).

        Raises
        ------
        DataError
            For numbers that are out of range.
        """
        if not numbers.numel():
            return self.cores[0].new_zeros(*numbers.shape, self.columns)
        distinct, places = torch.unique(numbers.reshape(-1), return_inverse=True)  # sorted
        if distinct[0] < 0 or distinct[-1] >= self.rows:
            wrong = int(distinct[0] if distinct[0] < 0 else distinct[-1])
            raise DataError(f"row {wrong} was asked for, and there are rows 0 to {self.rows - 1}")
        found = self._products(distinct, len(self.cores) - 1)[:, : self.columns, 0]
        return F.embedding(places, found).reshape(*numbers.shape, self.columns)

    def _products(self, prefixes: Tensor, k: int) -> Tensor:
        """G_1 … G_{k+1} at sorted distinct prefixes of k + 1 digits: (count, n_1 … n_{k+1}, r_{k+1})."""
        m, p, n, q = self.cores[k].shape
        here = F.embedding(prefixes % m, self.cores[k].reshape(m, -1))
        if k == 0:
            return here.reshape(-1, n, q)
        parents, places = torch.unique_consecutive(prefixes // m, return_inverse=True)
        left = self._products(parents, k - 1)
        left = left if len(parents) == len(prefixes) else left[places]
        return torch.bmm(left, here.reshape(-1, p, n * q)).reshape(len(prefixes), -1, q)

    def times(self, vectors: Tensor) -> Tensor:
        """W v for each vector, in the cheapest of three orders: core by core from either end, or the whole
        matrix first, which many vectors share.

        Parameters
        ----------
        vectors : Tensor
            (…, columns).

        Returns
        -------
        Tensor
            (…, rows).
        """
        flat = vectors.reshape(-1, vectors.shape[-1])
        best = self._way(len(flat))
        if best == "dense":
            return F.linear(vectors, self.dense())
        flat = F.pad(flat, (0, prod(self.column_modes) - self.columns))
        found = self._from_left(flat) if best == "left" else self._from_right(flat)
        return found[:, : self.rows].reshape(*vectors.shape[:-1], self.rows)

    def _way(self, vectors: int) -> str:
        """The order that takes the least time for so many vectors."""
        costs = self._costs(vectors)
        best = "left" if costs["left"] <= costs["right"] else "right"
        return "dense" if costs["dense"] < _SMALL_PRODUCTS * costs[best] else best

    def _costs(self, vectors: int) -> dict[str, int]:
        """Multiplications of each order."""
        shapes, dense, m_done, n_done = [tuple(core.shape) for core in self.cores], 0, 1, 1
        for k, (m, p, n, q) in enumerate(shapes):
            dense += m_done * n_done * p * m * n * q if k else 0
            m_done, n_done = m_done * m, n_done * n
        return {
            "dense": dense + vectors * self.rows * self.columns,
            "left": vectors * _sweep(shapes),
            "right": vectors * _sweep([(m, q, n, p) for m, p, n, q in reversed(shapes)]),
        }

    def _from_left(self, flat: Tensor) -> Tensor:
        state = flat[:, None, None]  # (batch, rows done, bond, columns to do)
        for core in self.cores:
            batch, done, bond, _ = state.shape
            split = state.reshape(batch, done, bond, core.shape[2], -1)
            state = torch.einsum("bspnt,mpnq->bsmqt", split, core).flatten(1, 2)
        return state.reshape(len(flat), -1)

    def _from_right(self, flat: Tensor) -> Tensor:
        state = flat[:, :, None, None]  # (batch, columns to do, bond, rows done)
        for core in reversed(list(self.cores)):
            batch, _, bond, done = state.shape
            split = state.reshape(batch, -1, core.shape[2], bond, done)
            state = torch.einsum("btnqs,mpnq->btpms", split, core).flatten(3, 4)
        return state.reshape(len(flat), -1)

    def extra_repr(self) -> str:
        shown = " ".join(f"{m}×{n}" for m, n in zip(self.row_modes, self.column_modes, strict=True))
        return f"{self.rows}, {self.columns}, modes={shown}, ranks={self.ranks}"


def as_tensor(matrix: Tensor, row_modes: Sequence[int], column_modes: Sequence[int]) -> Tensor:
    """A matrix in float64, padded with zeros, as the tensor (m_1 n_1, …, m_d n_d)."""
    rows, columns = matrix.shape
    padded = F.pad(matrix.detach().double(), (0, prod(column_modes) - columns, 0, prod(row_modes) - rows))
    order = len(row_modes)
    pairs = [axis for k in range(order) for axis in (k, order + k)]
    apart = padded.reshape(*row_modes, *column_modes).permute(pairs)
    return apart.reshape([m * n for m, n in zip(row_modes, column_modes, strict=True)])


def _sweep(shapes: Sequence[tuple[int, ...]]) -> int:
    """Multiplications for one vector, from the first core on."""
    done, to_do, total = 1, prod(n for _, _, n, _ in shapes), 0
    for m, p, n, q in shapes:
        to_do //= n
        total += done * p * n * to_do * m * q
        done *= m
    return total


def _modes(
    rows: int,
    columns: int,
    order: int,
    row_modes: Sequence[int] | None,
    column_modes: Sequence[int] | None,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    order = len(row_modes or column_modes or range(order))
    m = tuple(row_modes or divide.balanced(rows, order))
    n = tuple(column_modes or divide.balanced(columns, order))
    if len(m) != len(n):
        raise ConfigError(f"{len(m)} row modes and {len(n)} column modes; give as many of each")
    for given, dimension, what in ((m, rows, "row"), (n, columns, "column")):
        if any(mode < 1 for mode in given) or prod(given) < dimension:
            raise ConfigError(
                f"{what} modes {given} have the product {prod(given)}, and there are {dimension}"
            )
    return m, n
