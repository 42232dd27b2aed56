"""What one run on a device would cost at most: a quote."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qualms.backends.jobs import DeviceClient
from qualms.backends.prices import Price
from qualms.errors import BudgetError

JOB_KEYS = "quote:"  # how the idempotency keys of jobs with a quote begin, and no others
MICRO = 1_000_000  # the ledger counts in millionths of a dollar, in integers
_SPARE = 2  # times the expected device time, after which a device that bills by time ends the job


def micros(dollars: float) -> int:
    """Millionths of a dollar, rounded up, so that no amount is counted as less than it is.

    Raises
    ------
    BudgetError
        For what is no finite amount of at least 0.
    """
    if not 0 <= dollars < math.inf:
        raise BudgetError(f"{dollars} is no amount of dollars; nothing is spent")
    return math.ceil(round(dollars * MICRO, 3))  # a binary fraction just above an integer is that integer


class QuoteState(StrEnum):
    """How far a quote has come.

    "open" (nobody was asked yet), "declined", "consented", "running" (one job has it), "closed" (what was not
    spent is free again).
    """

    open = "open"
    declined = "declined"
    consented = "consented"
    running = "running"
    closed = "closed"


@dataclass(frozen=True)
class Work:
    """What would run on the device.

    Attributes
    ----------
    device : str
        "VENDOR:NAME", as the server's configuration has it.
    task : str
        Hash of the problem's data and of the circuit's settings: another problem is other work.
    jobs, circuits, shots : int
        Jobs on the device, circuits in all, shots for each circuit.
    """

    device: str
    task: str
    jobs: int
    circuits: int
    shots: int

    def __str__(self) -> str:
        circuits = f"{self.circuits:,} circuit{'s' if self.circuits != 1 else ''}"
        return f"{circuits} × {self.shots:,} shots on {self.device}"


@dataclass(frozen=True)
class Quote:
    """The most that some work may cost, for a short time and for one use.

    Attributes
    ----------
    id : str
        Its name.
    work : Work
        What it is for.
    most : int
        Millionths of a US dollar: what is charged at most.
    seconds : int or None
        Device time after which the device ends a job; None where the price does not depend on time.
    price : Price
        The device's price when the quote was made, with its source and date.
    made, expires : float
        Seconds since the epoch.
    state : QuoteState
        How far it has come.
    by : str
        Who consented: "person", "budget", or "" as long as nobody has.
    consented : float
        When, in seconds since the epoch; 0 as long as nobody has.
    job : str
        The job that has it, or "".
    """

    id: str
    work: Work
    most: int
    seconds: int | None
    price: Price
    made: float
    expires: float
    state: QuoteState = QuoteState.open
    by: str = ""
    consented: float = 0.0
    job: str = ""

    @property
    def dollars(self) -> float:
        """The most that is charged."""
        return self.most / MICRO

    @property
    def job_key(self) -> str:
        """The idempotency key of the job that it is given to: one quote is one job, however often it is
        submitted.
        """
        return f"{JOB_KEYS}{self.id}"

    def question(self) -> str:
        """What a person is asked, made of the quote alone: no words of a request or of a model are in it."""
        until = datetime.fromtimestamp(self.expires).astimezone().strftime("%H:%M:%S %Z").strip()
        time = "" if self.seconds is None else f" The device ends the job after {self.seconds:,} s."
        return (
            f"Spend at most ${self.dollars:,.4f} for {self.work}? Price: {self.price.note()}.{time} "
            f"Quote {self.id}, for this one run, valid until {until}."
        )


def most_of(client: DeviceClient, work: Work) -> tuple[int, int | None]:
    """The most that work may cost, in millionths of a dollar, and the device time of a job that this is for.

    Raises
    ------
    BudgetError
        Where no price is known, or where the device bills by time and cannot end a job by itself.
    """
    price, seconds = client.price, None
    if price.per_second:
        expected = client.seconds(work.circuits, work.shots)
        if expected is None or not hasattr(client, "most_seconds"):
            raise BudgetError(
                f"{work.device} bills by the second and cannot be told when to end: no price can be promised"
            )
        seconds = max(1, math.ceil(_SPARE * expected))
    dollars = price.cost(work.jobs, work.circuits * work.shots, float(work.jobs * (seconds or 0)))
    if not math.isfinite(dollars):
        raise BudgetError(f"{work.device}: no price is known ({price.source}); nothing can be quoted")
    return micros(dollars), seconds


def same_price(one: Price, other: Price) -> bool:
    """Whether two prices charge the same, wherever they stand and whenever they were read."""
    return (one.per_task, one.per_shot, one.per_second) == (other.per_task, other.per_shot, other.per_second)
