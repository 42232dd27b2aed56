import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from qualms.backends import get_backend
from qualms.circuits import LayeredAnsatz, reference
from qualms.errors import ConfigError, TooLargeError

ANSATZ = LayeredAnsatz(3, 2, rz=True)


@pytest.fixture
def case():
    generator = torch.Generator().manual_seed(0)
    angles = torch.randn(ANSATZ.angle_shape, dtype=torch.float64, generator=generator)
    states = torch.nn.functional.normalize(torch.randn(5, 8, dtype=torch.float64, generator=generator), dim=-1)
    exact = np.abs(states.numpy() @ reference.unitary(ANSATZ, angles.numpy()).T) ** 2
    return angles, states, exact


def test_probabilities_and_expectations(case):
    angles, states, exact = case
    backend = get_backend("statevector")
    np.testing.assert_allclose(backend.read_out(ANSATZ, angles, states, "probs", False).numpy(), exact, atol=1e-12)
    np.testing.assert_allclose(backend.read_out(ANSATZ, angles, 3 * states, "z", True).numpy(), exact @ reference.z_signs(3), atol=1e-12)


def test_samples_follow_the_probabilities(case):
    angles, states, exact = case
    counts = get_backend("statevector").sample(ANSATZ, angles, states, shots=20_000, seed=3)
    assert counts.sum(-1).tolist() == [20_000] * 5
    for row, expected in zip(counts.numpy(), exact, strict=True):
        assert chisquare(row, expected / expected.sum() * 20_000).pvalue > 1e-4
    again = get_backend("statevector").sample(ANSATZ, angles, states, shots=20_000, seed=3)
    assert torch.equal(counts, again)


def test_too_many_qubits_are_refused_before_anything_is_made():
    ansatz = LayeredAnsatz(40, 1)
    with pytest.raises(TooLargeError, match="at most 14"):
        get_backend("statevector").read_out(ansatz, torch.zeros(1, 40), torch.zeros(1, 1), "z", True)


def test_an_unknown_backend_is_not_replaced():
    with pytest.raises(ConfigError, match="statevector"):
        get_backend("hardware")
