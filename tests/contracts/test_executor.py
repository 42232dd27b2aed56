"""What every executor does: equal results, events in order, failures told apart from deaths, nothing left
running.
"""

import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from qualms.errors import ConfigError, DataError, ExecutionError, MissingExtraError, QualmsError
from qualms.execution import (
    Call,
    Died,
    Done,
    Event,
    Failed,
    InlineExecutor,
    ProcessExecutor,
    RayExecutor,
    check_executor,
    make_executor,
)
from qualms.problems import Knapsack, MaxCut
from qualms.problems.numbers import Decimals
from tests.contracts import calls

EXECUTORS = {
    "processes": ProcessExecutor,
    "forked processes": partial(ProcessExecutor, modules=("tests.contracts.calls",)),
    "ray": RayExecutor,
}


@pytest.fixture(scope="module", params=EXECUTORS)
def executor(request, tmp_path_factory):
    """One of each for the whole module, started in another folder than the tests'."""
    if request.param == "ray":
        pytest.importorskip("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.chdir(tmp_path_factory.mktemp("folder"))
        made = EXECUTORS[request.param](2, environment={"QUALMS_TEST": "set"}, setup=calls.set_up)
        with made as executor:
            yield executor


def ended(executor, *made):
    """Outcomes in the order of the calls."""
    found = {outcome.call.label: outcome for outcome in executor.run(made)}
    assert len(found) == len(made)
    return [found[call.label] for call in made]


def test_results_come_back_whole_and_each_once(executor):
    content = os.urandom(3_000_000)  # more than a pipe holds, both ways
    many = [Call(f"{k}", calls.square, (k,)) for k in range(9)] + [Call("big", calls.big, (content,))]
    *squares, big = ended(executor, *many)
    assert [o.value for o in squares] == [k * k for k in range(9)]
    assert big.value == (len(content), content)
    assert list(executor.run([])) == []


def test_a_call_finds_the_callers_folder_and_one_thread_and_was_set_up_before(executor):
    (found,) = ended(executor, Call("place", calls.place))
    folder, threads, variable, was_set_up = found.value
    assert "folder" in Path(folder).name
    assert (threads, variable, was_set_up) == ("1", "set", True)
    assert "QUALMS_TEST" not in os.environ


@pytest.mark.parametrize("function", [calls.stepping, calls.told_from_a_thread])
def test_events_come_in_order(executor, function):
    events = []
    made = [Call(name, function, (50,), steps=50) for name in "abc"]
    for outcome in executor.run(made, events.append):
        events.append(outcome.event("a note"))
    for name in "abc":
        own = [e for e in events if e.job == name]
        assert own[0] == Event("started", name, 0, 50)
        assert own[-1] == Event("done", name, note="a note")
        steps = [e.step for e in own[1:-1]]
        assert {e.kind for e in own[1:-1]} == {"step"}
        assert steps == sorted(steps)
        assert own[-2] == Event("step", name, 50, 50, "step 50")
        assert len(steps) < 20  # not every one is told


def test_a_call_that_fails_says_why_and_the_others_go_on(executor):
    said = {
        "ours": (DataError, "rows.csv:3: no number"),
        "theirs": (ZeroDivisionError, "division by zero"),
        "not to be made again": (QualmsError, r"counting things needs thing.*'\.\[things\]'"),
        "not to be sent": (QualmsError, "Odd: an odd error"),
        "exit": (QualmsError, "SystemExit: enough"),
        "interrupted": (QualmsError, "KeyboardInterrupt"),
    }
    *failed, done = ended(
        executor, *(Call(how, calls.fail, (how,)) for how in said), Call("4", calls.square, (4,))
    )
    assert done == Done(done.call, 16)
    for outcome, (kind, words) in zip(failed, said.values(), strict=True):
        assert isinstance(outcome, Failed)
        with pytest.raises(kind, match=words):
            raise outcome.error
        assert outcome.event().kind == "failed"
        assert "\n" not in outcome.event().note


def test_a_call_that_dies_takes_no_other_with_it(executor):
    made = [
        Call("killed", calls.kill, (signal.SIGKILL,)),
        Call("crashed", calls.kill, (signal.SIGSEGV,)),
        Call("left", calls.leave, (3,)),
        *(Call(f"{k}", calls.square, (k,)) for k in range(6)),
    ]
    killed, crashed, left, *others = ended(executor, *made)
    assert [o.value for o in others] == [k * k for k in range(6)]
    for outcome in (killed, crashed, left):
        assert isinstance(outcome, Died)
        assert outcome.event() == Event("died", outcome.call.label, note=outcome.reason)
        assert "\n" not in outcome.reason
    if isinstance(executor, ProcessExecutor):
        assert (killed.signal, crashed.signal, left.signal) == (signal.SIGKILL, signal.SIGSEGV, None)
        assert "SIGKILL; out of memory?" in killed.reason
        assert "exit status 3" in left.reason


def test_what_a_call_finds_is_heard_whole_and_in_order(executor):
    events = []
    made = [Call(name, calls.finding, (list(range(20)),)) for name in "ab"]
    for outcome in executor.run(made, events.append):
        assert outcome.value == 20
        events.append(outcome.event())
    for name in "ab":
        told = [e for e in events if e.job == name]
        assert [e.value for e in told if e.kind == "found"] == [{"value": k} for k in range(20)]
        assert told[-1].kind == "done"
    (failed,) = ended(executor, Call("odd", calls.find_what_cannot_be_sent))
    assert isinstance(failed.error, ConfigError)


def test_a_call_that_breaks_its_limits_is_ended_and_no_other(executor):
    heard = []
    made = [
        Call("slow", calls.hang, seconds=1.0),
        Call("large", calls.hoard, (200,), memory=600 * 2**20),
        *(Call(f"{k}", calls.square, (k,), seconds=60.0, memory=2**40) for k in range(4)),
    ]
    found = {outcome.call.label: outcome for outcome in executor.run(made, heard.append)}
    assert "took longer than 1 s" in found["slow"].reason
    assert "more than 600 MiB" in found["large"].reason
    assert all(isinstance(found[name], Died) for name in ("slow", "large"))
    assert [found[f"{k}"].value for k in range(4)] == [k * k for k in range(4)]
    assert "before" in [e.value for e in heard if e.kind == "found"]


def test_what_cannot_be_sent_is_told_in_a_line(executor):
    made = [
        Call("a function within", lambda tell: 1),
        Call("a lock", calls.receive, (calls.threading.Lock(),)),
        Call("an unreadable argument", calls.receive, (calls.Unreadable(),)),
        Call("a lock back", calls.give_a_lock),
        Call("an unreadable result", calls.give_unreadable),
        Call("3", calls.square, (3,)),
    ]
    *failed, done = ended(executor, *made)
    assert done.value == 9
    for outcome in failed:
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, QualmsError)
        assert "\n" not in str(outcome.error)
    assert "a function within: cannot be sent to another process" in str(failed[0].error)
    assert "its result cannot be sent to another process" in str(failed[3].error)
    assert "cannot be read here" in str(failed[4].error)


