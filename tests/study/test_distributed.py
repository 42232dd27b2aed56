"""One run on two processes is the run of one process with the same batches, and only the first of them speaks
and writes.
"""

import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from qualms.records import read_records

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


def command(*words, launcher=()):
    start = [sys.executable, *(["-m", *launcher] if launcher else []), "-m", "qualms.cli.main"]
    return subprocess.run(
        [*start, *map(str, words)], capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one process trains."""
    out = tmp_path_factory.mktemp("alone")
    done = command(*TUNE, "--batch-size", 4, "--out", out)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def weights(found):
    return load_file(f"{found['model']}/adapter_model.safetensors")


@pytest.mark.parametrize("launcher", ["torchrun", pytest.param("accelerate", marks=pytest.mark.slow)])
def test_two_processes_train_what_one_does(alone, tmp_path, launcher):
    done = command(*TUNE, "--batch-size", 4, "--out", tmp_path, launcher=LAUNCHERS[launcher])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)  # one process printed, and nothing else was
    one, two = weights(alone), weights(found)
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-4, atol=1e-6, msg=name)
    assert found["metrics"]["nll"] == pytest.approx(alone["metrics"]["nll"], rel=1e-5)
    (record,) = read_records(tmp_path)
    (run,) = (tmp_path / "runs").iterdir()
    assert run.name == record.id
    assert not list(run.glob("checkpoint-*"))
    if launcher == "torchrun":
        again = command(*TUNE, "--batch-size", 4, "--out", tmp_path, launcher=LAUNCHERS[launcher])
        # there is nothing to train, and no process waits for another
        assert json.loads(again.stdout) == found
        assert again.returncode == 0
        assert read_records(tmp_path) == [record]


def test_what_cannot_be_done_together_is_told_once(tmp_path):
    odd = command(*TUNE, "--batch-size", 3, "--out", tmp_path / "out", launcher=LAUNCHERS["torchrun"])
    assert odd.returncode != 0
    assert odd.stderr.count("qualms: batch_size 3: cannot be shared out evenly to 2 processes") == 1
    assert "Traceback" not in odd.stderr.partition("qualms:")[0]
    assert not (tmp_path / "out").exists()


def test_a_comparison_starts_its_own_processes(monkeypatch):
    from qualms.cli import compare
    from qualms.errors import ConfigError

    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(ConfigError, match="`qualms compare` starts its own processes"):
        compare.command()
