"""The ledger of money: consent once, for one job, in time; never more spent than was consented to."""

import os
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from qualms.backends.prices import Price
from qualms.errors import BudgetError, ConfigError, RunFolderError
from qualms.service.settings import Spending
from qualms.service.spending.ledger import SpendingLedger
from qualms.service.spending.quote import QuoteState, Work, micros

PRICE = Price(per_task=0.3, per_shot=0.01, source="a list", dated="2026-01-01")
WORK = Work("braket:garnet", "a hash", jobs=1, circuits=1, shots=100)
START = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
BUDGET = Spending(dollars=3.0, devices=("braket:garnet",), expires=datetime(2026, 6, 2, tzinfo=UTC))


MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None  # what is durable waits for the disk


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(tmp_path, clock):
    with SpendingLedger(tmp_path / "spending.sqlite", clock) as made:
        yield made


def quoted(ledger, dollars=1.3):
    return ledger.quote(WORK, PRICE, micros(dollars)).id


def test_a_run_under_a_quote(ledger):
    quote = quoted(ledger)
    ledger.consent(quote, "person")
    assert ledger.begin(quote, "job", WORK, PRICE).state is QuoteState.running
    assert ledger.reserve(quote, "key", micros(1.3)).state == "reserved"
    assert ledger.total().unsettled == micros(1.3)
    ledger.settle("key")
    ledger.end(quote)
    assert (ledger.total().spent, ledger.total().unsettled) == (1_300_000, 0)


def test_nothing_is_reserved_without_consent(ledger):
    quote = quoted(ledger)
    with pytest.raises(BudgetError, match="nobody has consented to it"):
        ledger.begin(quote, "job", WORK, PRICE)
    with pytest.raises(BudgetError, match="nobody has consented"):
        ledger.reserve(quote, "key", 1)
    ledger.consent(quote, "person")
    with pytest.raises(BudgetError, match="not begun"):
        ledger.reserve(quote, "key", 1)
    assert not ledger.charges()


def test_a_declined_quote_is_over(ledger):
    quote = quoted(ledger)
    ledger.decline(quote)
    with pytest.raises(BudgetError, match="it was declined"):
        ledger.consent(quote, "person")


def test_consent_is_for_one_job(ledger):
    quote = quoted(ledger)
    ledger.consent(quote, "person")
    with pytest.raises(BudgetError, match="cannot be used"):
        ledger.consent(quote, "person")
    ledger.begin(quote, "one", WORK, PRICE)
    assert ledger.begin(quote, "one", WORK, PRICE).job == "one"  # after a kill
    with pytest.raises(BudgetError, match="used by a job already"):
        ledger.begin(quote, "two", WORK, PRICE)
    ledger.end(quote)
    with pytest.raises(BudgetError, match="used already"):
        ledger.begin(quote, "one", WORK, PRICE)


def test_an_expired_quote_and_a_clock_that_is_set_back(ledger, clock):
    late, early = quoted(ledger), quoted(ledger)
    clock.now += 601
    with pytest.raises(BudgetError, match="is expired; ask for a new one"):
        ledger.consent(late, "person")
    clock.now = START - 3600
    with pytest.raises(BudgetError, match="is expired"):
        ledger.consent(early, "person")


def test_consent_does_not_hold_for_ever(ledger, clock):
    quote = quoted(ledger)
    ledger.consent(quote, "person")
    assert ledger.total().consented == micros(1.3)
    clock.now += 25 * 3600
    with pytest.raises(BudgetError, match="older than 24 h"):
        ledger.begin(quote, "job", WORK, PRICE)
    assert ledger.total().consented == 0  # nothing can be charged to it any more


def test_another_price_or_other_work_needs_a_new_quote(ledger):
    quote = quoted(ledger)
    dearer = Price(per_task=0.3, per_shot=0.02, source="a list", dated="2026-01-01")
    with pytest.raises(BudgetError, match="the price of braket:garnet has changed"):
        ledger.check_open(quote, WORK, dearer)
    with pytest.raises(BudgetError, match="for other work"):
        ledger.check_open(quote, Work("braket:garnet", "another hash", 1, 1, 100), PRICE)
    ledger.consent(quote, "person")
    with pytest.raises(BudgetError, match="has changed"):
        ledger.begin(quote, "job", WORK, dearer)
    same = Price(per_task=0.3, per_shot=0.01, source="read again", dated="2026-05-01")
    ledger.begin(quote, "job", WORK, same)


