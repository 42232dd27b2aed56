"""What terminals show: of other encodings than UTF-8, narrow ones, dumb ones."""

import os
import pty
import re
import select
import struct
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from rich.cells import cell_len

from qualms.cli.incumbents import Plot
from tests import forked
from tests.records.sample import make_record

# All commands that print without a model at hand, in one process: a start costs seconds.
SCRIPT = """
import os, sys
from qualms.cli import main
for words in WORDS:
    sys.argv = ["qualms", *(os.fsdecode(w.encode()) for w in words)]  # as a shell hands them over
    try:
        main.run()
    except SystemExit as ended:
        print("status", ended.code)
"""


def started(commands, settings):
    """What the commands print, and their statuses, in an interpreter that starts with these environment
    variables alone for its encodings.
    """
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHONIO"))},
        **settings,
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("WORDS", ascii(commands))],
        capture_output=True,
        env=env,
        check=False,
    )
    # not even names of files are text there
    out, err = done.stdout.decode("ascii", "surrogateescape"), done.stderr.decode("ascii", "surrogateescape")
    assert done.returncode == 0, err
    return out, err, [int(line.split()[1]) for line in out.splitlines() if line.startswith("status ")]


def in_forks(commands, settings):
    """The same, each command in a process of its own; only the encoding of the standard streams is another
    one.
    """
    done = [forked.qualms(*words, **settings) for words in commands]
    return "".join(d.stdout for d in done), "".join(d.stderr for d in done), [d.returncode for d in done]


@pytest.fixture
def run_folder(tmp_path):
    names = ["full", "lora", "qsl", "qsl/frozen-angles"]
    records = [make_record(n, s, 8.41 + s / 10) for n in names for s in range(3)]
    (tmp_path / "records.jsonl").write_text("".join(r.to_json() + "\n" for r in records), encoding="utf-8")
    (tmp_path / "ring–λ.txt").write_text("4 4\n1 2 1\n2 3 1\n3 4 1\n4 1 1\n")
    (tmp_path / "none.lp").write_text("Minimize\n x\nSubject To\n a: x >= 5\n b: x <= 3\nGeneral\n x\nEnd\n")
    return tmp_path