RANDOM = np.random.default_rng(3)
PROBLEMS = {
    "maxcut": MaxCut(30, *np.triu_indices(30, 1), Decimals.of(RANDOM.integers(-5, 6, 435))),
    "knapsack": Knapsack(np.triu(RANDOM.integers(0, 60, (20, 20))), RANDOM.integers(1, 40, 20), 150),
}


def test_a_problem_solved_elsewhere_gives_the_same_result_as_here(executor):
    made = [
        Call(f"{name} {solver} {seed}", calls.solve_problem, (problem, solver, 3, seed))
        for name, problem in PROBLEMS.items()
        for solver, seed in (("annealing", 0), ("annealing", 1), ("tabu", 0))
    ]
    here = [call.function(*call.arguments, None) for call in made]
    assert [outcome.value for outcome in ended(executor, *made)] == here
    assert all(objective is not None for objective, *_ in here)


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


def gone(folder):
    return all(not psutil.pid_exists(int(p.name)) for p in folder.iterdir())


def test_where_the_consumer_stops_the_calls_under_way_end_and_no_other_begins(executor, tmp_path):
    made = [Call(f"{k}", calls.noted, (str(tmp_path), 120)) for k in range(5)]
    heard = []

    def stop(event):
        heard.append(event)
        if event.kind == "step":
            raise InterruptedError("the consumer had enough")

    with pytest.raises(InterruptedError):
        list(executor.run(made, stop))
    wait_for(lambda: gone(tmp_path))
    assert len(list(tmp_path.iterdir())) <= 2
    for _ in executor.run([Call("1", calls.square, (1,)), *made]):
        break
    wait_for(lambda: gone(tmp_path))
    assert ended(executor, Call("2", calls.square, (2,)))[0].value == 4  # and goes on to work


