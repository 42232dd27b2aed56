"""Amplitude loading as one circuit for a batch, its angles computed in torch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qualms.circuits import reference
from qualms.circuits.encode import amplitude_encoding, amplitude_loading
from qualms.kernels import loading_angles


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 4).flatmap(
        lambda n: arrays(np.float64, (2, 1 << n), elements=st.floats(-5, 5, allow_subnormal=False))
    )
)
def test_angles_load_the_states(states):
    n = states.shape[1].bit_length() - 1
    circuit, angles = amplitude_loading(n), loading_angles(torch.tensor(states)).numpy()
    assert angles.shape == (2, (1 << n) - 1)
    for row, own in zip(states, angles, strict=True):
        scaled = row / max(np.abs(row).max(), 1e-300)
        expected = scaled / np.linalg.norm(scaled) if row.any() else np.eye(1 << n)[0]
        found = reference.statevector(circuit, dict(zip(circuit.parameters, own, strict=True)))
        np.testing.assert_allclose(found, expected, atol=1e-7)


def test_it_is_the_circuit_of_amplitude_encoding():
    row = np.random.default_rng(0).normal(size=16)
    circuit, angles = amplitude_loading(4), loading_angles(torch.tensor(row)[None])[0].numpy()
    bound = circuit.bind(dict(zip(circuit.parameters, angles, strict=True)))
    direct = amplitude_encoding(row)
    assert [(o.gate, o.qubits) for o in bound.operations] == [(o.gate, o.qubits) for o in direct.operations]
    np.testing.assert_allclose(
        [p for o in bound.operations for p in o.params],
        [p for o in direct.operations for p in o.params],
        atol=1e-12,
    )
    assert circuit.counts() == {"ry": 15, "cx": 14}


def test_gradients_are_right_and_finite_at_zeros():
    states = torch.randn(
        3, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True
    )
    assert torch.autograd.gradcheck(loading_angles, states)
    sparse = torch.tensor([[0.0] * 8, [1.0] + [0.0] * 7, [0.0, 0, 0, 0, 3.0, -4.0, 0, 0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(loading_angles(sparse).sum(), sparse)
    assert torch.isfinite(gradient).all()
    assert not gradient[0].any()


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_types_are_kept(kind):
    assert loading_angles(torch.randn(2, 4, dtype=kind)).dtype == kind