def test_a_submission_beyond_the_quote_is_refused(ledger):
    quote = quoted(ledger)
    ledger.consent(quote, "person")
    ledger.begin(quote, "job", WORK, PRICE)
    ledger.reserve(quote, "one", micros(1.0))
    with pytest.raises(BudgetError, match=r"\$0.5000 is more than the \$0.3000 that are left of \$1.3000"):
        ledger.reserve(quote, "two", micros(0.5))
    assert ledger.reserve(quote, "one", micros(99.0)).amount == micros(1.0)  # the same key keeps its charge
    ledger.release("one", "the service refused it")
    ledger.reserve(quote, "two", micros(1.3))


def test_a_key_belongs_to_one_quote(ledger):
    first, second = quoted(ledger), quoted(ledger)
    for quote in (first, second):
        ledger.consent(quote, "person")
        ledger.begin(quote, f"job of {quote}", WORK, PRICE)
    ledger.reserve(first, "key", 1)
    with pytest.raises(BudgetError, match=f"charged to quote {first} already"):
        ledger.reserve(second, "key", 1)


def test_the_budget_of_the_configuration(ledger, clock):
    first = quoted(ledger, 2.0)
    ledger.consent(first, "budget", BUDGET)
    with pytest.raises(BudgetError, match=r"\$1.0000 are left of the budget of \$3.0000"):
        ledger.consent(quoted(ledger, 1.5), "budget", BUDGET)
    ledger.begin(first, "job", WORK, PRICE)
    ledger.reserve(first, "key", micros(0.5))
    ledger.end(first)  # what was not charged is free again, what was reserved is not
    ledger.consent(quoted(ledger, 2.5), "budget", BUDGET)
    assert ledger.total().by_budget == micros(3.0)
    for budget, told in (
        (Spending(), "the budget is not for braket:garnet"),
        (BUDGET.model_copy(update={"devices": ("ibm:ibm_fez",)}), "the budget is not for braket:garnet"),
        (BUDGET.model_copy(update={"dollars": 0.0}), "the configuration has no budget"),
    ):
        with pytest.raises(BudgetError, match=told):
            ledger.consent(quoted(ledger, 0.01), "budget", budget)
    clock.now += 2 * 86400
    with pytest.raises(BudgetError, match="the budget ended at 2026-06-02"):
        ledger.consent(quoted(ledger, 0.01), "budget", BUDGET)


def test_a_budget_is_no_micro_dollar_less_than_it_says(ledger):
    """2.01 is no binary fraction, and a millionth of it is just below an integer."""
    ledger.consent(quoted(ledger, 2.01), "budget", BUDGET.model_copy(update={"dollars": 2.01}))
    assert ledger.total().by_budget == 2_010_000


def test_a_person_may_consent_beyond_the_budget(ledger):
    ledger.consent(quoted(ledger, 3.0), "budget", BUDGET)
    ledger.consent(quoted(ledger, 50.0), "person")
    assert ledger.total().consented == micros(53.0)


def test_the_ledger_is_read_again_by_another_process(ledger):
    quote = quoted(ledger)
    ledger.consent(quote, "person")
    ledger.begin(quote, "job", WORK, PRICE)
    ledger.reserve(quote, "key", 5)
    with SpendingLedger(ledger.path) as again:
        assert again.get(quote) == ledger.get(quote)
        assert again.charges(quote) == ledger.charges()
        assert again.total().unsettled == 5  # handed in or not: it counts until somebody says otherwise


def test_amounts_are_never_counted_as_less():
    assert micros(0.1 + 0.2) == 300_000
    assert micros(0.0000001) == 1
    for bad in (-1.0, float("inf"), float("nan")):
        with pytest.raises(BudgetError, match="no amount of dollars"):
            micros(bad)


def test_the_question_is_made_of_the_quote_alone(ledger):
    quote = ledger.get(quoted(ledger))
    told = quote.question()
    assert "at most $1.3000 for 1 circuit × 100 shots on braket:garnet?" in told
    assert "a list, 2026-01-01; older than 90 days" in told
    assert quote.id in told


