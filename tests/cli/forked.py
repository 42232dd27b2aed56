"""Runs `qualms` in processes forked from one that has imported everything already: an interpreter's start costs seconds, a fork milliseconds.

Each command still has a process of its own, with its own arguments, environment, folder, standard streams and exit status. What a start of
Python imports, and in which order, is not seen here; `tests/test_imports.py` looks at that in fresh interpreters.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

ROOMS = ("qualms.study", "qualms.adapters", "qualms.report", "qualms.cli")  # what commands with models import
CLASSES = ("Trainer", "AutoModelForCausalLM", "LlamaForCausalLM", "AutoTokenizer", "PreTrainedTokenizerFast")


def run(*words: object, stdin: str | bytes | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command with these words, as `subprocess.run(["qualms", *words], capture_output=True, text=True)` would give it.

    Environment variables are added to those of this process; with `PYTHONIOENCODING` what is printed comes in that encoding.
    """
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    given = stdin.encode() if isinstance(stdin, str) else stdin
    with tempfile.TemporaryFile() as read, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        read.write(given or b"")
        for file in (read, out, err):
            file.seek(0)
        task = ([str(word) for word in words], os.getcwd(), {**os.environ, **environment})
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(_server())
            socket.send_fds(connection, [len(body := pickle.dumps(task)).to_bytes(8, "big")], [read.fileno(), out.fileno(), err.fileno()])
            connection.sendall(body)
            status = int.from_bytes(_received(connection, 4), "big", signed=True)
        told = [(file.seek(0), file.read().decode(encoding))[1] for file in (out, err)]
    return subprocess.CompletedProcess(["qualms", *task[0]], status, *told)


@cache
def _server() -> str:
    """Where the process listens that forks; started at the first call, and ended with this one."""
    folder = tempfile.TemporaryDirectory()
    place = str(Path(folder.name) / "socket")
    process = subprocess.Popen([sys.executable, "-m", "tests.cli.forked", place], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    atexit.register(folder.cleanup)
    atexit.register(process.kill)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return place


def _received(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = connection.recv(size - len(found))
        assert part, "the process that forks commands has ended"
        found += part
    return found


def serve(place: str) -> None:
    """Import, listen, and fork. Returns in the process of a command, whose arguments and streams are set by then."""
    for name in ("torch", "peft", *(m.name for room in ROOMS for m in pkgutil.walk_packages(import_module(room).__path__, f"{room}."))):
        import_module(name)
    for name in CLASSES:
        getattr(import_module("transformers"), name)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait for a command
        gc.collect()
        gc.freeze()  # so that the collector of a command does not touch, and thereby copy, all that is shared
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                break
            connection.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, streams, _, _ = socket.recv_fds(connection, 8, 3)
    words, folder, environment = pickle.loads(_received(connection, int.from_bytes(size, "big")))
    command = os.fork()
    if command:
        status = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
        connection.sendall(status.to_bytes(4, "big", signed=True))
        os._exit(0)
    connection.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    if encoding := environment.get("PYTHONIOENCODING"):  # Python looks at it at its start
        sys.stdout.reconfigure(encoding=encoding, errors="strict")
        sys.stderr.reconfigure(encoding=encoding, errors="backslashreplace")
    sys.argv = ["qualms", *words]


def end(command: Callable[[], object]) -> NoReturn:
    """Run the command and end as Python would, but without taking the imported modules apart, which takes longer than most commands."""
    status: object = 0
    try:
        command()
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


if __name__ == "__main__":
    serve(sys.argv[1])
    end(import_module("qualms.cli.main").run)
