"""What the documentation shows is run: its Python in fresh interpreters, its quick commands in a shell; the
other commands are parsed.
"""

import collections
import doctest
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import qualms
from tests import forked
from tests.docs import commands
from tests.docs.markdown import LANGUAGES, PAGES, ROOT, blocks, headings, spans

BLOCKS = [block for page in PAGES for block in blocks(page)]
PYTHON = [block for block in BLOCKS if block.language == "python" and not block.needs]
SHELL = [block for block in BLOCKS if block.language == "bash"]
RUN = [block for block in SHELL if not block.needs]

# What is not run: page, language and reason, and how many blocks. The reason stands in the page too, in a
# comment before the block.
NOT_RUN = {
    ("README.md", "bash", "an adapter"): 1,
    ("README.md", "bash", "minutes"): 2,
    ("README.md", "bash", "a server that runs until it is stopped"): 1,
    ("README.md", "bash", "network"): 1,
    ("benchmarks/README.md", "bash", "minutes"): 1,
    ("docs/agents.md", "bash", "a server"): 1,
    ("docs/agents.md", "bash", "a store"): 1,
    ("docs/agents.md", "bash", "network"): 1,
    ("docs/api.md", "bash", "a running service"): 4,
    ("docs/ask-models.md", "bash", "a language model"): 2,
    ("docs/ask-models.md", "python", "a language model"): 1,
    ("docs/ask.md", "bash", "the record of the example above"): 1,
    ("docs/compare.md", "bash", "a model and data of your own"): 1,
    ("docs/compare.md", "bash", "minutes"): 3,
    ("docs/devices.md", "bash", "half a minute"): 1,
    ("docs/devices.md", "bash", "minutes"): 1,
    ("docs/compare.md", "bash", "records of your own"): 1,
    ("docs/devices.md", "bash", "network"): 1,
    ("docs/devices.md", "python", "account"): 1,
    ("docs/learn/index.md", "bash", "network"): 1,
    ("docs/optimizer.md", "bash", "minutes"): 1,
    ("docs/serve.md", "bash", "a server that runs until it is stopped"): 1,
    ("docs/serve.md", "bash", "minutes"): 2,
    ("docs/reports.md", "bash", "a folder of records"): 1,
    ("docs/solving.md", "bash", "instance files"): 1,
    ("experiments/nisq_qsl/README.md", "bash", "minutes"): 1,
    ("experiments/superposition/README.md", "bash", "minutes"): 1,
}


def id_of(block):
    return f"{block.page}:{block.line}"


@pytest.mark.parametrize("block", PYTHON, ids=id_of)
def test_python_runs_as_it_stands(block, tmp_path):
    # what README shows is the first that a user runs: our modules are not imported yet there
    stage = forked.LIBRARIES if block.page == "README.md" else forked.PACKAGE
    done = forked.python("\n" * (block.line - 1) + block.body, str(ROOT / block.page), tmp_path, stage)
    assert done.returncode == 0, done.stderr
    _same(done.stdout, block)


@pytest.mark.parametrize("block", RUN, ids=id_of)
def test_commands_run_as_they_stand(block, tmp_path):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "COLUMNS": "120", "TERM": "dumb", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["bash", "-e", "-c", block.body],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    _same(done.stdout, block)


@pytest.mark.parametrize("block", SHELL, ids=id_of)
def test_commands_and_options_exist(block):
    found = [(words, commands.wrong(words)) for words in commands.simple_commands(block.body)]
    assert found
    assert not [(" ".join(words), reason) for words, reason in found if reason]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_text_exist(page):
    """Inline code names a command and perhaps some of its options; arguments may be left out there."""
    found = []
    for line, text in spans(page):
        for words in commands.simple_commands(text.partition("…")[0])[:1]:
            reason = commands.wrong(words) if len(words) > 1 else None
            if reason and not reason.startswith("MissingParameter"):
                found.append((line, text, reason))
    assert not found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_names_in_the_text_exist(page):
    """`qualms.room.name` can be imported; `room/file.py::name` is a file with that name in it."""
    found = []
    for line, text in spans(page):
        # the name of PennyLane's device
        if re.fullmatch(r"qualms(\.\w+)+", text) and text != "qualms.simulator":
            if not _resolves(text):
                found.append((line, text))
        elif re.search(r"(^|/)[A-Z]+\.py$", text):
            continue  # a name in capitals stands for the reader's own
        elif told := re.fullmatch(r"([\w./-]+/[\w-]+\.(?:py|hpp|md))(?:::([\w.]+))?", text):
            files = [
                folder / told[1]
                for folder in (ROOT, ROOT / "src/qualms", ROOT / "src/qualms/kernels", page.parent)
            ]
            file = next((f for f in files if f.exists()), None)
            if file is None or not all(
                part in file.read_text(encoding="utf-8") for part in (told[2] or "").split(".")
            ):
                found.append((line, text))
    assert not found


def _resolves(dotted):
    module, names = dotted, []
    while module:
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError:
            module, _, name = module.rpartition(".")
            names.insert(0, name)
        else:
            return all((found := getattr(found, name, None)) is not None for name in names)
    return False


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("qualms slove x", "no command 'slove'"),
        ("qualms solve x --tim 3", "No such option: --tim"),
        ("qualms export a --to bad --out x", "'bad' is not one of"),
        ("make tests", "no target 'tests'"),
        ("pip install '.[solvers]'", "no extra 'solvers'"),
        (
            "cat > a.csv <<END\nqualms slove\nEND\nfor a in b; do python benchmarks/none.py; done",
            "no file benchmarks/none.py",
        ),
    ],
)
def test_a_wrong_command_is_found(command, reason):
    (told,) = [why for words in commands.simple_commands(command) if (why := commands.wrong(words))]
    assert reason in told


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """Links to files of the project, and to headings of its pages."""
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        name, _, heading = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if "://" not in target and (not file.exists() or (heading and heading not in headings(file))):
            found.append(target)
    assert not found


def test_every_block_says_its_language():
    assert not [str(block) for block in BLOCKS if block.language not in LANGUAGES]


def test_what_is_not_run_is_listed():
    assert (
        collections.Counter((block.page, block.language, block.needs) for block in BLOCKS if block.needs)
        == NOT_RUN
    )


def test_examples_in_docstrings():
    failed = attempted = 0
    for module in pkgutil.walk_packages(qualms.__path__, "qualms."):
        source = Path(importlib.util.find_spec(module.name).origin)
        if source.suffix == ".py" and ">>>" in source.read_text(encoding="utf-8"):
            result = doctest.testmod(importlib.import_module(module.name))
            failed, attempted = failed + result.failed, attempted + result.attempted
    assert failed == 0
    assert attempted > 0


def _same(printed, block):
    """A block of text right after a block that is run is what it prints, but for seconds and blanks at the
    ends of lines.
    """
    after = next((b for b in BLOCKS if b.page == block.page and b.line > block.line), None)
    end = block.line + block.body.count("\n")
    if after is None or after.language != "text" or after.line > end + 3:
        return
    assert _plain(printed) == _plain(after.body)


def _plain(text):
    text = re.sub(r"\d+\.\d+ ?s\b", "# s", text)
    text = re.sub(r"(│ +(?:yes|no) │ +)\d+\.\d+ ", r"\1#", text)  # the seconds in a table of solvers
    return [line.rstrip() for line in text.strip().splitlines()]
