"""Runs commands and Python in processes forked from one with the imports done: an interpreter's start costs
seconds, a fork milliseconds.

Each still has a process of its own, with its own arguments, environment, folder, standard streams and exit
status. What a start of Python imports, and in which order, is not seen here; `tests/test_imports.py` looks at
that in fresh interpreters.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

# What is there before the fork. Each has all that those before it have, and is a fork of the one before.
TRANSFORMERS = ("torch", "transformers", "transformers.models.gpt2.modeling_gpt2")
LIBRARIES = ("peft",)
COMMAND = (
    "transformers.trainer",
    "transformers.models.llama.modeling_llama",
    "transformers.models.auto.modeling_auto",
    "qualms.study.*",
    "qualms.adapters.*",
    "qualms.report.*",
    "qualms.cli.*",
)
# Not the backends: the SDKs of vendors take half a minute.
PACKAGE = ("qualms.solve.*", "qualms.orchestrator.*", "qualms.circuits.*", "qualms.learn.*")
STAGES = (TRANSFORMERS, LIBRARIES, COMMAND, PACKAGE)
SECONDS = 600  # only what hangs takes so long; it is killed then


def qualms(
    *words: object, stdin: str | bytes | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command with these words, as `subprocess.run(["qualms", *words], capture_output=True, text=True)`
    would give it.

    Environment variables are added to those of this process; with `PYTHONIOENCODING` what is printed comes in
    that encoding.
    """
    return _run(COMMAND, ["qualms", *map(str, words)], stdin=stdin, **environment)


def training_itself(*words: object) -> subprocess.CompletedProcess[str]:
    """The command with its training in its own process, as under a launcher, and not in a worker, whose start
    takes seconds.
    """
    return python(
        "import sys; from qualms.study import compare; from qualms.execution import InlineExecutor\n"
        "own = sys.modules['qualms.study.compare']; own._quieten()\n"
        "own._executor = lambda recipe: InlineExecutor()\n"
        f"sys.argv = ['qualms', *{[*map(str, words)]!r}]; from qualms.cli.main import run; run()",
        stage=COMMAND,
    )


def python(
    source: str, name: str = "<test>", folder: Path | None = None, stage: tuple[str, ...] = LIBRARIES
) -> subprocess.CompletedProcess[str]:
    """What a piece of Python does in an interpreter that has imported the modules of a stage; name is where
    tracebacks say that it stands.
    """
    return _run(stage, [""], source, name, folder)


def _run(
    stage: tuple[str, ...],
    arguments: list[str],
    source: str | None = None,
    name: str = "",
    folder: Path | None = None,
    stdin: str | bytes | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    task = pickle.dumps((arguments, source, name, str(folder or Path.cwd()), {**os.environ, **environment}))
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode() if isinstance(stdin, str) else stdin or b"")
        given.seek(0)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(_server(stage))
            socket.send_fds(
                connection, [len(task).to_bytes(8, "big")], [given.fileno(), out.fileno(), err.fileno()]
            )
            connection.sendall(task)
            status = int.from_bytes(_received(connection, 4), "big", signed=True)
        told = []
        for file in (out, err):
            file.seek(0)
            told.append(file.read().decode(encoding))
    return subprocess.CompletedProcess(arguments, status, *told)


@cache
def _server(stage: tuple[str, ...]) -> str:
    """Where the process of a stage listens; started when it is first needed, and ended with this one."""
    if STAGES.index(stage):
        before = _server(STAGES[STAGES.index(stage) - 1])
        place = f"{before}+"
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(before)
            task = pickle.dumps((place, stage))
            socket.send_fds(connection, [len(task).to_bytes(8, "big")], [])
            connection.sendall(task)
            assert _received(connection, 1) == b"+"
        return place
    folder = tempfile.TemporaryDirectory()
    place = str(Path(folder.name) / "socket")
    root = Path(__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.forked", place, *stage],
        cwd=root,
        stdin=subprocess.PIPE,  # never written to; it ends with this process, however that ends
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    atexit.register(folder.cleanup)
    atexit.register(process.stdin.close)
    assert process.stdout.readline() == b"ready\n"
    return place


def _received(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = connection.recv(size - len(found))
        assert part, "the process that forks has ended"
        found += part
    return found


def serve(place: str, modules: Sequence[str], ready: Callable[[], object]) -> Callable[[], object]:
    """Import, listen, and fork.

    Returns in the forked process what is to be done there, when its arguments and streams are set.
    """
    for module in modules:
        room = import_module(module.removesuffix(".*"))
        for inner in (
            pkgutil.walk_packages(room.__path__, f"{room.__name__}.") if module.endswith(".*") else ()
        ):
            import_module(inner.name)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait for a command
        gc.collect()
        gc.freeze()  # so that the collector of a command does not touch, and thereby copy, all that is shared
        ready()
        while True:
            if sys.stdin in select.select([listener, sys.stdin], [], [])[0]:
                os._exit(0)
            connection, _ = listener.accept()
            if os.fork() == 0:
                break
            connection.close()
    size, streams, _, _ = socket.recv_fds(connection, 8, 3)
    task = pickle.loads(_received(connection, int.from_bytes(size, "big")))
    if not streams:
        return serve(*task, lambda: connection.sendall(b"+"))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    arguments, source, name, folder, environment = task
    work = os.fork()
    if work:
        status = os.waitstatus_to_exitcode(os.waitpid(work, 0)[1])
        connection.sendall(status.to_bytes(4, "big", signed=True))
        os._exit(0)
    connection.close()
    signal.alarm(SECONDS)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    if encoding := environment.get("PYTHONIOENCODING"):  # Python looks at it at its start
        sys.stdout.reconfigure(encoding=encoding, errors="strict")
        sys.stderr.reconfigure(encoding=encoding, errors="backslashreplace")
    sys.argv = arguments
    if source is None:
        return import_module("qualms.cli.main").run
    return lambda: exec(compile(source, name, "exec"), {"__name__": "__main__"})


def end(work: Callable[[], object]) -> NoReturn:
    """Do the work and end as Python would, but without taking the imported modules apart, which takes longer
    than most commands.
    """
    status: object = 0
    try:
        work()
    except SystemExit as ended:
        status = ended.code
    except BaseException:
        traceback.print_exc()
        status = 1
    if status is not None and not isinstance(status, int):
        sys.stderr.write(f"{status}\n")
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status or 0)


def _ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    end(serve(sys.argv[1], sys.argv[2:], _ready))