# In this process --------------------------------------------------------------------------------------------


def test_in_this_process_the_same_is_told():
    events, made = (
        [],
        [
            Call("a", calls.stepping, (50,), 50),
            Call("b", calls.fail, ("ours",)),
            Call("c", calls.square, (3,)),
        ],
    )
    with InlineExecutor() as executor:
        a, b, c = executor.run(made, events.append)
    assert (a, c) == (Done(made[0], 50), Done(made[2], 9))
    assert isinstance(b.error, DataError)
    assert [(e.kind, e.job) for e in events if e.kind != "step"] == [
        ("started", "a"),
        ("started", "b"),
        ("started", "c"),
    ]
    assert Event("step", "a", 50, 50, "step 50") in events
    with InlineExecutor() as executor, pytest.raises(KeyboardInterrupt):  # it is the user's
        list(executor.run([Call("b", calls.fail, ("interrupted",))]))


# Processes alone --------------------------------------------------------------------------------------------


def test_nothing_is_left_running(tmp_path):
    before = set(psutil.Process().children(recursive=True))
    made = [Call(f"{k}", calls.ignore_termination, (str(tmp_path),)) for k in range(2)]
    with pytest.raises(InterruptedError), ProcessExecutor(2) as executor:
        for _ in executor.run(made, lambda event: stop_at(event, tmp_path)):
            pass
    assert gone(tmp_path)
    with ProcessExecutor(2) as executor:
        assert ended(executor, Call("2", calls.square, (2,)))[0].value == 4
    left = set(psutil.Process().children(recursive=True)) - before
    assert not [p for p in left if "resource_tracker" not in " ".join(p.cmdline())]


def stop_at(event, folder):
    if len(list(folder.iterdir())) == 2:
        raise InterruptedError


SCRIPT = """
import sys
from qualms.execution import Call, make_executor
from tests.contracts import calls
if __name__ == "__main__":
    made = [Call(str(k), calls.noted, (sys.argv[1], 120)) for k in range(4)]
    with make_executor("processes", 2) as executor:
        for outcome in executor.run(made, lambda event: print(event.kind, flush=True)):
            print(outcome)
"""


def script(folder, text=SCRIPT):
    path = folder / "script.py"
    path.write_text(text)
    (folder / "numbers").mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path]).strip(os.pathsep)}
    command = [sys.executable, str(path), str(folder / "numbers")]
    return subprocess.Popen(
        command,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=environment,
    )


@pytest.mark.parametrize("modules", ["()", "('tests.contracts.calls',)"])
@pytest.mark.parametrize("how", ["Ctrl-C", "SIGKILL of the parent"])
def test_the_workers_end_with_their_parent(tmp_path, how, modules):
    process = script(tmp_path, SCRIPT.replace('"processes", 2', f'"processes", 2, modules={modules}'))
    wait_for(lambda: len(list((tmp_path / "numbers").iterdir())) == 2)
    if how == "Ctrl-C":
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    else:
        process.kill()
    _, said = process.communicate(timeout=60)  # the server of forked processes has ended too: it had our pipe
    wait_for(lambda: gone(tmp_path / "numbers"))
    assert said.count("Traceback") == (how == "Ctrl-C")  # the workers say nothing
    assert len(list((tmp_path / "numbers").iterdir())) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
