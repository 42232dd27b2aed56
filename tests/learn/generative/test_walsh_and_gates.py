"""The transform and the sums over gates, against sums written out."""

from itertools import combinations

import numpy as np
import pytest
import torch

from qualms.errors import TooLargeError
from qualms.learn.generative.gates import GateSet
from qualms.learn.generative.walsh import walsh_hadamard
from tests.learn.generative.patterns import all_patterns


@pytest.mark.parametrize("n", [0, 1, 3, 6, 11])
def test_the_transform_is_the_sum_of_signs(n):
    x = torch.from_numpy(np.random.default_rng(n).normal(size=(2, 1 << n)))
    index = np.arange(1 << n)
    signs = (-1.0) ** np.bitwise_count(index[:, None] & index[None])
    torch.testing.assert_close(walsh_hadamard(x), x @ torch.from_numpy(signs), rtol=1e-12, atol=1e-10)


def test_its_gradient():
    x = torch.randn(8, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.autograd.gradcheck(lambda v: walsh_hadamard(v) ** 2, x)


def test_sums_over_gates():
    n, rng = 5, np.random.default_rng(1)
    gates = GateSet.local(n, 3)
    subsets = [s for w in (1, 2, 3) for s in combinations(range(n), w)]
    assert gates.size == len(subsets) == 25
    assert gates.per_bit == 1 + 4 + 6
    theta = rng.normal(size=gates.size)
    signs = 1 - 2 * all_patterns(n)
    expected = [sum(t * np.prod(row[list(s)]) for t, s in zip(theta, subsets, strict=True)) for row in signs]
    angles = torch.from_numpy(theta)
    np.testing.assert_allclose(gates.table(angles).numpy(), expected, atol=1e-12)
    np.testing.assert_allclose(
        gates.sums(angles, torch.from_numpy(signs.astype(float))), expected, atol=1e-12
    )


def test_too_many_gates_are_refused():
    assert GateSet.local(1000, 2).size == 500_500
    with pytest.raises(TooLargeError, match="smaller max_weight"):
        GateSet.local(1000, 3)
    with pytest.raises(TooLargeError, match="at most 20 bits"):
        GateSet.local(21, 1).codes  # noqa: B018
