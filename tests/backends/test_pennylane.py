"""PennyLane's own device suite on our simulator, gradients through it, and its devices as backends."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

qml = pytest.importorskip("pennylane")

from qualms.backends import get_backend
from qualms.circuits import Circuit, PauliSum, channels, reference
from qualms.errors import ConfigError
from tests.circuits.circuits import seeded_circuit


@pytest.mark.slow  # half a minute
@pytest.mark.parametrize("shots", ["None", "10000"])
def test_pennylane_s_device_suite_passes(shots):
    """Everything but what the suite itself expects to fail for simulators of qubits: continuous variables and
    a custom transform.
    """
    from pennylane.devices.tests import get_device_tests

    command = [
        sys.executable, "-m", "pytest", get_device_tests(), "--device=qualms.simulator", f"--shots={shots}",
        "--skip-ops", "--tb=short", "-q", "--no-flaky-report", "-p", "no:cacheprovider",
    ]  # fmt: skip
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=Path(sys.prefix),
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    counts = {
        word: int(number) for number, word in re.findall(r"(\d+) (\w+)", done.stdout.strip().splitlines()[-1])
    }
    assert counts.get("failed", 0) == 0
    assert counts["passed"] > 350
    assert counts["xfailed"] <= 9


@pytest.mark.parametrize("interface", ["torch", "autograd"])
def test_a_node_on_our_device_is_differentiable(interface):
    device = qml.device("qualms.simulator", wires=2)

    @qml.qnode(device, interface=interface)
    def node(x):
        qml.RX(x[0], wires=0)
        qml.CRY(x[1], wires=[0, 1])
        return qml.expval(qml.Z(0) @ qml.X(1))

    def exact(x):
        return -(np.sin(x[0] / 2) ** 2) * np.sin(x[1])

    point, step = np.array([0.4, 0.9]), 1e-6
    expected = [(exact(point + step * e) - exact(point - step * e)) / (2 * step) for e in np.eye(2)]
    if interface == "torch":
        x = torch.tensor(point, requires_grad=True)
        value = node(x)
        value.backward()
        found = x.grad.numpy()
    else:
        x = qml.numpy.array(point, requires_grad=True)
        value, found = node(x), qml.grad(node)(x)
    assert float(value) == pytest.approx(exact(point), abs=1e-12)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_its_devices_run_our_circuits(seed):
    circuit = seeded_circuit(4, 25, seed)
    values = torch.randn(
        2, len(circuit.parameters), dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
    )
    observables = [PauliSum({"XYZI": 1.0, "IIII": 0.3}), PauliSum("ZIIZ")]
    for name in ("default.qubit", "lightning.qubit", "qualms.simulator"):
        found = get_backend("pennylane", name=name).expectation(circuit, observables, values)
        np.testing.assert_allclose(
            found.numpy(),
            get_backend("statevector").expectation(circuit, observables, values).numpy(),
            atol=1e-9,
        )


def test_channels_run_on_a_mixed_device():
    circuit = Circuit(2).add("h", 0).add("cx", 0, 1).channel(channels.amplitude_damping(0.3), 1)
    found = get_backend("pennylane", name="default.mixed").probabilities(circuit)
    np.testing.assert_allclose(found.numpy(), np.diag(reference.density(circuit)).real, atol=1e-12)


def test_an_unknown_device_is_named():
    with pytest.raises(ConfigError, match=r"no\.such\.device"):
        get_backend("pennylane", name="no.such.device")
    with pytest.raises(qml.exceptions.DeviceError, match="deferred"):
        device = qml.device("qualms.simulator", wires=1)
        qml.set_shots(
            qml.QNode(
                lambda: qml.expval(qml.Z(0)) if qml.measure(0) is not None else None,
                device,
                mcm_method="one-shot",
            ),
            10,
        )()


def test_operators_without_a_counterpart_are_named():
    from qualms.backends.pennylane import from_operators

    wires = qml.wires.Wires([0, 1])
    for operator, message in [
        (qml.RX(float("nan"), wires=0), "operator 1, RX: angle nan"),
        (qml.RX(np.array([0.1, 0.2]), wires=0), "operator 1, RX: angle"),
        (qml.measurements.MeasurementProcess, "operator 1"),
        (qml.Projector([0], wires=0), "operator 1, .*not unitary"),
        (qml.X(5), "operator 1, PauliX"),
    ]:
        with pytest.raises(ConfigError, match=message) as caught:
            from_operators([qml.H(0), operator], wires)
        assert "\n" not in str(caught.value)


def test_what_a_device_of_pennylane_cannot_run_is_refused_in_one_line():
    with pytest.raises(ConfigError, match="cannot run the circuit") as caught:
        get_backend("pennylane", name="default.qubit").probabilities(
            Circuit(1).channel(channels.bit_flip(0.1), 0)
        )
    assert "\n" not in str(caught.value)
