"""TT-SVD against numpy and quimb; the error and its bound."""

from math import prod

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.errors import ConfigError, DataError
from qualms.learn.tensor_networks.decomposition import (
    bound,
    full_ranks,
    ranks_within,
    size,
    tt_svd,
    unfolding_tails,
)
from qualms.learn.tensor_networks.modes import balanced


def by_einsum(cores):
    """The slow oracle: one numpy contraction after another, in plain index order."""
    found = np.ones((1, 1))
    for core in cores:
        found = np.einsum("ar,rnq->anq", found, core.numpy()).reshape(-1, core.shape[2])
    return found.reshape([core.shape[1] for core in cores])


shapes = st.lists(st.integers(1, 5), min_size=1, max_size=4)


@given(shape=shapes, rank=st.integers(1, 6), seed=st.integers(0, 99), decay=st.floats(0, 2))
@settings(max_examples=30, deadline=None)
def test_the_error_is_what_was_cut_off_and_within_the_bound(shape, rank, seed, decay):
    rng = np.random.default_rng(seed)
    given = rng.normal(size=shape) * np.exp(-decay * np.indices(shape).sum(axis=0))
    tensor = torch.from_numpy(given)
    found = tt_svd(tensor, ranks=rank)
    norm = np.linalg.norm(given)
    error = np.linalg.norm(given - by_einsum(found.cores))
    assert error == pytest.approx(found.error, rel=1e-7, abs=1e-12 * norm)
    tails = unfolding_tails(tensor)
    assert found.error <= bound(tails, found.ranks) * (1 + 1e-9) + 1e-12 * norm
    # no tensor train of these ranks is nearer than its worst bond allows
    nearest = max((float(t[min(r, len(t) - 1)]) for t, r in zip(tails, found.ranks, strict=True)), default=0)
    assert found.error >= nearest * (1 - 1e-9) - 1e-12 * norm
    np.testing.assert_allclose(found.full().numpy(), by_einsum(found.cores), atol=1e-12 * norm)


@given(shape=shapes, tolerance=st.floats(0, 0.9), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_a_tolerance_is_kept(shape, tolerance, seed):
    given = np.random.default_rng(seed).normal(size=shape)
    found = tt_svd(torch.from_numpy(given), tolerance=tolerance)
    assert np.linalg.norm(given - by_einsum(found.cores)) <= (tolerance + 1e-12) * np.linalg.norm(given)


def test_for_a_matrix_the_bound_is_eckart_youngs():
    given = np.random.default_rng(1).normal(size=(7, 9))
    found = tt_svd(torch.from_numpy(given), ranks=3)
    best = np.sqrt((np.linalg.svd(given, compute_uv=False)[3:] ** 2).sum())
    assert found.error == pytest.approx(best, rel=1e-12)
    assert bound(unfolding_tails(torch.from_numpy(given)), [3]) == pytest.approx(best, rel=1e-12)


def test_the_bound_is_reached_where_the_parts_that_are_cut_off_do_not_meet():
    # the first cut takes the 2, of the first mode's second index; the second takes the 1, which is in the row
    # that was kept: each is a singular value of its own unfolding as well
    tensor = torch.zeros(3, 3, 3, dtype=torch.float64)
    tensor[0, 0, 0], tensor[1, 1, 0], tensor[0, 1, 1] = 5, 2, 1
    found = tt_svd(tensor, ranks=1)
    assert found.error == pytest.approx(np.sqrt(2**2 + 1**2), rel=1e-12)
    assert bound(unfolding_tails(tensor), (1, 1)) == pytest.approx(found.error, rel=1e-12)


@pytest.mark.slow  # quimb takes ten seconds to import
def test_quimb_finds_the_same_tensor():
    qtn = pytest.importorskip("quimb.tensor")
    given = np.random.default_rng(2).normal(size=(4, 3, 5, 2))
    found = tt_svd(torch.from_numpy(given), ranks=4)
    theirs = qtn.MatrixProductState.from_dense(given, dims=given.shape, max_bond=4, cutoff=0.0)
    np.testing.assert_allclose(theirs.to_dense().reshape(given.shape), by_einsum(found.cores), atol=1e-10)


def test_the_cores_are_orthogonal():
    for core in tt_svd(torch.randn(4, 3, 5, 2), ranks=4).cores[:-1]:
        unfolded = core.reshape(-1, core.shape[2])
        torch.testing.assert_close(unfolded.T @ unfolded, torch.eye(core.shape[2], dtype=torch.float64))


def test_a_tensor_of_low_ranks_is_found_exactly():
    rng = np.random.default_rng(3)
    cores = [torch.from_numpy(rng.normal(size=s)) for s in [(1, 6, 2), (2, 5, 3), (3, 7, 1)]]
    found = tt_svd(torch.from_numpy(by_einsum(cores)))
    assert found.ranks == (2, 3)
    np.testing.assert_allclose(by_einsum(found.cores), by_einsum(cores), atol=1e-12)


@given(
    shape=st.lists(st.integers(2, 5), min_size=2, max_size=4),
    share=st.floats(0.05, 1),
    seed=st.integers(0, 9),
)
@settings(max_examples=30, deadline=None)
def test_ranks_within_a_number_of_parameters(shape, share, seed):
    tails = unfolding_tails(torch.from_numpy(np.random.default_rng(seed).normal(size=shape)))
    most = int(share * prod(shape))
    found = ranks_within(tails, shape, most)
    if found is None:
        assert size(shape, [1] * (len(shape) - 1)) > most
    else:
        assert size(shape, found) <= most
        assert all(r <= f for r, f in zip(found, full_ranks(shape), strict=True))


def test_zeros_have_a_decomposition():
    found = tt_svd(torch.zeros(2, 3, 2))
    assert found.ranks == (1, 1)
    assert found.error == 0
    assert not found.full().any()


def test_bad_input_is_refused():
    with pytest.raises(DataError, match="NaN"):
        tt_svd(torch.full((2, 2), torch.nan))
    with pytest.raises(ConfigError, match="2 ranks were given for a tensor with 1 bonds"):
        tt_svd(torch.ones(2, 2), ranks=(1, 2))
    with pytest.raises(ConfigError, match="at least 1"):
        tt_svd(torch.ones(2, 2), ranks=0)
    with pytest.raises(ConfigError, match="tolerance"):
        tt_svd(torch.ones(2, 2), tolerance=float("nan"))
    with pytest.raises(ConfigError, match="modes"):
        balanced(0, 2)


@given(dimension=st.integers(1, 60_000), order=st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_balanced_modes_hold_the_dimension(dimension, order):
    found = balanced(dimension, order)
    assert len(found) == order
    assert prod(found) >= dimension
    assert order < 3 or max(found[1:-1]) <= min(found[0], found[-1])


def test_dimensions_of_language_models_are_divided_exactly():
    assert balanced(4096, 3) == (16, 16, 16)
    assert sorted(balanced(256, 3)) == [4, 8, 8]
    assert prod(balanced(640, 2)) == 640
    assert prod(balanced(768, 3)) == 768
