"""Matrix product states against the state vector, and where it cannot go."""

import numpy as np
import pytest
import torch

pytest.importorskip("quimb")

from qualms.backends import get_backend
from qualms.circuits import Circuit, Diagonal, PauliSum
from qualms.circuits.ansatz import hardware_efficient
from qualms.circuits.channels import bit_flip
from qualms.errors import ConfigError, TooLargeError
from tests.circuits.circuits import seeded_circuit


@pytest.mark.parametrize("seed", range(20))
def test_it_equals_the_state_vector_where_the_bond_suffices(seed):
    n = 1 + seed % 8
    circuit = seeded_circuit(n, 30, seed)
    values = torch.randn(
        len(circuit.parameters), dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
    )
    backend, exact = get_backend("mps", bond=1 << (n // 2 + 1)), get_backend("statevector")
    np.testing.assert_allclose(
        backend.amplitudes(circuit, values).numpy(),
        exact.amplitudes(circuit, values.double()).numpy(),
        atol=1e-10,
    )
    assert backend.truncation_error < 1e-10
    observables = [PauliSum({"XYZZXYZX"[:n]: 1.0, "Z" * n: 0.5}), Diagonal(np.arange(float(1 << n)))]
    np.testing.assert_allclose(
        backend.expectation(circuit, observables, values),
        exact.expectation(circuit, observables, values.double()),
        atol=1e-8,
    )


def test_what_is_cut_off_is_reported():
    circuit = hardware_efficient(10, 6)
    values = torch.randn(
        len(circuit.parameters), dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    errors = []
    for bond in (2, 4, 8, 32):
        backend = get_backend("mps", bond=bond)
        state, exact = (
            backend.amplitudes(circuit, values),
            get_backend("statevector").amplitudes(circuit, values),
        )
        true = 1 - float((state / state.norm()).conj().dot(exact).abs() ** 2)
        errors.append(backend.truncation_error)
        assert backend.truncation_error == pytest.approx(true, abs=0.15)
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 0.1
    assert errors[-1] < 1e-10


def test_wide_and_shallow_circuits_fit():
    n = 60
    circuit = hardware_efficient(n, 1)
    values = torch.randn(
        len(circuit.parameters), dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    backend = get_backend("mps")
    left = circuit.parameters.index("t0_0")
    assert left == 0
    small = hardware_efficient(6, 1)  # the first qubits do not feel the far end
    own = torch.tensor([values[circuit.parameters.index(p)] for p in small.parameters])
    found = backend.expectation(circuit, PauliSum.z(2, n), values)
    assert float(found) == pytest.approx(
        float(get_backend("statevector").expectation(small, PauliSum.z(2, 6), own)), abs=1e-9
    )
    counts = backend.outcomes(circuit, 50, 0, values)
    assert sum(counts.values()) == 50
    assert {len(bits) for bits in counts} == {n}
    with pytest.raises(TooLargeError, match="at most 20"):
        backend.probabilities(circuit, values)


def test_what_it_cannot_do_is_said():
    with pytest.raises(ConfigError, match="trajectories"):
        get_backend("mps").expectation(Circuit(1).channel(bit_flip(0.1), 0), PauliSum("Z"))
    with pytest.raises(ConfigError, match="bond=0"):
        get_backend("mps", bond=0)
    with pytest.raises(ConfigError, match="amplitude_encoding"):
        get_backend("mps").probabilities(Circuit(1).add("h", 0), None, torch.tensor([1.0, 0.0]))
