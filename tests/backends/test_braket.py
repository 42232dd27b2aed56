"""Amazon Braket's client: the SDK's simulators, and the real client against recorded replies.

Never run on the live service.
"""

import boto3
import numpy as np
import pytest

pytest.importorskip("braket")

from qualms.backends import DeviceBackend, braket, get_backend
from qualms.backends.jobs import Ledger, Patience
from qualms.circuits import Circuit, Operation, Parameter, PauliSum, reference
from qualms.circuits.gates import GATES
from qualms.errors import BudgetError, ConfigError, DeviceError
from tests.backends.recorded import GARNET, BraketService, serving

BELL = Circuit(2).add("h", 0).add("cx", 0, 1)
QUICK = Patience(retries=3, pause=0.01, poll=0.01, timeout=20.0)


@pytest.fixture
def service(monkeypatch):
    recorded = BraketService()
    with serving(recorded) as server:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "BRAKET_ENDPOINT": server.base,
            "AWS_ENDPOINT_URL_S3": server.base,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield (
            recorded,
            server,
            lambda: braket.client(GARNET, "amazon-braket-b", boto3.Session(region_name="eu-north-1")),
        )


@pytest.mark.parametrize("name", [n for n, g in GATES.items() if g.n_qubits])
def test_every_gate_means_the_same_there(name):
    """Through Braket's own simulator, exactly: probabilities after the gate on a generic state and a generic
    turn.
    """
    from braket.devices import LocalSimulator
    from braket.ir.openqasm import Program

    gate, circuit = GATES[name], Circuit(3)
    for q in range(3):
        circuit = circuit.add("ry", q, 0.4 + q).add("rz", q, 0.3 - q)
    circuit = circuit.add(name, *[2, 0, 1][: gate.n_qubits], *[0.7, -0.4, 1.1, 0.2][: gate.n_params])
    for q in range(3):
        circuit = circuit.add("rx", q, 0.9 - q)
    made = braket.BraketClient("braket_sv", None, None, 3, 10, braket.PRICES["free"]).prepare(circuit)
    source = "\n".join(
        line
        for line in braket.to_openqasm(made).splitlines()
        if "measure" not in line and not line.startswith("bit")
    )
    found = (
        LocalSimulator("braket_sv")
        .run(Program(source=source + "\n#pragma braket result probability\n"), shots=0)
        .result()
        .values[0]
    )
    np.testing.assert_allclose(found, np.abs(reference.statevector(circuit)) ** 2, atol=1e-9)


def test_local_simulators_run_the_same_path():
    backend = get_backend("braket", name="braket_sv", shots=4000)
    assert backend.quadrant.compute == "simulated quantum"
    found = backend.expectation(BELL, [PauliSum("ZZ"), PauliSum("XX"), PauliSum("ZI")])
    np.testing.assert_allclose(found.numpy(), [1, 1, 0], atol=0.08)
    assert backend.usage.jobs == 2  # one task a circuit


def test_the_real_client_submits_waits_and_reads(service, tmp_path):
    recorded, _, connect = service
    client = connect()
    assert client.quadrant.compute == "quantum hardware"
    assert (client.n_qubits, client.max_shots) == (3, 20_000)
    backend = DeviceBackend(client, shots=100, folder=tmp_path, max_cost=1.0, patience=QUICK)
    assert float(backend.expectation(BELL, PauliSum("ZZ"))) == 1.0
    ((token, (_, asked)),) = recorded.tasks.items()
    assert len(token) == 64
    assert asked["shots"] == 100
    (kept,) = Ledger(tmp_path).all()
    assert kept.dollars == pytest.approx(0.30 + 100 * 0.00145)


def test_a_lost_reply_and_a_dead_client_are_one_task(service, tmp_path):
    recorded, server, connect = service
    server.lose = 1
    DeviceBackend(connect(), shots=100, folder=tmp_path, max_cost=1.0, patience=QUICK).counts([BELL], 100, 0)
    assert len(recorded.tasks) == 1
    impatient = Patience(retries=0, pause=0.01, poll=1.0, timeout=0.5, sleep=lambda _: None)
    recorded.polls.clear()
    with pytest.raises(DeviceError, match="it is kept"):
        DeviceBackend(connect(), shots=50, folder=tmp_path, max_cost=1.0, patience=impatient).counts(
            [BELL], 50, 0
        )
    assert DeviceBackend(connect(), shots=50, folder=tmp_path, max_cost=1.0, patience=QUICK).counts(
        [BELL], 50, 0
    ) == [{"00": 50}]
    assert len(recorded.tasks) == 2


def test_refusals_and_failures_are_told_apart(service):
    recorded, server, connect = service
    client = connect()
    server.fail = [
        ("POST", "quantum-task$", 429, {"message": "slow down"}, {"x-amzn-ErrorType": "ThrottlingException"})
    ] * 2
    assert DeviceBackend(client, shots=100, max_cost=1.0, patience=QUICK).counts([BELL], 100, 0) == [
        {"00": 100}
    ]
    server.fail = [
        (
            "POST",
            "quantum-task$",
            400,
            {"message": "no such gate"},
            {"x-amzn-ErrorType": "ValidationException"},
        )
    ]
    with pytest.raises(DeviceError, match="no such gate"):
        DeviceBackend(client, shots=100, max_cost=1.0, patience=QUICK).counts([BELL], 100, 1)
    recorded.final = "FAILED"
    with pytest.raises(DeviceError, match="the laser was off"):
        DeviceBackend(client, shots=100, max_cost=1.0, patience=QUICK).counts([BELL], 100, 2)
    with pytest.raises(BudgetError, match="would cost"):
        DeviceBackend(client, shots=100, patience=QUICK).counts([BELL], 100, 3)


def test_missing_credentials_buckets_and_devices_are_one_line(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AMZN_BRAKET_OUT_S3_BUCKET", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(ConfigError, match="AMZN_BRAKET_OUT_S3_BUCKET"):
        braket.client("garnet")
    with pytest.raises(ConfigError, match="AWS_ACCESS_KEY_ID"):
        braket.client("garnet", "amazon-braket-b")
    with pytest.raises(ConfigError, match="unknown device"):
        braket.client("nowhere")
    with pytest.raises(ConfigError, match="channels"):
        get_backend("braket", name="braket_sv").client.prepare(Circuit(1).channel([np.eye(2)], 0))


def test_what_braket_s_text_cannot_hold_is_named():
    from qualms.backends.braket import to_openqasm

    with pytest.raises(ConfigError, match=r"instruction 1: rx on qubits .* free parameters t"):
        to_openqasm(Circuit(1).add("h", 0).add("rx", 0, Parameter("t")))
    with pytest.raises(ConfigError, match="instruction 0: reset on qubits"):
        to_openqasm(Circuit(1, (Operation("reset", (0,)),)))
