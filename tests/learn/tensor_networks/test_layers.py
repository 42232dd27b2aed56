"""The layers against a dense matrix that numpy builds entry by entry."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from qualms.errors import ConfigError, DataError
from qualms.learn.tensor_networks.layers import HashedEmbedding, TTEmbedding, TTLinear
from qualms.learn.tensor_networks.matrix import TTMatrix
from qualms.learn.tensor_networks.modes import low_rank

f64 = torch.float64


def entry_by_entry(matrix):
    """W[i, j] as the product of the cores at the digits of i and j."""
    cores = [core.detach().numpy() for core in matrix.cores]
    found = np.empty((matrix.rows, matrix.columns))
    for i in range(matrix.rows):
        for j in range(matrix.columns):
            rows = np.unravel_index(i, matrix.row_modes)
            columns = np.unravel_index(j, matrix.column_modes)
            product = np.eye(1)
            for core, a, b in zip(cores, rows, columns, strict=True):
                product = product @ core[a, :, b, :]
            found[i, j] = product[0, 0]
    return found


@given(
    rows=st.integers(1, 30),
    columns=st.integers(1, 12),
    order=st.integers(1, 4),
    rank=st.integers(1, 4),
    seed=st.integers(0, 9),
)
@settings(max_examples=30, deadline=None)
def test_rows_products_and_the_matrix_agree_with_the_definition(rows, columns, order, rank, seed):
    torch.manual_seed(seed)
    matrix = TTMatrix(rows, columns, rank, order=order, dtype=f64)
    expected = entry_by_entry(matrix)
    np.testing.assert_allclose(matrix.dense().detach(), expected, atol=1e-12)
    ids = torch.randint(0, rows, (3, 4))
    np.testing.assert_allclose(matrix.rows_of(ids).detach(), expected[ids], atol=1e-12)
    vectors = torch.randn(5, columns, dtype=f64)
    padded = nn.functional.pad(vectors, (0, int(np.prod(matrix.column_modes)) - columns))
    for found in (
        matrix.times(vectors),
        matrix._from_left(padded)[:, :rows],
        matrix._from_right(padded)[:, :rows],
    ):
        np.testing.assert_allclose(found.detach(), vectors.numpy() @ expected.T, atol=1e-10)


def test_the_cheapest_order_is_taken():
    factors = TTMatrix(64, 48, 2, row_modes=(64, 1), column_modes=(1, 48))
    costs = factors._costs(1)
    assert costs["right"] == 2 * (64 + 48)  # U (Vᵀ x)
    assert factors._way(1) == "right"
    assert factors.n_parameters == 2 * (64 + 48)
    assert TTMatrix(1024, 1024, 16, order=2)._way(1) in ("left", "right")
    assert TTMatrix(1024, 1024, 16, order=2)._way(4096) == "dense"


def test_gradients():
    torch.manual_seed(0)
    matrix = TTMatrix(11, 6, 2, order=3, dtype=f64)
    ids = torch.tensor([[0, 3], [10, 3]])
    vectors = torch.randn(2, 6, dtype=f64, requires_grad=True)

    def computed(vectors, *cores):
        with torch.nn.utils.stateless._reparametrize_module(
            matrix, {f"cores.{k}": core for k, core in enumerate(cores)}
        ):
            padded = nn.functional.pad(vectors, (0, int(np.prod(matrix.column_modes)) - 6))
            return (
                matrix.rows_of(ids),
                matrix.dense(),
                matrix.times(vectors),
                matrix._from_left(padded),
                matrix._from_right(padded),
            )

    assert torch.autograd.gradcheck(
        computed, (vectors, *[core.detach().clone().requires_grad_() for core in matrix.cores])
    )


@pytest.mark.parametrize("rank", [1, 4, 16])
def test_the_start_has_the_asked_spread(rank):
    torch.manual_seed(0)
    draws = torch.cat([TTMatrix(60, 24, rank, std=0.3).dense().detach().reshape(-1) for _ in range(60)])
    assert float(draws.std()) == pytest.approx(0.3, rel=0.08)
    linear = torch.cat([TTLinear(24, 60, rank=rank).weight.detach().reshape(-1) for _ in range(60)])
    assert float(linear.std()) == pytest.approx(float(nn.Linear(24, 6000).weight.detach().std()), rel=0.08)


def test_a_matrix_at_full_ranks_is_kept_and_its_error_known():
    weight = torch.randn(30, 12, generator=torch.Generator().manual_seed(0))
    exact, found = TTMatrix.from_matrix(weight)
    torch.testing.assert_close(exact.dense(), weight, rtol=1e-4, atol=1e-5)
    cut, found = TTMatrix.from_matrix(weight.double(), rank=3)
    assert float((cut.dense().detach() - weight).norm()) == pytest.approx(found.error, rel=1e-9)
    assert found.error > 0.1
    norms = [float(core.detach().norm() / core.numel() ** 0.5) for core in exact.cores]
    assert max(norms) < 6 * min(norms)


def test_low_rank_is_a_special_case_and_the_best_one():
    weight = torch.randn(30, 12, generator=torch.Generator().manual_seed(0), dtype=f64)
    rows, columns = low_rank(30, 12)
    cut, found = TTMatrix.from_matrix(weight, rank=3, row_modes=rows, column_modes=columns)
    u, s, v = np.linalg.svd(weight.numpy())
    np.testing.assert_allclose(cut.dense().detach(), u[:, :3] * s[:3] @ v[:3], atol=1e-10)
    assert found.error == pytest.approx(np.linalg.norm(s[3:]))


def test_layers_take_the_place_of_torchs():
    weight, bias = torch.randn(10, 6, dtype=f64), torch.randn(10, dtype=f64)
    linear = TTLinear.from_matrix(weight, bias)
    vectors = torch.randn(2, 3, 6, dtype=f64)
    torch.testing.assert_close(linear(vectors), nn.functional.linear(vectors, weight, bias))
    embedding = TTEmbedding.from_matrix(weight, padding_idx=-1)
    ids = torch.tensor([[1, 9], [0, 1]])
    torch.testing.assert_close(embedding(ids), weight[ids])
    assert embedding(torch.zeros(0, 3, dtype=torch.long)).shape == (0, 3, 6)
    embedding(torch.tensor([9])).sum().backward()
    assert all(core.grad is None or not core.grad.any() for core in embedding.matrix.cores)


def test_equal_ids_and_prefixes_give_the_gradient_of_the_whole_table():
    torch.manual_seed(0)
    embedding = TTEmbedding(40, 6, 3, dtype=f64)
    ids = torch.tensor([0, 1, 1, 39, 0, 20, 21])
    target = torch.randn(7, 6, dtype=f64)
    by_rows = torch.autograd.grad((embedding(ids) * target).sum(), list(embedding.parameters()))
    by_table = torch.autograd.grad((embedding.weight[ids] * target).sum(), list(embedding.parameters()))
    for one, other in zip(by_rows, by_table, strict=True):
        torch.testing.assert_close(one, other)


def test_hashing_spreads_ids():
    hashed = HashedEmbedding(100_000, 1, 100)
    with torch.no_grad():
        hashed.table.weight.copy_(torch.arange(100.0)[:, None])
    counts = torch.bincount(hashed(torch.arange(100_000))[:, 0].long(), minlength=100)
    assert counts.min() > 800
    assert counts.max() < 1200
    blocks = HashedEmbedding(10, 1, 5, contiguous=True)
    with torch.no_grad():
        blocks.table.weight.copy_(torch.arange(5.0)[:, None])
    assert blocks(torch.arange(10))[:, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_bad_input_is_refused():
    embedding = TTEmbedding(10, 4)
    for wrong in (-1, 10):
        with pytest.raises(DataError, match=f"row {wrong}"):
            embedding(torch.tensor([3, wrong]))
        with pytest.raises(DataError, match="out of range"):
            HashedEmbedding(10, 4, 2)(torch.tensor([3, wrong]))
    with pytest.raises(ConfigError, match="row modes"):
        TTMatrix(10, 4, row_modes=(3, 3), column_modes=(2, 2))
    with pytest.raises(ConfigError, match="as many of each"):
        TTMatrix(10, 4, row_modes=(5, 2), column_modes=(2, 2, 1))
    with pytest.raises(ConfigError, match="rank=0"):
        TTMatrix(10, 4, 0)
    with pytest.raises(ConfigError, match="padding_idx"):
        TTEmbedding(10, 4, padding_idx=10)
    with pytest.raises(ConfigError, match="buckets"):
        HashedEmbedding(10, 4, 11)
