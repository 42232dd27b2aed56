"""Which modules a fresh interpreter has imported, and what lazy faces must not change: names, types, that
PEFT knows the method.
"""

import ast
import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from peft import get_peft_model

import qualms
from qualms import QSLConfig
from qualms.cli.main import COMMANDS
from qualms.faces import _Face
from qualms.records import RunStore
from tests import forked
from tests.conftest import build, shake
from tests.records.sample import make_record

LEARNING = {"torch", "transformers", "peft", "accelerate", "safetensors"}
NUMBERS = {"numpy", "scipy"}
PAGES = {"matplotlib", "jinja2", "rich", "scipy.stats"}
PEERS = {
    "qiskit",
    "pennylane",
    "quimb",
    "braket",
    "highspy",
    "ortools",
    "pyvrp",
    "clarabel",
    "dimod",
    "ommx",
    "sklearn",
}


def fresh(code, check=True):
    """Run code in an interpreter of its own; the result's last line of output is JSON."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


def after_transformers(code):
    """The same where torch and transformers are there already, but nothing of PEFT and of ours."""
    done = forked.python(code, stage=forked.TRANSFORMERS)
    assert done.returncode == 0, done.stderr
    return done


def imported(code):
    """The modules that are there after some code."""
    done = fresh(f"import sys, json\n{code}\nprint('\\n' + json.dumps(sorted(sys.modules)))")
    return set(json.loads(done.stdout.splitlines()[-1]))


def command(*words):
    return f"""
sys.argv = ["qualms", *{list(map(str, words))!r}]
from qualms.cli.main import run
try:
    run()
except SystemExit as end:
    assert not end.code, end.code
