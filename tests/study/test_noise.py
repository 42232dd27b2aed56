"""An adapter under noise, from files to page."""

import json
import math
import shutil

import numpy as np
import pytest
import torch
from peft import get_peft_model

from qualms.adapters import QSLConfig
from qualms.adapters.placement import quantum_layers, running_on
from qualms.backends import DensityMatrixBackend, get_backend
from qualms.backends.conditions import RunCondition, conditions
from qualms.errors import ConfigError, RunFolderError, TooLargeError
from qualms.execution import Event
from qualms.language_models import load_model
from qualms.report import noise as report
from qualms.report import page as page_of
from qualms.study.noise import study_noise

pytest.importorskip("qiskit_ibm_runtime")


@pytest.fixture(scope="module")
def adapters(tmp_path_factory):
    """Two adapters whose sublayers do something: a quantum one and its product twin."""
    folder = tmp_path_factory.mktemp("adapters")
    for name, entangler, only in (
        ("qsl", "ring", {}),
        ("product", "none", {}),
        ("small", "ring", {"target_modules": ["q_proj"], "layers_to_transform": [0]}),
    ):
        model = get_peft_model(
            load_model("base", "generate"),
            QSLConfig.seed(n_qubits=2, n_layers=1, entangler=entangler, **only),
        )
        generator = torch.Generator().manual_seed(0)
        for key, parameter in model.named_parameters():
            if "qsl_up" in key:
                parameter.data = torch.randn(parameter.shape, generator=generator) * 0.02
        model.save_pretrained(str(folder / name))
    return folder


PLAN = conditions(["fake_quito"], [100], ["none", "readout", "zne+readout"], [1.0], [0])


def test_the_whole_way_from_adapter_to_page(adapters, tmp_path):
    events = []
    records = study_noise(
        adapters / "qsl",
        "trails",
        tmp_path,
        PLAN,
        [adapters / "product"],
        "base",
        examples=2,
        listener=events.append,
    )
    for name in ("qsl", "product"):
        steps = [Event("step", name, k, len(PLAN), setting.label) for k, setting in enumerate(PLAN, 1)]
        assert [e for e in events if e.job == name] == [
            Event("started", name, 0, len(PLAN)),
            *steps,
            Event("done", name),
        ]
    found = report.groups(records)
    exact = found["qsl", "ideal", None, "none", 1.0][0]
    noisy = found["qsl", "fake_quito", None, "none", 1.0][0]
    sampled = found["qsl", "fake_quito", 100, "zne+readout", 1.0][0]
    assert exact.value("nll") != noisy.value("nll")
    assert {r.twin_of for r in records if r.method == "product"} == {"qsl"}
    assert {r.quadrant.compute for r in (exact, noisy, sampled)} == {"simulated quantum"}
    assert noisy.payload.calibration.date == "2021-03-15"
    # three folds, each with two circuits to learn its readout
    assert sampled.payload.circuits == 3 * noisy.payload.circuits + 6
    assert sampled.cost.shots == 100 * sampled.payload.circuits
    assert sampled.payload.device_dollars > 0
    assert sampled.cost.dollars == 0  # a simulator costs none
    assert noisy.payload.two_qubit_gates >= 4
    again = study_noise(
        adapters / "qsl", "trails", tmp_path, PLAN, [adapters / "product"], "base", examples=2
    )
    assert [r.to_json() for r in again] == [r.to_json() for r in records]  # nothing is measured twice
    page = page_of.write(records, tmp_path / "noise.html").read_text()
    assert page.count("<svg") >= 2
    assert "fake_quito 2021-03-15" in page
    assert any("against product" in s for s in report.sentences(records))
    with pytest.raises(RunFolderError, match="another"):
        study_noise(adapters / "qsl", "trails", tmp_path, PLAN, [], "base", examples=2)


def test_no_noise_and_no_shots_is_what_was_trained(adapters):
    model = get_peft_model(load_model("base", "generate"), QSLConfig.seed(n_qubits=2))
    for key, parameter in model.named_parameters():
        if "qsl_up" in key:
            parameter.data = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)) * 0.02
    ids = torch.arange(12)[None]
    with torch.no_grad():
        before = model(input_ids=ids).logits
        with running_on(model, DensityMatrixBackend()):
            inside = model(input_ids=ids).logits
        with running_on(model, DensityMatrixBackend({"depolarizing": 0.1})):
            noisy = model(input_ids=ids).logits
        after = model(input_ids=ids).logits
    torch.testing.assert_close(inside, before, atol=1e-4, rtol=1e-4)
    assert (noisy - before).abs().max() > 1e-2
    assert torch.equal(after, before)


