"""The workers of a folder: threads that lease jobs, and the processes in which jobs are done."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from qualms.errors import ExecutionError, QualmsError, RunFolderError, one_line
from qualms.execution import Call, Died, Done, Event, Failed, ProcessExecutor
from qualms.service.jobs.job import Lease
from qualms.service.jobs.queue import Queue
from qualms.service.jobs.tidying import end_quotes, remove_old
from qualms.service.jobs.work import Task, Worked, be_nice, deliver, warm, work
from qualms.service.settings import Settings

LOCK = ".service.lock"
QUICK = ("read",)  # kinds of jobs of seconds, which have a worker of their own
_LEASE = 60.0  # seconds
_RENEW = 10.0  # seconds after which a lease is renewed
_LOOK = 0.3  # seconds between two looks at whether a job was cancelled
_IDLE = 0.25  # seconds between two looks for a job; other processes submit some, too
_FLUSH = 0.25  # seconds for which news are gathered before they are written
_TROUBLE = 2.0  # seconds to wait where the queue cannot be written
_AGAIN = 10.0  # seconds after which records that could not be put into the store are tried again
_PATIENCE = 15.0  # seconds for the threads to end
_QUOTES = 5.0  # seconds between two looks for quotes of jobs that are over
_OLD = 3600.0  # seconds between two looks for jobs that are old
_EXPLAINING = 1.2  # times the seconds of solving are what a job takes, its explanation included

log = logging.getLogger("qualms.service")


class _Lost(Exception):
    """The job is to be ended: it was cancelled, or the service is stopping."""


@dataclass(frozen=True)
class _Watched(Call):
    """A call with one more limit: what `watch` says. `broken` has the limits that it broke."""

    watch: Callable[[], str | None] = lambda: None
    broken: list[str] = field(default_factory=list)

    def exceeded(self, seconds: float, memory: int) -> str | None:
        """See `Call`."""
        limit = super().exceeded(seconds, memory)
        if limit is not None:
            self.broken.append(limit)
        return limit or self.watch()


class Workers:
    """All workers of a folder. A context manager; while it lasts, nobody else can have any there.

    Parameters
    ----------
    queue : Queue
    settings : Settings

    Raises
    ------
    RunFolderError
        Somebody else has workers there, or the folder cannot be written.
    """

    def __init__(self, queue: Queue, settings: Settings) -> None:
        self.queue, self.settings = queue, settings
        self._troubles: dict[str, str] = {}  # of each worker that has one
        self.store = settings.store.resolve()
        self.stopping = threading.Event()
        self._lock = owned(self.store)
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        own(self._lock, self.store)
        try:
            self.queue.recover()
        except BaseException:
            self._lock.release()
            raise
        kinds: list[tuple[str, ...]] = [()] * self.settings.limits.workers
        if kinds:
            kinds.append(QUICK)
        for k, wanted in enumerate(kinds):
            self._start(f"worker-{k}", self._serve, wanted)
        self._start("tidying", self._tidy)
        return self

    def _start(self, name: str, function: Callable[..., None], *arguments: Any) -> None:
        """Start a thread, which gets its name."""
        thread = threading.Thread(target=function, args=(name, *arguments), name=name)
        thread.daemon = True  # a thread that hangs does not keep the program from ending
        self._threads.append(thread)
        thread.start()

    def __exit__(self, *error: object) -> None:
        """Stop: jobs that run go back to the queue and their processes end."""
        self.stopping.set()
        deadline = time.monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._lock.release()

    @property
    def missing(self) -> int:
        """Workers that are not there any more, although they should be."""
        return 0 if self.stopping.is_set() else sum(not thread.is_alive() for thread in self._threads)

    @property
    def trouble(self) -> str | None:
        """What keeps a worker from its work at the moment, in a line; None where nothing does."""
        return next(iter(list(self._troubles.values())), None)

    def _serve(self, name: str, kinds: tuple[str, ...]) -> None:
        """What a worker does all its life."""
        with ProcessExecutor(1, setup=be_nice) as place:
            self._warm(name, place)
            again = 0.0 if not kinds else math.inf  # when to look for records that are not in the store yet
            while not self.stopping.is_set():
                try:
                    if time.monotonic() >= again:
                        delivered = self._deliver(name, place, self.queue.undelivered())
                        again = math.inf if delivered else time.monotonic() + _AGAIN
                    lease = self.queue.lease(name, _LEASE, kinds)
                    if again == math.inf:
                        self._troubles.pop(name, None)
                    if lease is None:
                        self.stopping.wait(_IDLE)
                    elif not _Run(self, place, lease).done():
                        again = time.monotonic() + _AGAIN
                except QualmsError as error:
                    self._troubled(name, one_line(error))
                    self.stopping.wait(_TROUBLE)
                except Exception:
                    log.exception("%s: unexpected error", name)
                    self.stopping.wait(_TROUBLE)

    def _tidy(self, name: str) -> None:
        """What is done beside jobs; a worker that is busy does not hold it up, and it holds up no worker."""
        due = 0.0  # when to look for what is old
        while not self.stopping.is_set():
            try:
                end_quotes(self.queue, self.settings)
                if time.monotonic() >= due:
                    due = time.monotonic() + _OLD  # also where something cannot be removed
                    remove_old(self.queue, self.settings)
                self._troubles.pop(name, None)
            except QualmsError as error:
                self._troubled(name, one_line(error))
            except Exception:
                log.exception("%s: unexpected error", name)
            self.stopping.wait(_QUOTES)

    def _troubled(self, name: str, trouble: str) -> None:
        """Note and log what keeps a worker from its work."""
        self._troubles[name] = trouble
        log.error("%s: %s", name, trouble)

    def _warm(self, name: str, place: ProcessExecutor) -> None:
        """Start the worker's process before there is a job."""
        try:
            for _ in place.run([self._call("start", warm)]):
                pass
        except ExecutionError as error:
            self._troubled(name, one_line(error))

    def _call(self, label: str, function: Callable[..., Any], *arguments: Any) -> Call:
        """A call that is no job, and ends with the service."""
        return _Watched(
            label,
            function,
            arguments,
            seconds=self.settings.limits.job_seconds,
            watch=lambda: "the service is stopping" if self.stopping.is_set() else None,
        )

    def _deliver(self, name: str, place: ProcessExecutor, jobs: list[str]) -> bool:
        """Put the records of jobs into the store, in the worker's process. False where that failed."""
        for job in jobs:
            lines = self.queue.records(job)
            for outcome in place.run([self._call("records", deliver, self.store, lines)]):
                if not isinstance(outcome, Done):
                    note = outcome.event().note
                    self._troubled(name, f"records of job {job} are not in the store yet: {note}")
                    return False
                self.queue.delivered(job)
        return True


