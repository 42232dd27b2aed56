"""Stored directions: what is kept of a vector, and where gains begin."""

import numpy as np
import pytest
import torch
from peft import get_peft_model

from qualms import QSLConfig
from qualms.adapters.placement import quantum_layers
from qualms.adapters.stored import largest_singular, pack, unpack
from tests.conftest import build


@pytest.mark.parametrize("size", [13, 16])
def test_signs_come_back_as_a_vector_of_norm_one(size):
    vectors = torch.randn(2, 3, size, generator=torch.Generator().manual_seed(0))
    vectors[0, 0, 2:5] = 0
    kept = pack(vectors, 1)
    assert (kept.dtype, kept.shape) == (torch.uint8, (2, 3, 2))
    expected = torch.where(vectors >= 0, 1.0, -1.0) / size**0.5
    torch.testing.assert_close(unpack(kept, size), expected)


def test_longer_entries_come_back_as_they_are():
    vectors = torch.randn(2, 13, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.equal(unpack(pack(vectors, 32), 13), vectors.float())
    halves = pack(vectors, 16)
    assert halves.dtype == torch.int16
    assert torch.equal(unpack(halves, 13), vectors.bfloat16().float())


@pytest.mark.parametrize("bits", [32, 1])
def test_gains_begin_so_that_directions_are_the_singular_vectors(bits):
    """Of signs, their sizes by blocks; whole entries need no gain, and none changes them."""
    settings = QSLConfig.fitted(circuit="stored", bits=bits, gains=5, rank=3, target_modules=["v_proj"])
    (plan, *_) = (
        layer.plans["default"] for layer in quantum_layers(get_peft_model(build("llama"), settings)).values()
    )
    goal = torch.randn(1, plan.n_out, plan.n_in, generator=torch.Generator().manual_seed(0))
    made, v, u = plan.leading(goal)
    left, _, right = np.linalg.svd(goal[0].numpy())
    expected = right[:3]
    gain = np.ones((3, 5))
    if bits == 1:
        blocks = [range(*(-(-b * plan.n_in // 5) for b in (i, i + 1))) for i in range(5)]
        gain = np.stack([np.abs(expected[:, block]).mean(1) for block in blocks], 1)
        sizes = np.concatenate([np.repeat(gain[:, [i]], len(b), 1) for i, b in enumerate(blocks)], 1)
        expected = np.sign(expected) * sizes
    np.testing.assert_allclose(made[2][0].numpy(), gain, rtol=1e-4)
    signs = np.sign((v[0].numpy() * expected).sum(1, keepdims=True))
    np.testing.assert_allclose(signs * v[0].numpy(), expected, atol=1e-4)
    reached = (u[0].numpy() * left[:, :3].T).sum(1)
    sizes = np.ones(3) if bits == 32 else np.abs(left[:, :3]).sum(0) / plan.n_out**0.5
    np.testing.assert_allclose(np.abs(reached), sizes, rtol=1e-4)
    assert np.array_equal(np.sign(reached), signs[:, 0])


def test_singular_vectors_take_nothing_from_the_global_generator():
    goal = torch.randn(2, 20, 30, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first = largest_singular(goal, 3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(8)
    for one, other in zip(first, largest_singular(goal, 3), strict=True):
        assert torch.equal(one, other)
    torch.testing.assert_close(first[1], torch.linalg.svdvals(goal)[:, :3], rtol=1e-4, atol=1e-4)