def test_an_adapter_can_be_trained_under_shots_and_noise(adapters):
    options = {"shots": 100, "gradient": "straight-through", "noise": {"depolarizing": 0.02, "readout": 0.01}}
    model = get_peft_model(
        load_model("base", "generate"), QSLConfig.seed(n_qubits=2, backend="sampled", backend_options=options)
    )
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.05)
    ids = torch.arange(20)[None] % 7
    losses = []
    for _ in range(8):
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss))
    assert losses[-1] < losses[0]
    assert all(math.isfinite(x) for x in losses)


def test_settings_that_mean_nothing_are_not_measured():
    plan = conditions(["fake_quito"], [10, 100], ["none", "zne"], [1.0, 2.0], [0, 1])
    assert RunCondition("ideal", None) in plan
    assert not any(s.device == "ideal" and (s.mitigation != "none" or s.scale != 1) for s in plan)
    assert sum(s.shots is None for s in plan) == 1 + 4
    with pytest.raises(ConfigError, match="unknown mitigation"):
        conditions(["fake_quito"], [10], ["prayer"], [1.0], [0])
    with pytest.raises(ConfigError, match="at least 1"):
        conditions(["fake_quito"], [0], ["none"], [1.0], [0])
    for shots, scales, seeds in (
        ([10, 10], [1.0], [0]),
        ([10], [math.nan], [0]),
        ([10], [1.0], [-1]),
        ([True], [1.0], [0]),
        ([10], [1.0], []),
    ):
        with pytest.raises(ConfigError):
            conditions(["fake_quito"], shots, ["none"], scales, seeds)
    with pytest.raises(ConfigError, match="fake_nowhere"):
        conditions(["fake_nowhere"], [10], ["none"], [1.0], [0])
    by_numpy = conditions(
        ["fake_quito"], np.array([10, 100]), ["none", "zne"], np.array([1.0, 2.0]), np.arange(2)
    )
    assert [s.__dict__ for s in by_numpy] == [s.__dict__ for s in plan]
    assert json.dumps(by_numpy[1].__dict__)


def test_what_cannot_run_on_a_device_is_said(adapters, tmp_path):
    linear = get_peft_model(load_model("base", "generate"), QSLConfig.mergeable())
    with (
        pytest.raises(ConfigError, match="amplitudes exist in simulation alone"),
        running_on(linear, get_backend("density_matrix")),
    ):
        pass
    with pytest.raises(ConfigError, match="no quantum sublayers"):
        quantum_layers(load_model("base", "generate"))
    with pytest.raises(ConfigError, match="holds no adapter"):
        study_noise(tmp_path, "trails", tmp_path / "out", PLAN, base="base")
    big = get_peft_model(load_model("base", "generate"), QSLConfig.seed(n_qubits=2))
    narrow = DensityMatrixBackend()
    narrow.max_sublayer_qubits = 1
    with (
        pytest.raises(TooLargeError, match="2 qubits, and density_matrix takes at most 1"),
        running_on(big, narrow),
    ):
        pass


def test_a_cut_record_does_not_stop_a_study(adapters, tmp_path):
    plan = PLAN[:1]
    study_noise(adapters / "qsl", "trails", tmp_path, plan, [], "base", examples=2)
    path = tmp_path / "records.jsonl"
    path.write_text(path.read_text() + '{"id": "half')
    records = study_noise(adapters / "qsl", "trails", tmp_path, plan, [], "base", examples=2)
    assert len(records) == 1
    assert json.loads(path.read_text().splitlines()[0])["id"] == records[0].id


def run_cli(*arguments):
    from typer.testing import CliRunner

    from qualms.cli import main

    if not main.app.registered_commands:
        main._register()
    return CliRunner().invoke(main.app, list(arguments))


def test_the_command_prints_a_table_and_goes_on_where_it_stopped(adapters, tmp_path):
    arguments = [
        "noise", str(adapters / "qsl"), "--twin", str(adapters / "product"), "--base", "base", "--devices",
        "fake_quito", "--shots", "50", "--examples", "2", "--out", str(tmp_path),
    ]  # fmt: skip
    done = run_cli(*arguments)
    assert done.exit_code == 0, done.output
    assert "fake_quito" in done.output
    assert (tmp_path / "noise.html").exists()
    again = run_cli(*arguments, "--json")
    found = json.loads(again.output[again.output.index("{") :])
    assert {row["device"] for row in found["rows"]} == {"ideal", "fake_quito"}
    assert found["verdict"]


