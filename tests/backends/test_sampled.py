"""Shots, and the gradients that shots can give."""

import numpy as np
import pytest
import torch
from scipy.stats import chi2, kstest

from qualms.backends import DensityMatrixBackend, SampledBackend, get_backend, gradients
from qualms.backends.measurement import grouped
from qualms.circuits import Circuit, LayeredAnsatz, Parameter, PauliSum
from qualms.errors import ConfigError
from qualms.kernels import sample_counts
from tests.circuits.circuits import seeded_circuit


def test_frequencies_over_seeds_are_those_of_the_distribution():
    """p-values of chi-square tests over many seeds are uniform: neither too far from the distribution nor too
    near to it.
    """
    p = get_backend("statevector").probabilities(seeded_circuit(4, 30, 5, free=0)).double().numpy()
    kept = p > 1e-6
    values = []
    for seed in range(200):
        counts = SampledBackend(shots=4000).sample(seeded_circuit(4, 30, 5, free=0), 4000, seed)[0].numpy()
        expected = p[kept] / p[kept].sum() * 4000
        values.append(chi2.sf(((counts[kept] - expected) ** 2 / expected).sum(), kept.sum() - 1))
    assert kstest(values, "uniform").pvalue > 1e-3


def test_standard_errors_cover_the_truth():
    circuit, observables = (
        seeded_circuit(3, 20, 2, free=0),
        [PauliSum({"ZZI": 0.5, "XIX": 1.0}), PauliSum("YIZ")],
    )
    truth = get_backend("statevector").expectation(circuit, observables)
    inside = 0
    for seed in range(200):
        mean, error = SampledBackend(shots=500, seed=seed).estimate(circuit, observables)
        inside += int(((mean[0] - truth).abs() <= 1.96 * error[0] + 1e-12).sum())
    assert 0.91 < inside / 400 < 0.985


def test_equal_work_has_equal_shots_and_other_seeds_others():
    circuit, values = LayeredAnsatz(2, 1).circuit(), torch.randn(3, 2)
    first, again, other = (
        SampledBackend(shots=100, seed=s).probabilities(circuit, values) for s in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], SampledBackend(shots=100, seed=1).probabilities(circuit, values + 1)[0])


class Exact(SampledBackend):  # the shift rules alone, without shots
    def estimate(self, circuit, observables, values=None, inputs=None):
        return torch.atleast_2d(self.inner.expectation(circuit, observables, values, inputs)), torch.zeros(1)


@pytest.mark.parametrize("seed", range(25))
def test_parameter_shift_is_the_derivative_for_every_gate(seed):
    circuit = seeded_circuit(3, 15, seed)
    if not circuit.parameters:
        pytest.skip("no parameters")
    observables = [PauliSum("XYZ"), PauliSum.z(1, 3)]
    weight = torch.randn(2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    values = torch.randn(
        2,
        len(circuit.parameters),
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(seed),
        requires_grad=True,
    )
    (shifted,) = torch.autograd.grad(
        (Exact().expectation(circuit, observables, values) * weight).sum(), values
    )
    (expected,) = torch.autograd.grad(
        (get_backend("statevector").expectation(circuit, observables, values) * weight).sum(), values
    )
    np.testing.assert_allclose(shifted.numpy(), expected.numpy(), atol=1e-9)


def test_gradients_from_shots_are_unbiased_and_paid_for():
    circuit, values = LayeredAnsatz(2, 1).circuit(), torch.tensor([[0.4, -0.8]], dtype=torch.float64)
    observable = PauliSum("ZZ")

    def gradient(backend):
        v = values.clone().requires_grad_()
        return torch.autograd.grad(backend.expectation(circuit, [observable], v).sum(), v)[0]

    expected = gradient(get_backend("statevector"))
    some = torch.stack([gradient(SampledBackend(shots=200, seed=s)) for s in range(150)])
    assert ((some.mean(0) - expected).abs() < 4.5 * some.std(0) / 150**0.5).all()
    backend = SampledBackend(shots=200)
    gradient(backend)
    # one forward, two for each of two angles
    assert (backend.usage.circuits, backend.usage.shots) == (5, 1000)
    assert (
        len(gradients.shifts(Circuit(2).add("crx", 0, 1, Parameter("a")).add("ry", 0, Parameter("a")))) == 6
    )
    spsa = torch.stack([gradient(SampledBackend(shots=2000, seed=s, gradient="spsa")) for s in range(300)])
    assert ((spsa.mean(0) - expected).abs() < 4.5 * spsa.std(0) / 300**0.5 + 0.02).all()


def test_a_sublayer_trains_through_shifted_circuits():
    ansatz = LayeredAnsatz(2, 1)
    angles = torch.randn(
        1,
        *ansatz.angle_shape,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(0),
        requires_grad=True,
    )
    inputs = torch.randn(
        2, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True
    )
    expected = torch.autograd.grad(
        get_backend("statevector").read_out(ansatz, angles, inputs, "z", True).sum(), (angles, inputs)
    )
    for backend in (Exact(), Exact(DensityMatrixBackend())):
        found = torch.autograd.grad(
            backend.read_out(ansatz, angles, inputs, "z", True).sum(), (angles, inputs)
        )
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-9)
    probabilities = torch.autograd.grad(
        (Exact().read_out(ansatz, angles, inputs, "probs", True) * torch.arange(4.0)).sum(), (angles, inputs)
    )
    direct = torch.autograd.grad(
        (
            get_backend("statevector").read_out(ansatz, angles, inputs, "probs", True) * torch.arange(4.0)
        ).sum(),
        (angles, inputs),
    )
    np.testing.assert_allclose(probabilities[0].numpy(), direct[0].numpy(), atol=1e-9)


