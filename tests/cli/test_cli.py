"""The command as a user meets it: in a process of its own."""

import json
import subprocess
import sys

import pytest

from tests.forked import qualms, training_itself


def started(*words, stdin=None):
    """The command in an interpreter that starts with it, not in a fork of one that has imported
    everything.
    """
    done = subprocess.run(
        [sys.executable, "-m", "qualms.cli.main", *map(str, words)],
        capture_output=True,
        input=stdin,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


QUICK = [
    "--steps",
    "2",
    "--batch-size",
    "2",
    "-s",
    "validation_examples=3",
    "-s",
    "test_examples=2",
    "-s",
    "max_new_tokens=3",
]


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
    piped = qualms(
        "generate", tuned, "--max-new-tokens", "5", stdin="name[Elk Pass], length[4 km]\n\nname[Fir Way]\n"
    )
    assert len(piped.stdout.splitlines()) == 2


def test_evaluate(tuned):
    done = qualms("evaluate", tuned, "--examples", "4", "--max-new-tokens", "3", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"].keys() >= {"nll", "rougeL", "conditionality"}


def test_exported_lora_and_merged_model_say_the_same(tuned, tmp_path):
    for kind in ("lora", "merged"):
        assert qualms("export", tuned, "--to", kind, "--out", tmp_path / kind).returncode == 0
    texts = [
        qualms(
            "generate", folder, "name[Elk Pass], length[4 km], dogs[no]", "--max-new-tokens", "12", *more
        ).stdout
        for folder, more in ((tuned, ()), (tmp_path / "lora", ("--base", "base")), (tmp_path / "merged", ()))
    ]
    assert texts[0].strip()
    assert texts[0] == texts[1] == texts[2]


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """A run on a data set with one long example and one broken row: its folder, the data and what the command
    printed.
    """
    folder = tmp_path_factory.mktemp("cut")
    rows = [{"input": f"item {i}", "output": f"thing {i}"} for i in range(20)] + [
        {"input": "word " * 3000, "output": "x"}
    ]
    data = folder / "data"
    data.mkdir()
    for split in ("train", "dev", "test"):
        (data / f"{split}.jsonl").write_text(
            "".join(json.dumps(r) + "\n" for r in rows) + ("oops\n" if split == "test" else ""),
            encoding="utf-8",
        )
    done = training_itself(
        "tune", "lora", "--data", data, "--skip-bad-rows", "--steps", 2, "--batch-size", 2, "--out",
        folder / "run", "-s", "max_length=64", "-s", "max_new_tokens=2", "-s", "validation_examples=21", "-s",
        "test_examples=21", "--lr", "0.004", "--seed", "3",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "run", data, done.stdout


CUT = "1 of 21 training examples, 1 of 21 validation examples and 1 of 21 test examples were cut at 64 tokens"


def test_what_was_cut_or_left_out_is_told_by_tune(cut):
    _, _, printed = cut
    for sentence in (
        CUT,
        "1 broken row was left out",
        "Learning rates: lora 0.004.",
        "One seed, no interval.",
        "The warm-up of 10 steps was shortened to 1",
    ):
        assert sentence in printed


def test_what_was_cut_or_left_out_is_told_by_report(cut, tmp_path):
    run, _, _ = cut
    for words in ((), ("--json",), ("--markdown",)):
        done = qualms("report", run, "--out", tmp_path / "page.html", *words)
        assert done.returncode == 0, done.stderr
        plain = " ".join(done.stdout.split())
        for sentence in (
            CUT,
            "1 broken row was left out",
            "Learning rates: lora 0.004.",
            "One seed, no interval",
        ):
            assert sentence in plain
    assert CUT in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_what_was_cut_or_left_out_is_told_by_evaluate(cut):
    run, data, _ = cut
    (model,) = run.glob("runs/*/model")
    done = qualms("evaluate", model, "--data", data, "--skip-bad-rows", "--max-new-tokens", 2)
    assert "1 of 21 test examples were cut at 64 tokens" in done.stdout
    assert "test.jsonl:22: not JSON" in done.stdout
    found = json.loads(
        qualms(
            "evaluate",
            model,
            "--data",
            data,
            "--skip-bad-rows",
            "--max-new-tokens",
            2,
            "--examples",
            5,
            "--json",
        ).stdout
    )
    assert found["skipped_rows"][0]["line"] == 22
    assert "5 of 21 test examples were used, drawn at random." in found["remarks"]


def test_generate_reads_what_other_systems_pipe(tuned):
    text = "name[Elk Pass]\r\nname[Fir Way]\r\n".encode("utf-16")
    done = started("generate", tuned, "--max-new-tokens", "2", "--json", stdin=text)
    assert [json.loads(line)["input"] for line in done.stdout.splitlines()] == [
        "name[Elk Pass]",
        "name[Fir Way]",
    ]
    empty = qualms("generate", tuned, stdin="\n")
    assert empty.returncode == 2
    assert "no inputs" in empty.stderr


def test_an_export_goes_to_a_new_folder_only(tuned, tmp_path):
    (tmp_path / "file").write_text("mine")
    done = qualms("export", tuned, "--out", tmp_path / "file")
    assert done.returncode == 2
    assert done.stderr.startswith("qualms: --out")
    assert (tmp_path / "file").read_text() == "mine"


def test_the_answer_is_printed_where_the_page_cannot_be_written(cut, tmp_path):
    """The file system fills up, so to say, after the places were looked at."""
    run, _, _ = cut
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
    )
    start = (
        f"sys.argv = ['qualms', 'report', {str(run)!r}, '--out', {str(tmp_path / 'page.html')!r}, "
        "'--json']; from qualms.cli.main import run; run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited + start], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["summary"]
    assert json.loads(done.stdout)["report"] is None
    assert "page.html: cannot be written" in done.stderr
    assert not list(tmp_path.iterdir())


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
        (
            ["compare", "--methods", "qsl", "-s", "options.lora.r=4"],
            "options.lora: lora is not among the methods of this study, qsl; leave its options out",
        ),
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
    done = training_itself("tune", "qsl", "--out", tmp_path, "-s", "options.qsl.n_qubits=9", *QUICK)
    assert "too few dimensions" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "records.jsonl").exists()


def test_a_nonlinear_adapter_is_not_exported(tmp_path):
    done = training_itself("tune", "qsl", "--out", tmp_path / "q", "--json", *QUICK)
    done = qualms("export", json.loads(done.stdout)["model"], "--out", tmp_path / "x")
    assert done.returncode == 2
    assert "readout is ⟨Z⟩" in done.stderr
    assert not (tmp_path / "x").exists()