"""


# Starting ---------------------------------------------------------------------------------------------------


def test_importing_the_package_imports_nothing_else():
    assert not imported("import qualms") & (
        LEARNING | NUMBERS | PAGES | PEERS | {"pydantic", "yaml", "typer"}
    )


def test_the_list_of_commands_imports_no_command():
    there = imported(command("--help"))
    assert not there & (LEARNING | NUMBERS | PAGES | PEERS | {"yaml"})
    assert not {m for m in there if m.startswith("qualms.cli.")} - {"qualms.cli.main"}


def test_no_commands_help_needs_torch():
    """All in one interpreter: what was imported stays, and is told with the first help that needed it."""
    looked = "".join(
        command(name, "--help")
        + f"needed.update(dict.fromkeys({LEARNING | PEERS} & set(sys.modules) - set(needed), {name!r}))\n"
        for name in COMMANDS
    )
    done = fresh(f"import json, sys\nneeded = {{}}\n{looked}print('\\n' + json.dumps(needed))")
    assert json.loads(done.stdout.splitlines()[-1]) == {}
    assert done.stdout.count("--help") >= len(COMMANDS)


def test_solving_needs_no_torch(tmp_path):
    assert not imported("import qualms.solve") & (LEARNING | PAGES | PEERS)
    ring = tmp_path / "ring.mc"
    ring.write_text("20 20\n" + "".join(f"{k + 1} {(k + 1) % 20 + 1} 1\n" for k in range(20)))
    # tables in the terminal are rich's
    words = ([ring], [ring, "--solver", "annealing"], [ring, "--json"], ["labs:12"])
    solved = "".join(command("solve", *some, "--time", "0.2") for some in words)
    assert not imported(solved) & (LEARNING | PAGES - {"rich"} | PEERS)
    assert not imported(command("decide", ring, "--time", "2")) & (LEARNING | {"matplotlib", "jinja2"})


def test_the_doctor_needs_torch_alone():
    there = imported(command("doctor"))
    assert not there & ((LEARNING - {"torch"}) | {"scipy"} | PAGES | PEERS)
    assert "torch" in there  # it says what torch sees


def test_tools_for_agents_start_without_torch():
    assert not imported("import qualms.service.agents.server") & LEARNING


def test_reports_need_no_torch(tmp_path):
    with RunStore(tmp_path, "{}") as store:
        for seed in (0, 1):
            store.add(make_record(seed=seed))
    there = imported(command("report", tmp_path))
    assert not there & (LEARNING | PEERS)
    assert (tmp_path / "report.html").exists()


def test_a_mistake_in_a_recipe_is_told_before_torch_is_imported():
    there = imported(
        "sys.argv = ['qualms', 'compare', '-s', 'stepz=3']\nfrom qualms.cli.main import run\ntry:\n    "
        "run()\nexcept SystemExit: pass"
    )
    assert not there & LEARNING


def test_libraries_stay_quiet():
    """Loading a model draws no bars between our lines, though nothing of transformers is imported when that
    is asked for.
    """
    done = fresh(
        "import sys"
        + command(
            "analyze",
            "--qubits",
            "2",
            "--layers",
            "1",
            "--plateau",
            "2",
            "--tokens",
            "4",
            "--devices",
            "iqm_garnet",
        )
    )
    assert done.stderr == ""


def test_every_command_is_in_the_list_with_a_line_that_fits():
    files = {m.name for m in pkgutil.iter_modules(importlib.import_module("qualms.cli").__path__)}
    assert {
        name.replace("_", "-")
        for name in files
        if hasattr(importlib.import_module(f"qualms.cli.{name}"), "command")
    } == set(COMMANDS)
    listed = subprocess.run(
        [sys.executable, "-m", "qualms.cli.main", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for name, line in COMMANDS.items():
        assert [row.split(maxsplit=1) for row in listed.splitlines() if row.split()[:1] == [name]] == [
            [name, line]
        ]


# Faces ------------------------------------------------------------------------------------------------------


def faces():
    packages = ["qualms", *(m.name for m in pkgutil.walk_packages(qualms.__path__, "qualms.") if m.ispkg)]
    return [name for name in packages if isinstance(importlib.import_module(name), _Face)]


def for_type_checkers(module):
    """{name: module it is imported from} in the `if TYPE_CHECKING` of a face."""
    found = {}
    for node in ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.If) and getattr(node.test, "id", None) == "TYPE_CHECKING":
            found.update(
                {alias.asname or alias.name: line.module for line in node.body for alias in line.names}
            )
    return found


@pytest.mark.parametrize("name", faces())
def test_a_face_shows_what_it_tells_type_checkers(name):
    module = importlib.import_module(name)
    assert for_type_checkers(module) == vars(module)["_shown"]
    assert set(module.__all__) >= set(vars(module)["_shown"])
    assert set(module.__all__) <= set(dir(module))
    for shown in module.__all__:
        assert getattr(module, shown) is not None
    namespace = {}
    exec(f"from {name} import *", namespace)
    assert set(module.__all__) <= set(namespace)


def test_a_face_has_its_modules_and_nothing_else():
    rooms = (
        "qualms.problems.MaxCut",
        "qualms.backends.get_backend('statevector')",
        "qualms.kernels.memory.UNCHECKED",
    )
    after_transformers("import qualms\n" + "\n".join(f"assert {room}" for room in rooms))
    for missing in ("nothing", "__nothing__", "_nothing"):
        with pytest.raises(AttributeError, match=f"module 'qualms' has no attribute '{missing}'"):
            getattr(qualms, missing)
    with pytest.raises(ImportError, match="cannot import name 'nothing' from 'qualms'"):
        from qualms import nothing  # noqa: F401


@pytest.fixture
def pretended(tmp_path, monkeypatch):
    """A package with a face that shows a function of a module with the same name, and a name of a module that
    cannot be imported.
    """
    package = tmp_path / "pretended"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from qualms.faces import show\nshow(__name__, {'pretended.run': ['run', 'other'], "
        "'pretended.broken': ['thing']})\nown = 1\n"
    )
    (package / "run.py").write_text("def run():\n    return 'ran'\ndef other():\n    return run()\n")
    (package / "broken.py").write_text("import no_such_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [n for n in sys.modules if n.partition(".")[0] == "pretended"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "first",
    [
        "from pretended import run",
        "import pretended.run",
        "from pretended.run import other",
        "from pretended import other",
    ],
)
def test_a_name_that_a_module_has_too_stays_the_functions(pretended, first):
    exec(first)
    import pretended
    from pretended import run

    assert run() == pretended.run() == pretended.other() == "ran"
    assert importlib.import_module("pretended.run").run is run


def test_of_a_module_that_cannot_be_imported_the_reason_is_told(pretended):
    """An AttributeError would hide it."""
    import pretended

    assert pretended.own == 1
    for name in ("thing", "broken"):
        with pytest.raises(ModuleNotFoundError, match="no_such_module"):
            getattr(pretended, name)


def test_a_study_is_compared_by_a_function():
    import qualms.study.compare
    from qualms.study import compare

    assert qualms.study.compare is compare
    assert compare.__module__ == "qualms.study.compare"
    assert callable(compare)


# PEFT -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def adapter(tmp_path_factory):
    """A base and a saved adapter of it, and the logits that it gives."""
    folder = tmp_path_factory.mktemp("adapter")
    base = build("gpt2")
    base.save_pretrained(folder / "base")
    model = shake(get_peft_model(base, QSLConfig(n_qubits=3)))
    model.save_pretrained(folder / "adapter")
    with torch.no_grad():
        torch.save(model.eval()(torch.arange(3, 12)[None]).logits, folder / "logits.pt")
    return folder


LOOKED_FOR = (
    "from importlib.util import find_spec\nassert find_spec('peft').origin\nassert "
    "'peft' not in sys.modules\n"
)
BY_PEFT = (
    "from peft import PeftModel\nmodel = "
    "PeftModel.from_pretrained(GPT2LMHeadModel.from_pretrained(folder / 'base'), folder / 'adapter')"
)
BY_TRANSFORMERS = (
    "model = GPT2LMHeadModel.from_pretrained(folder / 'base')\nmodel.load_adapter(str(folder / 'adapter'))"
)


@pytest.mark.parametrize(
    ("order", "load"),
    [
        ("import qualms\n" + LOOKED_FOR + "import peft", BY_PEFT),
        ("import peft\nimport qualms", BY_PEFT),
        ("import qualms.adapters", BY_PEFT),
        ("import qualms", BY_TRANSFORMERS),
    ],
)
def test_peft_knows_the_method_in_whatever_order_they_are_imported(adapter, order, load):
    after_transformers(f"""
