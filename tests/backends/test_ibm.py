"""IBM's client: the SDK's local mode, and the real client against recorded replies.

Never run on the live service.
"""

import warnings

import numpy as np
import pytest

pytest.importorskip("qiskit_ibm_runtime")

from qualms.backends import DensityMatrixBackend, DeviceBackend, NoiseModel, get_backend, ibm
from qualms.backends.jobs import Ledger, Patience
from qualms.circuits import Circuit, PauliSum
from qualms.errors import BudgetError, ConfigError, DeviceError, TooLargeError
from tests.backends.recorded import CRN, IBM_DEVICE, IBMService, serving

BELL = Circuit(2).add("h", 0).add("cx", 0, 1)
QUICK = Patience(retries=3, pause=0.01, poll=0.01, timeout=20.0)
ERROR = {"error": {"code": 1234, "message": "recorded"}}


@pytest.fixture
def service(monkeypatch):
    from qiskit_ibm_runtime import QiskitRuntimeService

    recorded = IBMService()
    with serving(recorded) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        monkeypatch.setenv("IAM_URL", server.base)
        monkeypatch.setenv("QISKIT_FUNCTIONS_EXPERIMENTAL", "1")

        def connect():
            return QiskitRuntimeService(
                channel="ibm_quantum_platform", token="dummy", instance=CRN,
                url_resolver=lambda *_: server.base + "/api/v1"
            )  # fmt: skip

        yield recorded, server, connect


def test_local_mode_is_the_calibration_s_noise():
    backend = get_backend("ibm", name="fake_manila", shots=8000, seed=3)
    assert backend.quadrant.compute == "simulated quantum"
    observables = [PauliSum("ZZ"), PauliSum("XX"), PauliSum("ZI")]
    found = backend.expectation(BELL, observables)
    assert backend.usage.jobs == 1
    model = DensityMatrixBackend(NoiseModel.from_calibration(ibm.calibration("fake_manila")))
    np.testing.assert_allclose(found.numpy(), model.expectation(BELL, observables).numpy(), atol=0.06)
    confusion = backend.readout_confusion(BELL)
    assert 0 < confusion[:, 1, 0].max() < 0.1


def test_calibrations_carry_their_date():
    found = ibm.calibration("fake_sherbrooke")
    assert (found.n_qubits, found.date) == (127, "2025-02-26")
    assert found.median_error(2) == pytest.approx(0.0075, abs=1e-3)
    assert len(ibm.local_devices()) > 50


def test_the_real_client_submits_waits_and_reads(service, tmp_path):
    recorded, _, connect = service
    client = ibm.client(IBM_DEVICE, service=connect())
    assert client.quadrant.compute == "quantum hardware"
    backend = DeviceBackend(client, shots=100, folder=tmp_path, max_cost=10.0, patience=QUICK)
    assert float(backend.expectation(BELL, PauliSum("ZZ"))) == 1.0
    (job,) = recorded.jobs.values()
    assert job["program_id"] == "sampler"
    assert len(job["tags"]) == 1
    (kept,) = Ledger(tmp_path).all()
    assert (kept.state, kept.compute) == ("done", "quantum hardware")
    assert kept.dollars > 0


def test_another_process_fetches_the_result_by_id(service, tmp_path):
    recorded, server, connect = service
    impatient = Patience(retries=0, pause=0.01, poll=1.0, timeout=0.5, sleep=lambda _: None)
    with pytest.raises(DeviceError, match="it is kept"):
        DeviceBackend(
            ibm.client(IBM_DEVICE, service=connect()),
            shots=100,
            folder=tmp_path,
            max_cost=10,
            patience=impatient,
        ).counts([BELL], 100, 0)
    again = DeviceBackend(
        ibm.client(IBM_DEVICE, service=connect()), shots=100, folder=tmp_path, max_cost=10, patience=QUICK
    )
    assert again.counts([BELL], 100, 0) == [{"00": 100}]
    assert len(recorded.jobs) == 1
    assert sum(m == "POST" and p.endswith("/jobs") for m, p in server.log) == 1


def test_a_lost_reply_is_found_by_its_tag(service, tmp_path):
    recorded, server, connect = service
    client = ibm.client(IBM_DEVICE, service=connect())
    server.fail = [("POST", "/jobs$", 429, ERROR, {})]
    backend = DeviceBackend(client, shots=100, folder=tmp_path, max_cost=10, patience=QUICK)
    backend.counts([BELL], 100, 0)
    assert len(recorded.jobs) == 1
    (tag,) = next(iter(recorded.jobs.values()))["tags"]
    assert client.find(tag) == next(iter(recorded.jobs))
    assert client.find("nobody") is None


def test_refusals_and_failures_are_told_apart(service, tmp_path):
    recorded, server, connect = service
    client = ibm.client(IBM_DEVICE, service=connect())
    server.fail = [("POST", "/jobs$", 400, ERROR, {})]
    with pytest.raises(DeviceError, match=IBM_DEVICE):
        DeviceBackend(client, shots=100, max_cost=10, patience=QUICK).counts([BELL], 100, 0)
    recorded.final = "Failed"
    with pytest.raises(DeviceError, match="failed"):
        DeviceBackend(client, shots=100, max_cost=10, patience=QUICK).counts([BELL], 100, 1)
    assert len(recorded.jobs) == 1
    with pytest.raises(BudgetError, match=r"\$0.00 are allowed"):
        DeviceBackend(client, shots=100, patience=QUICK).counts([BELL], 100, 2)


def test_missing_credentials_and_devices_are_one_line(service, monkeypatch, tmp_path):
    _, _, connect = service
    with pytest.raises(ConfigError, match="refuses"):
        ibm.client("ibm_nowhere", service=connect())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("QISKIT_IBM_TOKEN", raising=False)
    with pytest.raises(ConfigError, match="QISKIT_IBM_TOKEN"):
        ibm.client("ibm_fez")
    with pytest.raises(ConfigError, match="unknown device"):
        ibm.client("fake_nowhere")
    with pytest.raises(ConfigError, match="6 qubits, the device 5"):
        get_backend("ibm", name="fake_manila").counts([Circuit(6).add("h", 0)], 100, 0)
    with pytest.raises(TooLargeError, match="6 qubits, and fake_manila takes at most 5"):
        get_backend("ibm", name="fake_manila").expectation(Circuit(6).add("h", 0), PauliSum("Z" * 6))