def test_a_vendor_s_local_mode_runs_the_same_study(adapters, tmp_path):
    plan = conditions(["ibm:fake_quito"], [20], ["none"], [1.0], [0])
    assert [s.shots for s in plan if s.vendor] == [20]
    records = study_noise(
        adapters / "small",
        "trails",
        tmp_path,
        [RunCondition("ideal", None), plan[-1]],
        [],
        "base",
        examples=2,
    )
    (local,) = [r for r in records if r.payload.condition.device == "ibm:fake_quito"]
    assert local.quadrant.compute == "simulated quantum"
    assert local.payload.jobs >= 1
    assert local.payload.device_dollars == 0
    assert local.payload.queue_seconds > 0
    assert (tmp_path / "jobs" / "fake_quito" / "jobs.jsonl").exists()


def test_a_real_device_is_not_paid_without_leave(adapters, tmp_path, monkeypatch):
    import boto3

    from qualms.backends import braket
    from qualms.errors import BudgetError
    from tests.backends.recorded import GARNET, BraketService, serving

    recorded = BraketService()
    with serving(recorded) as server:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_EC2_METADATA_DISABLED": "true", "BRAKET_ENDPOINT": server.base,
            "AMZN_BRAKET_OUT_S3_BUCKET": "amazon-braket-b", "AWS_DEFAULT_REGION": "eu-north-1",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        assert braket.client(GARNET, session=boto3.Session(region_name="eu-north-1")).n_qubits == 3
        with pytest.raises(BudgetError, match=r"would cost \$"):
            study_noise(
                adapters / "qsl",
                "trails",
                tmp_path,
                [RunCondition(f"braket:{GARNET}", 100)],
                [],
                "base",
                examples=2,
                max_cost=5.0,
            )
        assert not recorded.tasks


def test_analyze_and_devices_print_and_give_json(adapters):
    shown = run_cli(
        "analyze",
        "--qubits",
        "2",
        "--layers",
        "1",
        "--plateau",
        "2",
        "--tokens",
        "20",
        "--devices",
        "ibm_boston,iqm_garnet",
    )
    assert shown.exit_code == 0, shown.output
    for word in ("expressibility", "effective dimension", "LoRA of equal", "iqm_garnet", "unknown"):
        assert word in shown.output
    found = json.loads(
        run_cli(
            "analyze", str(adapters / "qsl"), "--model", "base", "--plateau", "2", "--tokens", "20", "--json"
        ).output
    )
    assert found["circuit"]["sublayers"] == 12
    assert found["devices"][0]["bill"]["dollars"] > 0
    assert found["classical"]["step_seconds_here"]["lora-equal"] > 0
    cells = json.loads(run_cli("devices", "--json").output)
    assert cells["prices"]["ibm_boston"]["stale"] is True
    assert "sherbrooke" in run_cli("devices", "--sources").output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["noise", "nowhere"], "holds no adapter"),
        (["noise", "nowhere", "--devices", "dwave:x"], "unknown vendor"),
        (["noise", "nowhere", "--mitigation", "hope"], "unknown mitigation"),
        (["analyze", "--devices", "ibm_nowhere"], "unknown device"),
        (["analyze", "--devices", "quera_aquila"], "analog"),
        (["noise", "nowhere", "--shots", "many"], "integers"),
        (["analyze", "--gradient", "adjoint"], "parameter-shift or spsa"),
    ],
)
def test_bad_input_to_the_commands_is_one_line(arguments, message):
    done = run_cli(*arguments)
    assert done.exit_code != 0
    assert message in done.output + str(done.exception)


def test_a_classical_twin_is_measured_whatever_the_seed_of_the_shots(adapters, tmp_path):
    plan = conditions(["fake_quito"], [50], ["none"], [1.0], [5])
    records = study_noise(
        adapters / "qsl", "trails", tmp_path, plan[:1], [adapters / "product"], "base", examples=2
    )
    assert {r.method for r in records} == {"qsl", "product"}


def test_two_adapters_of_one_name_are_told_apart(adapters, tmp_path):
    again = tmp_path / "again" / "qsl"
    shutil.copytree(adapters / "product", again)
    with pytest.raises(ConfigError, match="another adapter is called 'qsl', too"):
        study_noise(adapters / "qsl", "trails", tmp_path / "out", PLAN, [again], "base", examples=2)
