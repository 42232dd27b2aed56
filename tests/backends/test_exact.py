import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from qualms.backends import get_backend, statevector
from qualms.circuits import Circuit, Diagonal, LayeredAnsatz, Parameter, PauliSum, reference
from qualms.errors import ConfigError, TooLargeError

ANSATZ = LayeredAnsatz(3, 2, rz=True)


@pytest.fixture
def case():
    generator = torch.Generator().manual_seed(0)
    angles = torch.randn(ANSATZ.angle_shape, dtype=torch.float64, generator=generator)
    states = torch.nn.functional.normalize(
        torch.randn(5, 8, dtype=torch.float64, generator=generator), dim=-1
    )
    amplitudes = states.numpy() @ reference.unitary(ANSATZ, angles.numpy()).T
    return angles, states, amplitudes


def test_a_sublayer_and_its_circuit_agree_with_the_oracle(case):
    angles, states, amplitudes = case
    backend, exact = get_backend("statevector"), np.abs(amplitudes) ** 2
    np.testing.assert_allclose(
        backend.read_out(ANSATZ, angles, states, "probs", False).numpy(), exact, atol=1e-12
    )
    np.testing.assert_allclose(
        backend.read_out(ANSATZ, angles, 3 * states, "z", True).numpy(),
        exact @ reference.z_signs(3),
        atol=1e-12,
    )
    np.testing.assert_allclose(
        backend.probabilities(ANSATZ.circuit(), angles.flatten(), states).numpy(), exact, atol=1e-12
    )


def test_many_observables_at_once(case):
    angles, states, amplitudes = case
    observables = [
        PauliSum({"ZZI": 0.5, "XIY": -1.5, "III": 2.0}), PauliSum("YYY"), Diagonal(np.arange(8.0)),
        PauliSum({"IXI": 1.0, "IXZ": 0.25}), PauliSum.z(2, 3),
    ]  # fmt: skip
    got = get_backend("statevector").expectation(ANSATZ.circuit(), observables, angles.flatten(), states)
    expected = np.stack(
        [np.einsum("bi,ij,bj->b", amplitudes.conj(), o.matrix(), amplitudes).real for o in observables], -1
    )
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-12)
    one = get_backend("statevector").expectation(ANSATZ.circuit(), observables[1], angles.flatten())
    assert one.shape == ()


def test_samples_follow_the_probabilities(case):
    angles, states, amplitudes = case
    counts = get_backend("statevector").sample(ANSATZ.circuit(), 20_000, 3, angles.flatten(), states)
    assert counts.sum(-1).tolist() == [20_000] * 5
    for row, expected in zip(counts.numpy(), np.abs(amplitudes) ** 2, strict=True):
        assert chisquare(row, expected / expected.sum() * 20_000).pvalue > 1e-4
    assert torch.equal(
        counts, get_backend("statevector").sample(ANSATZ.circuit(), 20_000, 3, angles.flatten(), states)
    )


def test_amplitudes_for_interchange_are_in_qiskit_s_order():
    from qiskit.quantum_info import Statevector

    circuit = Circuit(3).add("h", 0).add("cx", 0, 2).add("ry", 1, Parameter("t")).measure()
    got = statevector(circuit, {"t": 0.3})
    assert got.dtype == np.complex128
    expected = Statevector(circuit.bind({"t": 0.3}).to_qiskit().remove_final_measurements(inplace=False))
    np.testing.assert_allclose(got, expected.data, atol=1e-12)
    np.testing.assert_allclose(statevector(circuit, [0.3]), got)


@pytest.mark.parametrize(
    ("values", "message"),
    [(None, "free parameters"), ({}, "without a value: t"), ({"t": 0.1, "u": 1.0}, "without a parameter: u")],
)
def test_missing_and_unknown_values_are_named(values, message):
    with pytest.raises(ConfigError, match=message):
        statevector(Circuit(1).add("rx", 0, Parameter("t")), values)


def test_too_many_qubits_are_refused_before_anything_is_made():
    with pytest.raises(TooLargeError, match="at most 14"):
        get_backend("statevector").read_out(
            LayeredAnsatz(40, 1), torch.zeros(1, 40), torch.zeros(1, 1), "z", True
        )
    with pytest.raises(TooLargeError, match=r"at most \d+ qubits fit"):
        statevector(Circuit(48).add("h", 0))


def test_an_unknown_backend_is_not_replaced():
    with pytest.raises(ConfigError, match="statevector"):
        get_backend("hardware")


def test_a_compiled_sublayer_is_compiled_once_and_counted():
    backend, ansatz, graphs = get_backend("statevector"), LayeredAnsatz(3, 1), []

    def keep(graph, _):
        graphs.append(graph)
        return graph.forward

    compiled = torch.compile(
        lambda angles, x: backend.read_out(ansatz, angles, x, "z", True), backend=keep, fullgraph=True
    )
    angles, x = torch.randn(2, *ansatz.angle_shape, requires_grad=True), torch.randn(5, 8)
    for _ in range(3):
        compiled(angles, x).sum().backward()
    assert len(graphs) == 1
    assert backend.usage.circuits == 3 * 2 * 5
    backend.read_out(ansatz, angles, x, "z", True)
    assert backend.usage.circuits == 4 * 2 * 5