@pytest.mark.parametrize(
    ("ran", "settings"),
    [
        (in_forks, {"PYTHONIOENCODING": "cp949"}),
        (in_forks, {"PYTHONIOENCODING": "ascii"}),
        (started, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    ],
)
def test_every_command_prints_in_every_encoding(ran, settings, run_folder):
    commands = [
        ["--help"], ["compare", "--help"], ["devices", "--sources"], ["doctor"], ["report", str(run_folder)],
        ["report", str(run_folder), "--markdown"], ["report", str(run_folder), "--json"],
        ["solve", str(run_folder / "ring–λ.txt"), "--time", "1", "--solver", "qaoa:depth=1,shots=20"],
        ["solve", str(run_folder / "none.lp"), "--time", "1"], ["solve", "no–such–λ–file"],
        ["solve", "x", "--time", "λ"], ["compare", "--dry-run"], ["compare", "--methods", "λ"],
    ]  # fmt: skip
    expected = [0, 0, 0, 0, 0, 0, 0, 0, 3, 2, 2, 0, 2]
    if ran is started:  # each of them imports everything anew
        some = [0, 4, 7, 8, 9, 12]
        commands, expected = [commands[k] for k in some], [expected[k] for k in some]
    out, err, statuses = ran(commands, settings)
    assert "Traceback" not in err
    assert "UnicodeEncodeError" not in err
    assert statuses == expected
    assert "8.510 +/- 0.248" in out or "8.510 ± 0.248" in out
    if ran is in_forks:
        assert "no-such-lambda-file" in err or "no-such-λ-file" in err


def in_terminal(words, columns, rows, **settings):
    """(what a terminal of that size was sent, the exit status), stdout and stderr together."""
    import fcntl
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    env = {
        **{k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")},
        "TERM": "xterm",
        **settings,
    }
    work = subprocess.Popen(
        [sys.executable, "-m", "qualms.cli.main", *map(str, words)],
        stdout=slave,
        stderr=slave,
        stdin=slave,
        env=env,
    )
    os.close(slave)
    got, deadline = b"", time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([master], [], [], 1.0)[0]:
            try:
                part = os.read(master, 65536)
            except OSError:  # the last process that held the terminal has ended
                break
            if not part:
                break
            got += part
    os.close(master)
    return got.decode(), work.wait(timeout=30)


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_report_in_eighty_columns_has_every_name_and_number(run_folder):
    text, status = in_terminal(["report", run_folder], 80, 24)
    lines = plain(text).splitlines()
    assert status == 0, text
    assert max(cell_len(line) for line in lines if "report.html" not in line) <= 80
    assert "…" not in text
    for cell in ("full", "twin: frozen-angles", "test NLL", "8.510 ± 0.248", "BLEU", "20.0", "shuffled rise"):
        assert any(cell in line for line in lines), cell


def test_the_plot_fits_a_small_terminal_and_leaves_it_as_it_was(run_folder):
    edges = [(i, j) for i in range(1, 41) for j in range(i + 1, 41)]  # not solved at once
    graph = run_folder / "graph.txt"
    graph.write_text(
        f"40 {len(edges)}\n" + "".join(f"{i} {j} {(i * i * 7 + j * 13) % 11 - 5}\n" for i, j in edges)
    )
    text, status = in_terminal(["solve", graph, "--time", "3", "--solver", "annealing"], 40, 10)
    assert status == 0, text
    # the other screen, taken once and given back
    assert text.count("\x1b[?1049h") == text.count("\x1b[?1049l") == 1
    during = text.partition("\x1b[?1049h")[2].partition("\x1b[?1049l")[0]
    frames = [f for f in during.split("\x1b[H") if f.strip()]
    assert frames
    for frame in frames:
        lines = plain(frame).split("\n")
        assert len(lines) <= 10
        assert max(cell_len(line.rstrip("\r")) for line in lines) <= 40
    assert any("|" in f and "+----" in f for f in frames)


def test_a_dumb_terminal_gets_lines(run_folder):
    text, status = in_terminal(["solve", run_folder / "ring–λ.txt", "--time", "1"], 80, 24, TERM="dumb")
    assert status == 0
    assert "\x1b" not in text
    assert re.search(r"^ *\d+\.\d\d s  random +\d", text, re.M)


def plot(**settings):
    made = Plot(10, **settings)
    for k, solver in enumerate(["random", "greedy", "qaoa", "qaoa/placebo", "annealing", "highs"]):
        made.add(
            SimpleNamespace(solver=solver), SimpleNamespace(objective=1000 - k, violations=[], feasible=True)
        )
    return made


@pytest.mark.parametrize("columns", [1, 5, 20, 31, 32, 40, 80, 200])
@pytest.mark.parametrize("rows", [1, 3, 7, 8, 10, 24, 50])
def test_the_plot_is_never_larger_than_the_terminal(columns, rows):
    lines = plot().drawn(columns, rows).plain.split("\n")
    assert len(lines) <= rows
    assert max(map(cell_len, lines)) <= columns
    if columns < 32 or rows < 8:
        assert len(lines) == 1  # one line that says the last answer, whole
        assert columns <= 3 or "995" in lines[0]
    else:
        assert len(lines) > 5
        assert "highs" in lines[0]
    assert plot(line_only=True).drawn(80, 24).plain.count("\n") == 0


def test_each_solver_is_in_the_plot_with_a_mark_of_its_own():
    text = plot().drawn(80, 24).plain
    for mark, name in zip(
        "ox+*#@", ["random", "greedy", "qaoa", "qaoa/placebo", "annealing", "highs"], strict=True
    ):
        assert f"{mark} {name}" in text
    assert "+" in plot().drawn(40, 10).plain.split("\n")[-1]  # how many names there was no room for
    assert "more" in plot().drawn(40, 10).plain