def test_unknown_names_and_foreign_files(ledger, tmp_path):
    with pytest.raises(ConfigError, match="no quote of that id"):
        ledger.get("q-0")
    with pytest.raises(ConfigError, match="no charge 'k'"):
        ledger.settle("k")
    (tmp_path / "other.sqlite").write_text("hello, I am no database at all, and long enough to be read " * 20)
    with pytest.raises(RunFolderError, match=r"other\.sqlite: cannot be read"):
        SpendingLedger(tmp_path / "other.sqlite")
    with sqlite3.connect(tmp_path / "newer.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(RunFolderError, match="version 99"):
        SpendingLedger(tmp_path / "newer.sqlite")


class Money(RuleBasedStateMachine):
    """Quotes, consent, jobs, kills and failures in any order, beside an account kept by hand."""

    quotes = Bundle("quotes")
    keys = Bundle("keys")

    @initialize(budget=st.integers(0, 400))
    def make(self, budget):
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self.clock = Clock()
        self.path = Path(self.folder.name) / "spending.sqlite"
        self.ledger = SpendingLedger(self.path, self.clock)
        self.budget = BUDGET.model_copy(update={"dollars": budget / 1e6})
        self.most = {}  # of every quote that somebody consented to
        self.by_budget = set()
        self.handed_in = {}  # {key: (quote, amount)}: what a device was really given

    def teardown(self):
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.folder.cleanup()

    def tried(self, call, *given):
        try:
            return call(*given)
        except BudgetError:
            return None

    @rule(target=quotes, most=st.integers(0, 200))
    def quoted(self, most):
        return self.quote(most)

    def quote(self, most):
        return self.ledger.quote(WORK, PRICE, most).id

    @rule(target=quotes, most=st.integers(50, 200), by=st.sampled_from(["person", "budget"]))
    def start(self, most, by):
        """The usual way, so that most of what follows finds a quote that is running."""
        quote = self.quote(most)
        self.consent(quote, by)
        self.begin(quote, f"job of {quote}")
        return quote

    @rule(quote=quotes, by=st.sampled_from(["person", "budget"]))
    def consent(self, quote, by):
        budget = self.budget if by == "budget" else None
        if self.tried(self.ledger.consent, quote, by, budget) is not None:
            assert quote not in self.most  # once only
            self.most[quote] = self.ledger.get(quote).most
            if by == "budget":
                self.by_budget.add(quote)

    @rule(quote=quotes)
    def decline(self, quote):
        self.tried(self.ledger.decline, quote)

    @rule(quote=quotes, job=st.sampled_from(["a", "b"]))
    def begin(self, quote, job):
        self.tried(self.ledger.begin, quote, job, WORK, PRICE)

    @rule(target=keys, quote=quotes, key=st.integers(0, 9).map("key {}".format), amount=st.integers(40, 150))
    def submit(self, quote, key, amount):
        """Reserve, then hand in: a device bills a key once, however often it is handed in."""
        if self.tried(self.ledger.reserve, quote, key, amount) is not None:
            self.handed_in.setdefault(key, (quote, amount))
        return key

    @rule(key=keys, share=st.floats(0, 1))
    def settle(self, key, share):
        if key in self.handed_in:
            charge = self._charge(key)
            if charge.state == "reserved":
                self.handed_in[key] = (charge.quote, int(share * charge.amount))  # what its bill says
            self.ledger.settle(key, int(share * charge.amount))

    @rule(key=keys)
    def refuse(self, key):
        """The device refused it for certain, before it took it."""
        if key in self.handed_in and self._charge(key).state == "reserved":
            del self.handed_in[key]
            self.ledger.release(key, "refused")

    @rule(quote=quotes)
    def end(self, quote):
        if self.ledger.get(quote).state is QuoteState.running:
            self.ledger.end(quote)

    @rule()
    def kill(self):
        self.ledger.close()
        self.ledger = SpendingLedger(self.path, self.clock)

    @rule(seconds=st.sampled_from([1, 700, 90_000, -4000]))
    def wait(self, seconds):
        self.clock.now += seconds

    def _charge(self, key):
        return next(c for c in self.ledger.charges() if c.key == key)

    @invariant()
    def never_more_than_consented(self):
        if not hasattr(self, "ledger"):
            return
        spent = {}
        for quote, amount in self.handed_in.values():
            spent[quote] = spent.get(quote, 0) + amount
        assert all(amount <= self.most.get(quote, 0) for quote, amount in spent.items())
        under = sum(amount for quote, amount in spent.items() if quote in self.by_budget)
        assert under <= round(self.budget.dollars * 1e6)
        total = self.ledger.total()
        assert total.spent <= sum(self.most.values())
        assert total.by_budget <= round(self.budget.dollars * 1e6)


TestMoney = Money.TestCase
TestMoney.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_a_bill_counts_in_the_place_of_what_the_job_noted(ledger):
    """A device that bills by time is settled at its limit; the bill comes later."""
    quote = quoted(ledger)
    ledger.consent(quote, "person")
    ledger.begin(quote, "job", WORK, PRICE)
    ledger.reserve(quote, "key", micros(1.3))
    ledger.settle("key")
    ledger.end(quote)
    ledger.settle("key", micros(0.41), "the bill")
    ledger.settle("key")
    total = ledger.total()
    assert (total.spent, total.consented, total.unsettled) == (410_000, 410_000, 0)