def test_forked_processes_have_their_modules_and_none_of_the_callers_threads():
    with ProcessExecutor(1, modules=("tests.contracts.calls",)) as executor:
        (found,) = ended(executor, Call("forked", calls.forked))
    assert found.value == (True, 2)  # one that works, one that waits for the end of its parent


def test_a_script_without_its_guard_is_told_so(tmp_path):
    process = script(tmp_path, SCRIPT.replace('if __name__ == "__main__":', "if True:"))
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "ExecutionError: a worker could not start" in said
    assert "__main__" in said.splitlines()[-1]


def test_a_worker_that_cannot_be_set_up_is_told():
    with (
        ProcessExecutor(2, setup=_fail) as executor,
        pytest.raises(ExecutionError, match="set up: it is no good"),
    ):
        list(executor.run([Call("1", calls.square, (1,))]))


def _fail():
    raise ValueError("it is no good")


def test_a_worker_that_died_while_it_had_nothing_to_do_is_replaced():
    with ProcessExecutor(1) as executor:
        ended(executor, Call("1", calls.square, (1,)))
        executor._there[0].process.kill()
        executor._there[0].process.join()
        assert ended(executor, Call("2", calls.square, (2,)))[0].value == 4


# Ray alone --------------------------------------------------------------------------------------------------


@pytest.fixture
def ray(monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")


def test_a_cluster_that_goes_away_is_told_in_a_line_and_leaves_nothing(ray, tmp_path, capfd):
    with RayExecutor(2, silence=3) as executor:
        processes = psutil.Process(executor._driver.pid).children(recursive=True)
        heads = [p for p in processes if p.name() in ("raylet", "gcs_server")]
        assert len(heads) == 2

        def listener(event):
            if event.kind == "step":
                for head in heads:
                    head.kill()

        with pytest.raises(ExecutionError, match="local Ray cluster went away; what was finished is kept"):
            list(executor.run([Call("1", calls.noted, (str(tmp_path), 120))], listener))
        with pytest.raises(ExecutionError, match="went away"):
            list(executor.run([Call("2", calls.square, (2,))]))
    wait_for(lambda: not [p for p in processes if p.is_running() and p.status() != "zombie"])
    out, err = capfd.readouterr()
    assert out + err == ""


def test_a_cluster_that_is_not_there_is_told_in_a_line(ray):
    with pytest.raises(ExecutionError, match=r"the Ray cluster at 127.0.0.1:1: cannot be used: ") as told:
        RayExecutor(1, "127.0.0.1:1").__enter__()
    assert "\n" not in str(told.value)


# Names ------------------------------------------------------------------------------------------------------


def test_executors_have_names():
    for name in ("processes", "ray", "ray:auto", "ray:10.0.0.1:6379"):
        assert check_executor(name) == name
    for name in ("", "threads", "ray:", "processes:4", "Ray"):
        with pytest.raises(ConfigError, match=r"there are processes, ray, ray:ADDRESS"):
            make_executor(name, 2)
    assert isinstance(make_executor("processes", 3), ProcessExecutor)


def test_the_extra_is_named_where_ray_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"'\.\[ray\]'"):
        make_executor("ray", 2)


def test_calls_and_outcomes_pickle():
    call = Call("a", calls.square, (2,))
    for value in (
        call,
        Done(call, 4),
        Failed(call, DataError("no")),
        Died(call, "killed", 9),
        Event("done", "a"),
    ):
        again = pickle.loads(pickle.dumps(value))
        assert again == value or repr(again) == repr(value)
