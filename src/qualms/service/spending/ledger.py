"""The ledger: quotes, consent and charges, in one SQLite file that survives kills and serves many processes.

A charge is written before a job is handed in and settled after it. Where a process ends in between, the
charge counts as spent until somebody reconciles it. Nothing here talks to a device.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from qualms.backends.prices import Price
from qualms.errors import BudgetError, ConfigError, RunFolderError
from qualms.service.jobs.database import Database
from qualms.service.settings import Spending
from qualms.service.spending.checks import SLACK, check_budget, check_open, check_same, money, not_usable
from qualms.service.spending.quote import Quote, QuoteState, Work

FILE = "spending.sqlite"
_MINUTES = 10  # for which an open quote can be consented to
_HOURS = 24  # within which consented work must begin

_VERSION = 1
_TABLES = """
CREATE TABLE quotes (
    id TEXT PRIMARY KEY, work TEXT NOT NULL, device TEXT NOT NULL, most INTEGER NOT NULL, seconds INTEGER,
    price TEXT NOT NULL, made REAL NOT NULL, expires REAL NOT NULL, state TEXT NOT NULL, "by" TEXT NOT NULL,
    consented REAL NOT NULL, job TEXT NOT NULL);
CREATE TABLE charges (
    key TEXT PRIMARY KEY, quote TEXT NOT NULL REFERENCES quotes(id), amount INTEGER NOT NULL,
    state TEXT NOT NULL, at REAL NOT NULL, why TEXT NOT NULL);