def test_strings_that_agree_are_measured_together():
    found = grouped([PauliSum({"ZZI": 1.0, "IZZ": 1.0, "XII": 1.0}), PauliSum({"IXI": 1.0, "YII": 1.0})], 3)
    assert [s.basis for s in found] == ["ZZZ", "XXI", "YII"]


def test_input_states_have_gradients_only_where_they_can():
    circuit, states = LayeredAnsatz(2, 1).circuit(), torch.eye(4)[:1].requires_grad_()
    with pytest.raises(ConfigError, match="input states"):
        SampledBackend().expectation(circuit, PauliSum("ZZ"), torch.zeros(1, 2), states)
    with pytest.raises(ConfigError, match="unknown"):
        SampledBackend(gradient="magic")
    with pytest.raises(ConfigError, match="not both"):
        SampledBackend(DensityMatrixBackend(), noise={"depolarizing": 0.1})


def test_a_row_that_is_no_distribution_is_named():
    with pytest.raises(ValueError, match="row 1"):
        sample_counts(torch.tensor([[0.5, 0.5], [float("nan"), 0.5]]), 10, 0)


def test_a_first_block_s_gradient_costs_what_the_bill_says():
    from qualms.analysis import Workload

    ansatz, backend = LayeredAnsatz(2, 1), SampledBackend(shots=10)
    angles = torch.randn(1, *ansatz.angle_shape, requires_grad=True)
    backend.read_out(ansatz, angles, torch.randn(10, 4), "z", True).sum().backward()
    assert (
        backend.usage.circuits
        == Workload(ansatz, sublayers=1, first=1, tokens=10, steps=1).circuits_per_step()
    )
    deeper = SampledBackend(shots=10)
    deeper.read_out(ansatz, angles, torch.randn(10, 4, requires_grad=True), "z", True).sum().backward()
    assert (
        deeper.usage.circuits
        == Workload(ansatz, sublayers=1, first=0, tokens=10, steps=1).circuits_per_step()
    )


def test_numpy_numbers_in_options():
    backend = SampledBackend(
        shots=np.int64(50), noise={"readout": np.float32(0.25), "depolarizing": np.float64(0)}
    )
    assert type(backend.shots) is int
    assert backend.sample(Circuit(1), 50, 0).sum() == 50
    for wrong in (np.bool_(True), np.float32(50), np.array([50])):
        with pytest.raises(ConfigError, match="is not an integer"):
            SampledBackend(shots=wrong)
    for wrong in (np.float32("nan"), np.bool_(True)):
        with pytest.raises(ConfigError, match="not a number"):
            SampledBackend(noise={"readout": wrong})
