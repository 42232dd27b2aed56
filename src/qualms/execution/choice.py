"""Executors by the name that a user types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qualms.errors import ConfigError
from qualms.execution.executor import Executor

EXECUTORS = ("processes", "ray", "ray:ADDRESS")


def check_executor(name: str) -> str:
    """The name of an executor, if it is one.

    Raises
    ------
    ConfigError
        There is no such executor.
    """
    kind, colon, address = name.partition(":")
    if kind not in ("processes", "ray") or (colon and (kind != "ray" or not address)):
        raise ConfigError(f"unknown executor {name!r}; there are {', '.join(EXECUTORS)}")
    return name


def make_executor(
    name: str,
    workers: int,
    environment: Mapping[str, str] | None = None,
    setup: Callable[[], None] | None = None,
    modules: Sequence[str] = (),
) -> Executor:
    """An executor, to be used as a context manager.

    Parameters
    ----------
    name : str
        "processes", this machine's; "ray", a Ray cluster on this machine that is started and ended with it,
        or the one that the variable ``RAY_ADDRESS`` names; "ray:ADDRESS", a cluster that runs already
        (host:port of its head, or "auto" for the one that this machine belongs to).
    workers : int
        How many calls are made at a time.
    environment, setup
        See `ProcessExecutor`.
    modules : sequence of str, optional
        See `ProcessExecutor`; Ray starts its processes in its own way.

    Raises
    ------
    ConfigError
        There is no such executor.
    MissingExtraError
        Ray is not installed.
    """
    kind, _, address = check_executor(name).partition(":")
    if kind == "processes":
        from qualms.execution.processes import ProcessExecutor

        return ProcessExecutor(workers, environment, setup, modules)
    from qualms.execution.ray import RayExecutor

    return RayExecutor(workers, address or None, environment, setup)
