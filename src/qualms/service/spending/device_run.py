"""What a quote is for: one circuit of QAOA on a device, beside its classical twins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qualms.backends.jobs import DeviceClient, Patience
from qualms.errors import ConfigError
from qualms.problems.fingerprint import fingerprint
from qualms.problems.problem import Problem
from qualms.records import digest
from qualms.service.settings import Spending
from qualms.service.spending.metered import MeteredClient
from qualms.service.spending.quote import Quote, Work, most_of
from qualms.solve.arms import conclude, limits_of, line_up
from qualms.solve.result import Arm, Result
from qualms.solve.solve import run_here
from qualms.solve.solvers.solver import Clock

if TYPE_CHECKING:  # torch is imported when a circuit is made, so that servers and agents start without it
    from qualms.backends.device import DeviceBackend
    from qualms.service.spending.ledger import SpendingLedger
    from qualms.solve.solvers.qaoa import QAOASolver

FOLDER = "devices"  # below the store: the jobs of every quote
_DEPTH = 1  # layers: on a device of today noise grows with depth faster than the samples get better
Clients = Callable[[str], DeviceClient]


def make_quote(
    ledger: SpendingLedger,
    problem: Problem,
    device: str,
    shots: int,
    allowed: Spending,
    clients: Clients,
) -> Quote:
    """A quote for running a problem's circuit on a device, written in the ledger. Nothing is handed in.

    Parameters
    ----------
    ledger : SpendingLedger
        Of the store.
    problem : Problem
        Whose circuit is run.
    device : str
        "VENDOR:NAME", one of those that the configuration allows.
    shots : int
        Measurements of the circuit.
    allowed : Spending
        From the server's configuration.
    clients : callable
        Makes a device's client of its name.

    Raises
    ------
    ConfigError
        For a device that the configuration does not allow, a problem that does not fit on it, or shots that
        it does not take.
    BudgetError
        Where no price can be promised.
    """
    client, work = device_work(problem, device, shots, allowed, clients)
    most, seconds = most_of(client, work)
    return ledger.quote(work, client.price, most, seconds)


def device_work(
    problem: Problem, device: str, shots: int, allowed: Spending, clients: Clients
) -> tuple[DeviceClient, Work]:
    """The device's client, and what would run there. Parameters and errors as those of `make_quote`."""
    from qualms.backends.device import DeviceBackend

    if device not in allowed.devices:
        there = ", ".join(allowed.devices) or "none: name devices in its configuration, [spending] devices"
        raise ConfigError(f"device {device!r}: this server may use {there}")
    client = clients(device)
    solver = _solver(DeviceBackend(client, shots), device, shots)
    why = solver.refuses(problem)
    if why is not None:
        raise ConfigError(f"{device}: {why}")
    task = digest([fingerprint(problem), "qaoa", _DEPTH, "fixed", shots])
    return client, Work(device, task, jobs=1, circuits=1, shots=shots)


def run_on_device(
    problem: Problem,
    quote: Quote,
    ledger: SpendingLedger,
    client: DeviceClient,
    store: Path,
    seed: int = 0,
    patience: Patience | None = None,
) -> list[Arm]:
    """Run a quote's circuit, and its classical twins with as many samples.

    A job that a killed process handed in is found again and not paid again: the device's jobs are kept in a
    folder of the quote.

    Parameters
    ----------
    problem : Problem
        The one that was quoted.
    quote : Quote
        Begun by the job that runs.
    ledger, client
        As those of `make_quote`.
    store : Path
        Folder of the store.
    seed : int, default 0
        Of the arm and its twins.
    patience : Patience, optional
        How long to wait for the device.

    Returns
    -------
    list of Arm
        The baselines, the arm on the device, and its twins. An arm says itself where it failed.
    """
    from qualms.backends.device import DeviceBackend

    patience = patience or Patience()
    metered = MeteredClient(client, quote, ledger)
    backend = DeviceBackend(
        metered, quote.work.shots, seed, store / FOLDER / quote.id, quote.dollars, patience
    )
    solver = _solver(backend, quote.work.device, quote.work.shots)
    arms: list[Arm] = []
    for one, arm in line_up([solver], problem, seed):
        arms.append(arm)
        if arm.refused is None:
            run_here(arm, one, problem, Clock(limits_of(arm, arms, patience.timeout, 1)))
        if one is solver:
            arm.cost = sum(job.dollars for job in backend.jobs.values())
            for job in backend.jobs.values():
                metered.settle(f"{job.key}-{job.attempt}")
    return arms


def joined(result: Result, arms: list[Arm], seconds: float) -> Result:
    """A result with further arms: the best answer and the bounds are those of all of them together."""
    there = {arm.solver for arm in result.arms}
    every = [*result.arms, *(arm for arm in arms if arm.solver not in there)]
    found = conclude(result.problem, every, result.bounds, result.seconds + seconds, result.stopped)
    return replace(found, encoding=found.encoding or result.encoding)


def _solver(backend: DeviceBackend, device: str, shots: int) -> QAOASolver:
    from qualms.solve.solvers.qaoa import QAOASolver

    return QAOASolver(_DEPTH, angles="fixed", backend=backend, shots=shots, name=f"qaoa on {device}")
