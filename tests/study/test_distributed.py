"""One run on two processes is the run of one process with the same batches, and only the first of them speaks
and writes.
"""

import json
import socket
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from qualms.records import read_records
from tests import forked
from tests.study.conftest import TRAILS

LAUNCHERS = {
    "torchrun": ["torch.distributed.run", "--standalone", "--nproc_per_node", "2"],
    "accelerate": [
        "accelerate.commands.launch",
        "--cpu",
        "--num_processes",
        "2",
        "--num_machines",
        "1",
        "--mixed_precision",
        "no",
        "--dynamo_backend",
        "no",
        "--main_process_port",
        "0",
    ],
}
TUNE = [
    "tune",
    "qsl",
    "--data",
    TRAILS,
    "--lr",
    "0.05",
    "--steps",
    "3",
    "--json",
    "-s",
    "validation_examples=4",
    "-s",
    "test_examples=2",
    "-s",
    "max_new_tokens=2",
]


def launched(launcher, *words):
    start = [sys.executable, "-m", *launcher, "-m", "qualms.cli.main"]
    return subprocess.run(
        [*start, *map(str, words)], capture_output=True, text=True, check=False, timeout=300
    )


LAUNCHER = """
import os, signal, sys
from qualms.cli.main import run
from tests.forked import end
sys.argv, left, failed = ["qualms", *WORDS], [], 0
os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=PORT, WORLD_SIZE="2", LOCAL_WORLD_SIZE="2")
for rank in ("0", "1"):
    os.environ.update(RANK=rank, LOCAL_RANK=rank)
    left.append(os.fork())
    if left[-1] == 0:
        end(run)
while left:
    number, status = os.wait()
    left.remove(number)
    if status and not failed:
        failed = 1
        for other in left:
            os.kill(other, signal.SIGTERM)
sys.exit(failed)
"""


def together(*words):
    """As torchrun does it, without the seconds that its start and those of its processes take."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = str(s.getsockname()[1])
    source = f"PORT, WORDS = {port!r}, {[*map(str, words)]!r}\n{LAUNCHER}"
    return forked.python(source, stage=forked.COMMAND)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one process trains."""
    out = tmp_path_factory.mktemp("alone")
    done = forked.training_itself(*TUNE, "--batch-size", 4, "--out", out)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def weights(found):
    return load_file(f"{found['model']}/adapter_model.safetensors")


@pytest.mark.parametrize("launcher", ["ours", *(pytest.param(x, marks=pytest.mark.slow) for x in LAUNCHERS)])
def test_two_processes_train_what_one_does(alone, tmp_path, launcher):
    words = (*TUNE, "--batch-size", 4, "--out", tmp_path)
    done = together(*words) if launcher == "ours" else launched(LAUNCHERS[launcher], *words)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)  # one process printed, and nothing else was
    one, two = weights(alone), weights(found)
    assert one.keys() == two.keys()
    for name, value in one.items():
        # Adam makes whole steps of gradients that nearly cancel, so that the order of a sum shows in some
        torch.testing.assert_close(two[name], value, rtol=1e-4, atol=1e-5)
    assert found["metrics"]["nll"] == pytest.approx(alone["metrics"]["nll"], rel=1e-5)
    (record,) = read_records(tmp_path)
    (run,) = (tmp_path / "runs").iterdir()
    assert run.name == record.id
    assert not list(run.glob("checkpoint-*"))
    if launcher == "ours":
        again = together(*words)
        # there is nothing to train, and no process waits for another
        assert json.loads(again.stdout) == found
        assert again.returncode == 0
        assert read_records(tmp_path) == [record]


def test_two_processes_fit_and_pack_directions_and_one_keeps_them(tmp_path):
    words = ["tune", "qsl:stored[bits=16,fit_batches=2,rank=2]", *TUNE[2:]]
    done = together(*words, "--batch-size", 4, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert read_records(tmp_path)[0].payload.fit["batches"] == 2
    (run,) = (tmp_path / "runs").iterdir()
    assert [p.name for p in run.iterdir()] == ["model"]


def test_what_cannot_be_done_together_is_told_once(tmp_path):
    odd = together(*TUNE, "--batch-size", 3, "--out", tmp_path / "out")
    assert odd.returncode != 0
    assert odd.stderr.count("qualms: batch_size 3: cannot be shared out evenly to 2 processes") == 1
    assert "Traceback" not in odd.stderr.partition("qualms:")[0]
    assert not (tmp_path / "out").exists()


def test_a_comparison_starts_its_own_processes(monkeypatch):
    from qualms.errors import ConfigError
    from tests.study.test_noise import run_cli

    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    ran = run_cli("compare")
    assert isinstance(ran.exception, ConfigError)
    assert "`qualms compare` starts its own processes" in str(ran.exception)
