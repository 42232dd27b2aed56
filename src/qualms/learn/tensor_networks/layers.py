"""Embedding and linear layers whose weight is a tensor train, and the embedding by hashing beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from qualms.errors import ConfigError, DataError
from qualms.learn.tensor_networks.matrix import TTMatrix

_PRIME = 2_147_483_647


class TTEmbedding(nn.Module):
    """An embedding whose table is a tensor train; takes the place of `torch.nn.Embedding`.

    A batch's rows are computed from the cores; the table is never made. Ids whose leading digits agree share
    parameters, so that the order of the ids matters: a catalogue that keeps similar things together is
    compressed well.

    **When not to use it**: where ids are in random order, the shared parameters say nothing about an id, and
    a smaller ordinary embedding with hashing is faster and often as good; shuffle your ids once to see
    whether yours mean something. Where the table fits into memory, it is faster.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        As `torch.nn.Embedding`.
    rank, order, row_modes, column_modes
        As for `TTMatrix`.
    padding_idx : int, optional
        This id's row gives no gradient, as in `torch.nn.Embedding`. It is not zero: it shares cores.
    std : float, default 1
        Of the entries at the start.
    matrix : TTMatrix, optional
        One to share with another layer, as tied weights do; the settings above it are not used then.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        rank: int | Sequence[int] = 8,
        *,
        order: int = 3,
        row_modes: Sequence[int] | None = None,
        column_modes: Sequence[int] | None = None,
        padding_idx: int | None = None,
        std: float = 1.0,
        matrix: TTMatrix | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = _row(padding_idx, num_embeddings)
        self.matrix = matrix or TTMatrix(
            num_embeddings,
            embedding_dim,
            rank,
            order=order,
            row_modes=row_modes,
            column_modes=column_modes,
            std=std,
            device=device,
            dtype=dtype,
        )

    @classmethod
    def from_matrix(cls, matrix: Tensor, *, padding_idx: int | None = None, **settings: Any) -> TTEmbedding:
        """The embedding of a table (ids, features), with the settings of `TTMatrix.from_matrix`."""
        made, _ = TTMatrix.from_matrix(matrix, **settings)
        return cls(*matrix.shape, matrix=made, padding_idx=padding_idx)

    @property
    def weight(self) -> Tensor:
        """The whole table, computed."""
        return self.matrix.dense()

    def forward(self, ids: Tensor) -> Tensor:
        """(…) integers → (…, embedding_dim). Raises DataError for ids that are out of range."""
        found = self.matrix.rows_of(ids)
        if self.padding_idx is None:
            return found
        return torch.where((ids == self.padding_idx)[..., None], found.detach(), found)


class TTLinear(nn.Module):
    """A linear map y = W x + b whose weight is a tensor train; takes the place of `torch.nn.Linear`.

    **When not to use it**: to be faster. A batch of many vectors is multiplied by the whole matrix, which is
    computed from the cores then; what is saved is parameters, their gradients and the optimizer's state.
    Weights of trained language models are near neither to a tensor train nor to a matrix of low rank: see
    the measured curves before you compress one without training it further.

    Parameters
    ----------
    in_features, out_features, bias
        As `torch.nn.Linear`; the start has its variance, 1 / (3 in_features).
    rank, order
        As for `TTMatrix`.
    in_modes, out_modes : sequence of int, optional
        Column and row modes of the matrix.
    matrix : TTMatrix, optional
        One to share with another layer.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        rank: int | Sequence[int] = 8,
        *,
        order: int = 3,
        in_modes: Sequence[int] | None = None,
        out_modes: Sequence[int] | None = None,
        matrix: TTMatrix | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.matrix = matrix or TTMatrix(
            out_features,
            in_features,
            rank,
            order=order,
            row_modes=out_modes,
            column_modes=in_modes,
            std=(3 * in_features) ** -0.5,
            device=device,
            dtype=dtype,
        )
        self.bias: nn.Parameter | None = None
        if bias:
            first = self.matrix.cores[0]
            self.bias = nn.Parameter(torch.empty(out_features, device=first.device, dtype=first.dtype))
            nn.init.uniform_(self.bias, -(in_features**-0.5), in_features**-0.5)

    @classmethod
    def from_matrix(cls, matrix: Tensor, bias: Tensor | None = None, **settings: Any) -> TTLinear:
        """The layer of a weight (out, in) and a bias (out), with the settings of `TTMatrix.from_matrix`."""
        made, _ = TTMatrix.from_matrix(matrix, **settings)
        layer = cls(matrix.shape[1], matrix.shape[0], bias is not None, matrix=made)
        if layer.bias is not None and bias is not None:
            layer.bias = nn.Parameter(bias.detach().clone())
        return layer

    @property
    def weight(self) -> Tensor:
        """The whole matrix (out, in), computed."""
        return self.matrix.dense()

    def forward(self, vectors: Tensor) -> Tensor:
        """(…, in_features) → (…, out_features)."""
        found = self.matrix.times(vectors)
        return found if self.bias is None else found + self.bias


class HashedEmbedding(nn.Module):
    """The classical control of `TTEmbedding`: a small table, and a hash that says which row an id has.

    **When not to use it**: where the frequent ids fit into a table of their own; ids that share a row cannot
    be told apart.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        As `torch.nn.Embedding`.
    buckets : int
        Rows of the table.
    contiguous : bool, default False
        Instead of a hash, neighbouring ids share a row: the obvious way to use that ids are in order.
    std : float, default 1
        Of the entries at the start.
    seed : int, default 0
        Of the hash.

    References
    ----------
    Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (ICML 2009).
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        buckets: int,
        *,
        contiguous: bool = False,
        std: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if not 1 <= buckets <= num_embeddings:
            raise ConfigError(f"buckets={buckets}: give 1 to {num_embeddings}, as many as there are ids")
        self.num_embeddings, self.contiguous = num_embeddings, contiguous
        self.table = nn.Embedding(buckets, embedding_dim)
        nn.init.normal_(self.table.weight, std=std)
        generator = torch.Generator().manual_seed(seed)
        # a random linear function modulo a prime: two ids meet with probability 1 / buckets (Carter–Wegman)
        self.factor, self.shift = torch.randint(1, _PRIME, (2,), generator=generator).tolist()

    def forward(self, ids: Tensor) -> Tensor:
        """(…) integers → (…, embedding_dim). Raises DataError for ids that are out of range."""
        if ids.numel() and not (ids.min() >= 0 and ids.max() < self.num_embeddings):
            raise DataError(f"an id is out of range; there are 0 to {self.num_embeddings - 1}")
        buckets = self.table.num_embeddings
        if self.contiguous:
            return self.table(ids * buckets // self.num_embeddings)
        return self.table((ids % _PRIME * self.factor + self.shift) % _PRIME % buckets)


def _row(padding_idx: int | None, rows: int) -> int | None:
    if padding_idx is None or 0 <= padding_idx < rows:
        return padding_idx
    if -rows <= padding_idx < 0:
        return rows + padding_idx
    raise ConfigError(f"padding_idx={padding_idx} is no row of {rows}")