import sys
from pathlib import Path
assert not [m for m in sys.modules if m.partition(".")[0] in ("peft", "qualms")]
{order}
import torch
from transformers import GPT2LMHeadModel
folder = Path({str(adapter)!r})
{load}
with torch.no_grad():
    logits = model.eval()(torch.arange(3, 12)[None]).logits
torch.testing.assert_close(logits, torch.load(folder / "logits.pt"))
import peft, importlib.machinery
assert type(peft.__loader__) is type(peft.__spec__.loader) is importlib.machinery.SourceFileLoader
assert not [f for f in sys.meta_path if type(f).__module__.startswith("qualms")]
assert list(peft.PeftType).count("QUALMS_QSL") == 1
""")


def test_peft_is_imported_even_where_the_registration_fails():
    done = after_transformers("""
import sys, qualms
class Broken:
    def find_spec(self, name, path=None, target=None):
        if name == "qualms.adapters":
            raise ImportError("made to fail")
sys.meta_path.insert(0, Broken())
import peft
assert peft.LoraConfig
""")
    assert "PEFT does not know adapters of type QUALMS_QSL" in done.stderr
    assert "made to fail" in done.stderr


def test_an_import_of_peft_that_fails_can_be_made_again():
    after_transformers("""
import sys, qualms
class Broken:
    def find_spec(self, name, path=None, target=None):
        if name == "peft.auto":
            raise ImportError("made to fail")
broken = Broken()
sys.meta_path.insert(0, broken)
try:
    import peft
except ImportError as error:
    assert "made to fail" in str(error)
else:
    raise AssertionError
sys.meta_path.remove(broken)
import peft
assert "QUALMS_QSL" in peft.PeftType.__members__
""")


# The compiled core without torch ----------------------------------------------------------------------------


def test_the_core_has_one_openmp_runtime_with_torch_or_before_it():
    """What it opens by name before torch is loaded is what torch then finds: one runtime in the process, and
    the same results.
    """
    done = fresh("""
import json, sys
import numpy as np
from qualms.kernels import core
from qualms.kernels.annealing import IsingModel, Replicas
rng = np.random.default_rng(0)
i, j = np.triu_indices(40, 1)
system = IsingModel.from_pairs(40, i, j, rng.normal(size=len(i)))
def swept():
    replicas = Replicas(system, 64, 3, threads=2)
    replicas.sweep(np.geomspace(0.1, 3, 50))
    return replicas.energies.tolist()
before, shared = swept(), core.shares_torch_threads()
assert "torch" not in sys.modules
# hundreds of megabytes that would be opened with a careless name
assert sys.platform != "linux" or "libtorch" not in open("/proc/self/maps").read()
import torch
torch.ones(1000, 1000) @ torch.ones(1000, 1000)
after = swept()
maps = open("/proc/self/maps").read() if sys.platform == "linux" else ""
libraries = [line.split()[-1] for line in maps.splitlines()]
gnu, llvm, intel = "libgomp", "libomp", "libiomp"
runtimes = {name for name in libraries if name.rsplit("/", 1)[-1].startswith((gnu, llvm, intel))}
print(json.dumps([before == after, shared, core.shares_torch_threads(), sorted(runtimes)]))
""")
    same, before, after, runtimes = json.loads(done.stdout.splitlines()[-1])
    assert same
    assert after or not before
    assert len(runtimes) <= 1, runtimes
    if sys.platform == "linux" and importlib.import_module("qualms.kernels.core").compiled_core():
        assert before, "torch's wheels bring their runtime as a file, which is found without torch"
