"""Analysis against closed forms and published values."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from qualms.analysis import (
    Workload,
    bill,
    effective_dimension,
    entangling_capability,
    expressibility,
    fisher,
    gradient_variance,
    layer_kernel,
    readiness,
    resources,
)
from qualms.analysis.expressivity import meyer_wallach
from qualms.backends.calibration import Calibration
from qualms.backends.facts import DEVICES, UNKNOWN, Fact
from qualms.backends.gradients import shifts
from qualms.backends.prices import PRICES
from qualms.backends.sublayer import sublayer_circuit
from qualms.circuits import Circuit, LayeredAnsatz, Parameter
from qualms.circuits.ansatz import hardware_efficient
from qualms.errors import ConfigError


def test_expressibility_of_one_qubit_circuits_is_the_published_one():
    """Sim et al. 2019, figure 1: H and RZ about 0.22, H, RZ and RX about 0.02, nothing at all 4.30 (75
    bins).
    """
    line = Circuit(1).add("h", 0).add("rz", 0, Parameter("a"))
    plane = line.add("rx", 0, Parameter("b"))
    assert expressibility(line, 20_000) == pytest.approx(0.22, abs=0.03)
    assert expressibility(plane, 20_000) == pytest.approx(0.02, abs=0.01)
    idle = Circuit(1).add("rz", 0, Parameter("a"))
    assert expressibility(idle, 2_000) == pytest.approx(np.log(75), abs=0.01)
    with pytest.raises(ConfigError, match="no free parameters"):
        expressibility(Circuit(1).add("h", 0))


def test_meyer_wallach_of_known_states():
    ghz = torch.zeros(1, 8, dtype=torch.complex128)
    ghz[0, 0] = ghz[0, 7] = 2**-0.5
    product = torch.zeros(1, 8, dtype=torch.complex128)
    product[0, 5] = 1
    w = torch.zeros(1, 8, dtype=torch.complex128)
    w[0, [1, 2, 4]] = 3**-0.5
    assert meyer_wallach(torch.cat([ghz, product, w])).tolist() == pytest.approx([1, 0, 8 / 9])
    assert entangling_capability(LayeredAnsatz(3, 2, "none").circuit(), 50) == pytest.approx(0, abs=1e-9)
    haar = np.mean([entangling_capability(hardware_efficient(4, 12), 300, seed=s) for s in range(3)])
    assert haar == pytest.approx((2**4 - 2) / (2**4 + 1), abs=0.02)  # Haar states' mean


def test_gradient_variance_of_a_global_cost_falls_with_qubits():
    found = gradient_variance(hardware_efficient, [2, 4, 6], [6], "global", samples=200)
    means = [v.mean for v in found]
    assert means == sorted(means, reverse=True)
    assert means[0] / means[2] > 6  # about a factor four for every two qubits
    product = gradient_variance(
        lambda n, depth: LayeredAnsatz(n, depth, "none").circuit(), [2], [1], samples=4000
    )[0]
    assert product.first == pytest.approx(0.5, abs=0.03)  # d cos θ/dθ
    with pytest.raises(ConfigError, match="local or global"):
        gradient_variance(hardware_efficient, [2], [1], "some")


def test_fisher_information_of_one_rotation_is_one():
    """p = (cos² θ/2, sin² θ/2) has Fisher information 1 at every θ."""
    matrices = fisher(LayeredAnsatz(1, 1), torch.tensor([[1.0, 0.0]]), 5)
    np.testing.assert_allclose(matrices.numpy(), np.ones((5, 1, 1)), atol=1e-9)
    double = fisher(LayeredAnsatz(1, 2), torch.tensor([[1.0, 0.0]]), 5)  # two angles that only add up
    np.testing.assert_allclose(double.numpy(), np.ones((5, 2, 2)), atol=1e-9)
    assert effective_dimension(double, 100_000) < 1.3
    assert effective_dimension(torch.eye(3, dtype=torch.float64)[None], 100_000) == pytest.approx(3, abs=0.02)
    assert effective_dimension(torch.zeros(2, 3, 3, dtype=torch.float64)) == 0


def test_the_layer_is_a_quadratic_kernel():
    ansatz = LayeredAnsatz(3, 2)
    angles = torch.randn(ansatz.angle_shape, generator=torch.Generator().manual_seed(0))
    found = layer_kernel(ansatz, angles)
    assert found.rank <= 3
    assert sum(found.spectrum) == pytest.approx(1, abs=1e-6)
    assert 0 < layer_kernel(ansatz, angles, "probs").alignment <= 1


def test_resources_before_and_after_the_transpiler():
    circuit = sublayer_circuit(LayeredAnsatz(4, 2))
    plain = resources(circuit)
    assert (plain.qubits, plain.one_qubit, plain.two_qubit, plain.parameters) == (4, 23, 22, 23)
    assert plain.fidelity is None
    pytest.importorskip("qiskit_ibm_runtime")
    from qualms.backends import ibm

    routed = resources(circuit, ibm.calibration("fake_sherbrooke"))
    assert routed.two_qubit >= plain.two_qubit
    assert 0.5 < routed.fidelity < 0.95
    assert 1e-6 < routed.seconds < 1e-4
    perfect = resources(Circuit(1).add("x", 0), ibm.calibration("fake_sherbrooke"))
    assert perfect.fidelity > 0.95


def test_the_bill_counts_every_circuit():
    ansatz = LayeredAnsatz(2, 1)
    work = Workload(ansatz, sublayers=12, first=3, tokens=10, steps=5, shots=100)
    assert len(shifts(sublayer_circuit(ansatz))) == 2 * (3 + 2)
    assert work.circuits_forward() == 120
    assert work.circuits_backward() == 10 * (12 * 4 + 9 * 6)
    assert Workload(ansatz, 12, 3, 10, 5, 100, "spsa").circuits_per_step() == 360
    found = bill(work, "iqm_garnet", DEVICES["iqm_garnet"], 5)
    assert found.circuits == work.circuits_per_step() * 5
    assert found.dollars == pytest.approx(found.circuits * 0.30 + found.shots * 0.00145)
    assert found.seconds is None  # nobody says how fast it repeats
    ibm = bill(work, "ibm_boston", DEVICES["ibm_boston"], 5)
    assert ibm.dollars == pytest.approx(ibm.seconds * 1.60)
    assert ibm.kilowatt_hours is None


def test_a_thousand_point_kernel_on_garnet_costs_what_the_notes_say():
    pairs = 1000 * 999 // 2
    assert PRICES["garnet"].cost(pairs, pairs * 1000) == pytest.approx(874_000, rel=2e-3)


def test_every_cell_has_a_source_or_says_unknown():
    cells = readiness()
    assert len(cells) == 7 * len(DEVICES)
    for cell in cells:
        assert cell.sources
        assert cell.fits is not True or cell.two_qubit > 0
        assert cell.fidelity is None or 0 < cell.fidelity < 1
        assert cell.fits is not False or cell.why
    for device in DEVICES.values():
        for fact in device.facts().values():
            assert isinstance(fact, Fact)
            assert fact.source
            assert fact.value is None or fact.date != "–"


def test_what_is_not_stated_is_unknown_and_not_nothing():
    work = Workload(LayeredAnsatz(2, 1), 1, 1, 1, 1)
    device = replace(DEVICES["ibm_boston"], gate2_seconds=UNKNOWN)
    assert bill(work, "x", device, two_qubit_gates=3).seconds is None
    assert bill(work, "x", device, two_qubit_gates=3).dollars is None
    assert bill(work, "x", device, two_qubit_gates=0).seconds == pytest.approx(
        work.circuits_per_step() * 1000 * device.shot_seconds.value
    )
    gates = {("sx", (0,)): (0.1, 1e-8), ("rz", (0,)): (0.0, 0.0)}
    known = Calibration("tiny", "unknown", 1, (), gates, (None,), (None,), ((0.02, 0.04),))
    circuit = Circuit(1).add("sx", 0)
    assert resources(circuit, known).fidelity == pytest.approx(0.9 * 0.97)
    assert resources(circuit, replace(known, readout=(None,))).fidelity is None
    assert resources(circuit, replace(known, gates={**gates, ("sx", (0,)): (None, 1e-8)})).fidelity is None
    with pytest.raises(ConfigError, match="gradient='shifts'"):
        replace(work, gradient="shifts")
