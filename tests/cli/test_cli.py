"""The command as a user meets it: in a process of its own."""

import json
import subprocess
import sys

import pytest


def qualms(*words, stdin=None):
    return subprocess.run([sys.executable, "-m", "qualms.cli.main", *map(str, words)], capture_output=True, text=True, input=stdin, check=False)


QUICK = ["--steps", "2", "--batch-size", "2", "-s", "validation_examples=3", "-s", "test_examples=2", "-s", "max_new_tokens=3"]


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """A tuned mergeable adapter, and its folder."""
    out = tmp_path_factory.mktemp("tuned")
    done = qualms("tune", "qsl:mergeable", "--lr", "0.5", "--out", out, "--json", *QUICK)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["model"]


def test_tune_prints_json_and_nothing_else(tuned):
    assert tuned.endswith("model")


def test_generate(tuned):
    done = qualms("generate", tuned, "name[Elk Pass], length[4 km]", "--max-new-tokens", "5", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["input"] == "name[Elk Pass], length[4 km]"
    piped = qualms("generate", tuned, "--max-new-tokens", "5", stdin="name[Elk Pass], length[4 km]\n\nname[Fir Way]\n")
    assert len(piped.stdout.splitlines()) == 2


def test_evaluate(tuned):
    done = qualms("evaluate", tuned, "--examples", "4", "--max-new-tokens", "3", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"].keys() >= {"nll", "rougeL", "conditionality"}


def test_exported_lora_and_merged_model_say_the_same(tuned, tmp_path):
    for kind in ("lora", "merged"):
        assert qualms("export", tuned, "--to", kind, "--out", tmp_path / kind).returncode == 0
    texts = [
        qualms("generate", folder, "name[Elk Pass], length[4 km], dogs[no]", "--max-new-tokens", "12", *more).stdout
        for folder, more in ((tuned, ()), (tmp_path / "lora", ("--base", "base")), (tmp_path / "merged", ()))
    ]
    assert texts[0].strip()
    assert texts[0] == texts[1] == texts[2]


def test_dry_run_trains_nothing(tmp_path):
    done = qualms("compare", "--dry-run", "--json", "--out", tmp_path / "run", "--methods", "lora,qsl")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["methods"][:2] == ["lora", "qsl"]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["compare", "--methods", "lorra"], "unknown method 'lorra'"),
        (["compare", "--data", "no-such-file.jsonl"], "no-such-file.jsonl"),
        (["compare", "--recipe", "none.yaml"], "none.yaml: cannot be read"),
        (["compare", "-s", "stepz=3"], "did you mean 'steps'"),
        (["generate", "nowhere", "x"], "nowhere holds neither"),
        (["report", "nowhere"], "no records there"),
        (["tune", "qsl/nothing"], "unknown twin"),
        (["tune", "lora", "--model", "no-such-folder/x", *QUICK], "no-such-folder/x"),
    ],
)
def test_mistakes_get_one_line(words, reason, tmp_path):
    done = qualms(*words, *(["--out", tmp_path / "run"] if words[0] in ("compare", "tune") else []))
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.startswith("qualms: ")]
    assert len(lines) == 1
    assert reason in lines[0]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_too_many_qubits_for_the_model(tmp_path):
    done = qualms("tune", "qsl", "--out", tmp_path, "-s", "options.qsl.n_qubits=9", *QUICK)
    assert "too few dimensions" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "records.jsonl").exists()


def test_a_nonlinear_adapter_is_not_exported(tmp_path):
    done = qualms("tune", "qsl", "--out", tmp_path / "q", "--json", *QUICK)
    done = qualms("export", json.loads(done.stdout)["model"], "--out", tmp_path / "x")
    assert done.returncode == 2
    assert "readout is ⟨Z⟩" in done.stderr
    assert not (tmp_path / "x").exists()
