"""The torch core against the oracle, and its gradients against parameter shift."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from qualms.circuits import LayeredAnsatz, reference
from qualms.kernels import evolve, unitary
from tests.circuits.test_ansatz import ansatze


@settings(max_examples=60, deadline=None)
@given(ansatze)
def test_unitary_equals_the_oracle(ansatz):
    angles = torch.randn(
        2, *ansatz.angle_shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    got = unitary(ansatz, angles)
    assert got.is_complex() == ansatz.rz
    for circuit in range(2):
        np.testing.assert_allclose(
            got[circuit].numpy(), reference.unitary(ansatz, angles[circuit].numpy()), atol=1e-12
        )


@pytest.mark.parametrize("n", [7, 8, 9])
def test_more_qubits_than_one_block(n):
    ansatz = LayeredAnsatz(n, 2, closing_ry=True)
    angles = torch.randn(ansatz.angle_shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(
        unitary(ansatz, angles).numpy(), reference.unitary(ansatz, angles.numpy()).real, atol=1e-12
    )


@pytest.mark.parametrize("rz", [False, True])
@pytest.mark.parametrize("batch", [1, 3, 40])
def test_few_states_and_many_states_take_the_same_road(batch, rz):
    ansatz = LayeredAnsatz(4, 2, rz=rz)
    generator = torch.Generator().manual_seed(0)
    angles = torch.randn(ansatz.angle_shape, dtype=torch.float64, generator=generator)
    states = torch.randn(batch, 16, dtype=torch.float64, generator=generator)
    expected = states.numpy() @ reference.unitary(ansatz, angles.numpy()).T
    np.testing.assert_allclose(evolve(ansatz, angles, states).numpy(), expected, atol=1e-12)


def test_angle_gradient_is_the_parameter_shift():
    ansatz = LayeredAnsatz(3, 2, closing_ry=True)
    generator = torch.Generator().manual_seed(0)
    angles = torch.randn(ansatz.angle_shape, dtype=torch.float64, generator=generator, requires_grad=True)
    states = torch.nn.functional.normalize(
        torch.randn(20, 8, dtype=torch.float64, generator=generator), dim=-1
    )
    weights = torch.randn(20, 3, dtype=torch.float64, generator=generator)
    signs = torch.from_numpy(reference.z_signs(3))

    def value(theta):
        return ((evolve(ansatz, theta, states) ** 2 @ signs) * weights).sum()

    (gradient,) = torch.autograd.grad(value(angles), angles)
    for index in np.ndindex(*ansatz.angle_shape):
        shift = torch.zeros_like(angles)
        shift[index] = math.pi / 2
        assert gradient[index].item() == pytest.approx(
            ((value(angles + shift) - value(angles - shift)) / 2).item(), abs=1e-12
        )


@pytest.mark.parametrize("rz", [False, True])
@pytest.mark.parametrize("batch", [2, 12])
def test_gradcheck(batch, rz):
    ansatz = LayeredAnsatz(3, 1, rz=rz)
    generator = torch.Generator().manual_seed(0)
    angles = torch.randn(ansatz.angle_shape, dtype=torch.float64, generator=generator, requires_grad=True)
    states = torch.randn(batch, 8, dtype=torch.float64, generator=generator, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda a, s: torch.view_as_real(evolve(ansatz, a, s) + 0j), (angles, states)
    )


def test_norm_is_kept():
    ansatz = LayeredAnsatz(6, 4)
    states = torch.randn(100, 64)
    out = evolve(ansatz, torch.randn(ansatz.angle_shape), states)
    torch.testing.assert_close(out.norm(dim=-1), states.norm(dim=-1))