CREATE INDEX charges_of ON charges (quote);
"""


@dataclass(frozen=True)
class Charge:
    """Money for one submission to a device.

    Attributes
    ----------
    key : str
        Idempotency key of the submission: one key is billed once.
    quote : str
        Under which quote.
    amount : int
        Millionths of a US dollar: reserved, or what was charged once it is settled.
    state : str
        "reserved" (handed in, or about to be), "settled", or "released" (it was not handed in).
    at : float
        Of the last change, seconds since the epoch.
    why : str
        Why it was released or settled otherwise than by its job; else "".
    """

    key: str
    quote: str
    amount: int
    state: str
    at: float
    why: str


@dataclass(frozen=True)
class Total:
    """Sums over the whole ledger, in millionths of a US dollar.

    Attributes
    ----------
    consented : int
        To which people or the budget consented and which may still be spent or was.
    by_budget : int
        The part of it that the budget consented to.
    spent : int
        Charges that are settled or reserved.
    unsettled : int
        The part of it that is reserved only: counted as spent until it is settled or reconciled.
    """

    consented: int
    by_budget: int
    spent: int
    unsettled: int


class SpendingLedger(Database):
    """Quotes, consent and charges of a store. Any number of threads and processes may use it at a time.

    Parameters
    ----------
    path : Path
        The file, made where it is missing.
    clock : callable, optional
        Seconds since the epoch.

    Raises
    ------
    RunFolderError
        From every method, where the file cannot be read or written; nothing is spent then.
    """

    def __init__(self, path: str | Path, clock: Callable[[], float] = time.time) -> None:
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunFolderError(f"{path.parent}: cannot be used: {error.strerror}") from None
        super().__init__(path, _TABLES, _VERSION)
        self._clock = clock

    # Quotes -------------------------------------------------------------------------------------------------

    def quote(self, work: Work, price: Price, most: int, seconds: int | None = None) -> Quote:
        """Write down a quote; nobody has consented to it yet."""
        now = self._clock()
        made = Quote(
            f"q-{secrets.token_hex(8)}", work, most, seconds, price, made=now, expires=now + 60 * _MINUTES
        )
        with self.writing() as db:
            _insert(db, made)
        return made

    def get(self, quote: str) -> Quote:
        """A quote by its id. Raises ConfigError where there is none."""
        with self.reading() as db:
            return _quote(db, quote)

    def check_open(self, quote: str, work: Work, price: Price) -> Quote:
        """A quote that can be consented to now.

        Raises
        ------
        BudgetError
            Where it is for other work, was used or declined, is expired, or the device's price has changed.
        """
        found = self.get(quote)
        check_open(found, self._clock())
        check_same(found, work, price)
        return found

    def consent(self, quote: str, by: str, budget: Spending | None = None) -> Quote:
        """Note that a person, or the budget, consents to a quote. Once only.

        Parameters
        ----------
        quote : str
            Its id.
        by : str
            "person" or "budget".
        budget : Spending, optional
            That of the configuration, where it consents.

        Raises
        ------
        BudgetError
            Where the quote can no longer be consented to, or the budget does not suffice.
        """
        if by not in ("person", "budget") or (by == "budget") != (budget is not None):
            raise ValueError(f"consent by {by!r} with budget {budget!r}")
        with self.writing() as db:
            found, now = _quote(db, quote), self._clock()
            check_open(found, now)
            if budget is not None:
                check_budget(found, budget, _counted(db, now, "budget"), now)
            return _changed(db, found, state=QuoteState.consented, by=by, consented=now)

    def decline(self, quote: str) -> Quote:
        """Note that a person declines; the quote cannot be used any more."""
        with self.writing() as db:
            found = _quote(db, quote)
            if found.state is not QuoteState.open:
                raise BudgetError(f"quote {quote} is {found.state} already")
            return _changed(db, found, state=QuoteState.declined)

    def begin(self, quote: str, job: str, work: Work, price: Price) -> Quote:
        """Give a consented quote to a job; the same job may ask again after a kill, another never.

        Raises
        ------
        BudgetError
            Without consent, where it is too long ago, for another job or other work, or where the device's
            price has changed since.
        """
        with self.writing() as db:
            found = _quote(db, quote)
            if found.state is QuoteState.running and found.job == job:
                check_same(found, work, price)
                return found
            if found.state is not QuoteState.consented:
                raise BudgetError(not_usable(found))
            if not -SLACK <= self._clock() - found.consented <= 3600 * _HOURS:
                raise BudgetError(
                    f"the consent to quote {quote} is older than {_HOURS} h; ask for a new quote"
                )
            check_same(found, work, price)
            return _changed(db, found, state=QuoteState.running, job=job)

    def end(self, quote: str, why: str = "") -> Quote:
        """End a quote: nothing more can be charged to it, and what was not spent is free again.

        Parameters
        ----------
        quote : str
            Its id.
        why : str
            Why its job could not settle what is reserved, which is noted there. It stays reserved, because it
            may have been handed in.
        """
        with self.writing() as db:
            found = _quote(db, quote)
            if why:
                db.execute(
                    "UPDATE charges SET why = ? WHERE quote = ? AND state = 'reserved' AND why = ''",
                    (why, quote),
                )
            return found if found.state is QuoteState.closed else _changed(db, found, state=QuoteState.closed)

    # Charges ------------------------------------------------------------------------------------------------

    def reserve(self, quote: str, key: str, amount: int) -> Charge:
        """Reserve money before a submission. A key that has a charge keeps it: it is not billed twice.

        Raises
        ------
        BudgetError
            Where the quote is not running, or its rest is less than the amount.
        """
        with self.writing() as db:
            known = db.execute("SELECT * FROM charges WHERE key = ?", (key,)).fetchone()
            if known is not None and known["state"] != "released":
                if known["quote"] != quote:
                    raise BudgetError(f"submission {key} is charged to quote {known['quote']} already")
                return Charge(**dict(known))
            found = _quote(db, quote)
            if found.state is not QuoteState.running:
                raise BudgetError(not_usable(found))
            left = found.most - _charged(db, quote)
            if amount > left:
                raise BudgetError(
                    f"quote {quote}: a submission for {money(amount)} is more than the {money(left)} that "
                    f"are left of {money(found.most)}; nothing was handed in"
                )
            made = Charge(key, quote, amount, "reserved", self._clock(), "")
            db.execute(
                "INSERT OR REPLACE INTO charges VALUES (?, ?, ?, ?, ?, ?)", tuple(asdict(made).values())
            )
            return made

    def settle(self, key: str, amount: int | None = None, why: str = "") -> Charge:
        """Note what a submission cost; without an amount what was reserved, unless it was settled before.

        An amount is what a provider charged, and is noted as it is: beyond the reservation, and also in the
        place of what the job itself settled or released.
        """
        return self._ended(key, "settled", amount, why)

    def release(self, key: str, why: str) -> Charge:
        """Note that a submission never reached the device, so that its money is free again.

        Parameters
        ----------
        key : str
            Of the submission.
        why : str
            How this is known.
        """
        return self._ended(key, "released", None, why)

    def _ended(self, key: str, state: str, amount: int | None, why: str) -> Charge:
        with self.writing() as db:
            row = db.execute("SELECT * FROM charges WHERE key = ?", (key,)).fetchone()
            if row is None:
                raise ConfigError(f"{self.path}: there is no charge {key!r}")
            known = Charge(**dict(row))
            if known.state != "reserved" and amount is None:
                return known
            ended = replace(
                known,
                state=state,
                amount=known.amount if amount is None else amount,
                at=self._clock(),
                why=why,
            )
            db.execute(
                "UPDATE charges SET state = ?, amount = ?, at = ?, why = ? WHERE key = ?",
                (ended.state, ended.amount, ended.at, ended.why, key),
            )
            return ended

    # What there is ------------------------------------------------------------------------------------------

    def quotes(self) -> list[Quote]:
        """All quotes, the oldest first."""
        with self.reading() as db:
            return [_of(row) for row in db.execute("SELECT * FROM quotes ORDER BY made, id")]

    def charges(self, quote: str | None = None) -> list[Charge]:
        """All charges, or those of a quote, the oldest first."""
        with self.reading() as db:
            rows = db.execute(
                "SELECT * FROM charges WHERE ? IS NULL OR quote = ? ORDER BY at, key", (quote, quote)
            )
            return [Charge(**dict(row)) for row in rows]

    def total(self) -> Total:
        """Sums over the ledger as it is now."""
        with self.reading() as db:
            now = self._clock()
            spent = dict(db.execute("SELECT state, sum(amount) FROM charges GROUP BY state").fetchall())
            unsettled, settled = spent.get("reserved", 0), spent.get("settled", 0)
            by_budget = _counted(db, now, "budget")
            return Total(by_budget + _counted(db, now, "person"), by_budget, settled + unsettled, unsettled)


# Rows -------------------------------------------------------------------------------------------------------


def _insert(db: sqlite3.Connection, quote: Quote) -> None:
    db.execute(
        "INSERT INTO quotes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            quote.id, json.dumps(asdict(quote.work)), quote.work.device, quote.most, quote.seconds,
            json.dumps(asdict(quote.price)), quote.made, quote.expires, quote.state, quote.by,
            quote.consented, quote.job,
        ),
    )  # fmt: skip


def _of(row: sqlite3.Row) -> Quote:
    known: dict[str, Any] = {f.name: row[f.name] for f in fields(Quote)}
    known["work"], known["price"] = Work(**json.loads(row["work"])), Price(**json.loads(row["price"]))
    return Quote(**{**known, "state": QuoteState(row["state"])})


def _quote(db: sqlite3.Connection, quote: str) -> Quote:
    row = db.execute("SELECT * FROM quotes WHERE id = ?", (quote,)).fetchone()
    if row is None:
        raise ConfigError("there is no quote of that id; ask for one with the device and the problem")
    return _of(row)


def _changed(db: sqlite3.Connection, quote: Quote, **new: Any) -> Quote:
    for column, value in new.items():  # the names are ours, never a user's
        db.execute(f'UPDATE quotes SET "{column}" = ? WHERE id = ?', (value, quote.id))
    return _quote(db, quote.id)


def _charged(db: sqlite3.Connection, quote: str) -> int:
    sum_ = "SELECT coalesce(sum(amount), 0) FROM charges WHERE quote = ? AND state != 'released'"
    return int(db.execute(sum_, (quote,)).fetchone()[0])


def _counted(db: sqlite3.Connection, now: float, by: str) -> int:
    """What counts against those who consented: a quote whole while it can still be charged to, then its
    charges alone.
    """
    total = 0
    for row in db.execute('SELECT * FROM quotes WHERE "by" = ?', (by,)).fetchall():
        quote = _of(row)
        lapsed = quote.state is QuoteState.consented and now - quote.consented > 3600 * _HOURS
        charged = _charged(db, quote.id)
        over = lapsed or quote.state is QuoteState.closed
        total += charged if over else max(quote.most, charged)
    return total
