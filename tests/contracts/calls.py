"""What the contract of executors calls: functions that other processes can import."""

import os
import signal
import sys
import threading
import time

import psutil

from qualms.errors import DataError, MissingExtraError

ready = False
imported_by = os.getpid()


def set_up():
    global ready
    ready = "torch" not in sys.modules


def square(x, tell):
    return x * x


def stepping(steps, tell):
    for k in range(1, steps + 1):
        tell(k, steps, f"step {k}")
    return steps


def told_from_a_thread(steps, tell):
    thread = threading.Thread(target=stepping, args=(steps, tell))
    thread.start()
    thread.join()


def place(tell):
    return os.getcwd(), os.environ.get("OMP_NUM_THREADS"), os.environ.get("QUALMS_TEST"), ready


def forked(tell):
    """Whether this module was imported by the process that this one is forked from, and how many threads
    there are.
    """
    return imported_by == os.getppid(), psutil.Process().num_threads()


def kill(number, tell):
    os.kill(os.getpid(), number)
    time.sleep(60)


def leave(status, tell):
    os._exit(status)


def fail(how, tell):
    match how:
        case "ours":
            raise DataError("rows.csv:3: no number")
        case "theirs":
            raise ZeroDivisionError("division by zero")
        case "not to be made again":
            raise MissingExtraError("thing", "things", "counting things")
        case "not to be sent":
            raise Odd(threading.Lock())
        case "exit":
            sys.exit("enough")
        case "interrupted":
            raise KeyboardInterrupt


class Odd(Exception):
    """An error that holds what cannot be pickled."""

    def __str__(self):
        return "an odd error"


def give_a_lock(tell):
    return threading.Lock()


class Unreadable:
    """Can be pickled, but not read again."""

    def __reduce__(self):
        return _unreadable, ()


def _unreadable():
    raise ValueError("cannot be read again")


def give_unreadable(tell):
    return Unreadable()


def receive(value, tell):
    return value


def noted(path, seconds, tell):
    """Write this process's number, then work."""
    with open(f"{path}/{os.getpid()}", "w", encoding="utf-8") as file:
        file.write("")
    tell(1, 2, "noted")
    time.sleep(seconds)


def big(bytes_, tell):
    return len(bytes_), bytes_


def ignore_termination(path, tell):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    noted(path, 120, tell)


def solve_problem(problem, solver, rounds, seed, tell):
    """What every solver found, ended by rounds and not by time."""
    from qualms.solve import solve
    from qualms.solve.solvers import Limits

    found = solve(problem, Limits(300, rounds=rounds), [solver], seed).to_dict()
    return (
        found["objective"],
        found["solution"],
        found["bound"],
        [(arm["solver"], arm["objective"]) for arm in found["arms"]],
    )


def finding(values, tell):
    for value in values:
        tell.found({"value": value})
        tell(1, 2, "between")
    return len(values)


def hang(tell):
    tell.found("before")
    time.sleep(120)


def hoard(count, tell):
    held = []
    for _ in range(count):
        held.append(bytearray(b"x" * 2**24))  # touched, so that the memory is really used
        time.sleep(0.02)
    time.sleep(120)


def find_what_cannot_be_sent(tell):
    tell.found(threading.Lock())