class _Run:
    """One job under its lease."""

    def __init__(self, workers: Workers, place: ProcessExecutor, lease: Lease) -> None:
        self._workers, self._place, self._lease = workers, place, lease
        self._queue = workers.queue
        self._began = self._renewed = self._looked = self._flushed = time.monotonic()
        self._news: list[Mapping[str, Any]] = []
        self._lost = False

    def done(self) -> bool:
        """Do it and commit how it ended. False where its records could not be put into the store."""
        job, limits = self._lease.job, self._workers.settings.limits
        settings = self._workers.settings
        task = Task(
            job.id, job.kind, job.request, self._workers.store, settings.limits.cores, settings.spending
        )
        call = _Watched(
            job.id, work, (task,), seconds=limits.job_seconds, memory=limits.memory, watch=self._watch
        )
        self._news.append(self._step(0, 0, "", _expected(job.request)))
        try:
            for outcome in self._place.run([call], self._hear):
                return self._end(call, outcome)
        except _Lost:
            if not self._lost:  # the service is stopping
                self._queue.release(self._lease)
        except ExecutionError as error:
            self._queue.crashed(self._lease, one_line(error))
        return True

    def _end(self, call: _Watched, outcome: Done | Failed | Died) -> bool:
        if self._lost:
            return True
        self._flush()
        if isinstance(outcome, Done):
            worked: Worked = outcome.value
            if not self._queue.finish(self._lease, result=worked.result, records=worked.records):
                return True
            return not worked.records or self._workers._deliver(
                self._lease.worker, self._place, [self._lease.job.id]
            )
        if isinstance(outcome, Failed):
            self._queue.finish(self._lease, error=self._told(outcome.error))
        elif call.broken:
            self._queue.finish(self._lease, error=call.broken[0])
        elif self._workers.stopping.is_set():
            self._queue.release(self._lease)
        else:
            self._queue.crashed(self._lease, outcome.reason)
        return True

    def _told(self, error: Exception) -> str:
        """An error in a line that does not tell where the store is."""
        name = "" if isinstance(error, QualmsError) else f"{type(error).__name__}: "
        return f"{name}{one_line(error, 2000)}".replace(str(self._workers.store), "the store")

    def _watch(self) -> str | None:
        """Why the job is to be ended, if it is; looked at some times a second."""
        if self._workers.stopping.is_set():
            return "the service is stopping"
        now = time.monotonic()
        if self._news and now - self._flushed > _FLUSH:
            self._flush()
        if now - self._renewed > _RENEW:
            self._renewed = self._looked = now
            self._lost = self._lost or not self._queue.renew(self._lease)
        elif now - self._looked > _LOOK:
            self._looked = now
            self._lost = self._lost or not self._queue.holds(self._lease)
        return "it was cancelled" if self._lost else None

    def _hear(self, event: Event) -> None:
        if event.kind == "step":
            spent = time.monotonic() - self._began
            left = spent / event.step * (event.steps - event.step) if event.step and event.steps else None
            self._news.append(self._step(event.step, event.steps, event.note, left))
        elif event.kind == "found":
            self._news.append({**event.value, "kind": "found"})
        if time.monotonic() - self._flushed > _FLUSH:
            self._flush()
            if self._watch() is not None:  # a job that tells without a pause is ended here
                raise _Lost

    def _step(self, step: int, steps: int, note: str, left: float | None) -> dict[str, Any]:
        spent = time.monotonic() - self._began
        return {
            "kind": "step", "step": step, "steps": steps, "note": note, "seconds": round(spent, 3),
            "eta": None if left is None else round(left, 3),
        }  # fmt: skip

    def _flush(self) -> None:
        news, self._news = self._news, []
        self._flushed = time.monotonic()
        if news:
            self._lost = self._lost or not self._queue.tell(self._lease, *news)


def owned(store: Path) -> FileLock:
    """The lock of who has workers in a folder; not yet taken."""
    return FileLock(str(store / LOCK), thread_local=False)


def own(lock: FileLock, store: Path) -> None:
    """Take the lock of a folder. Raises RunFolderError where somebody else has it."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise RunFolderError(
            f"{store}: another service uses this folder; stop that one, or choose another with --store"
        ) from None
    except OSError as error:
        raise RunFolderError(f"{store}: cannot be used: {error.strerror or error}") from None


def _expected(request: Mapping[str, Any]) -> float | None:
    """Seconds that a job will take, where its request limits them."""
    seconds = request.get("seconds")
    return None if seconds is None else _EXPLAINING * float(seconds)
