"""What must hold before money is spent; each check raises BudgetError with one line."""

from __future__ import annotations

from datetime import UTC, datetime

from qualms.backends.prices import Price
from qualms.errors import BudgetError
from qualms.service.settings import Spending
from qualms.service.spending.quote import MICRO, Quote, QuoteState, Work, same_price

SLACK = 60.0  # seconds that a clock may be set back before a quote counts as expired


def check_open(quote: Quote, now: float) -> None:
    if quote.state is not QuoteState.open:
        raise BudgetError(not_usable(quote))
    if not quote.made - SLACK <= now <= quote.expires:
        raise BudgetError(f"quote {quote.id} is expired; ask for a new one")


def check_same(quote: Quote, work: Work, price: Price) -> None:
    if quote.work != work:
        raise BudgetError(f"quote {quote.id} is for other work ({quote.work}); ask for one for this")
    if not same_price(quote.price, price):
        raise BudgetError(
            f"the price of {work.device} has changed since quote {quote.id} was made; ask for a new one"
        )


def check_budget(quote: Quote, budget: Spending, counted: int, now: float) -> None:
    if quote.work.device not in budget.devices:
        raise BudgetError(f"the budget is not for {quote.work.device}")
    if budget.dollars <= 0:
        raise BudgetError("the configuration has no budget")
    if budget.expires is not None and datetime.fromtimestamp(now, UTC) > budget.expires:
        raise BudgetError(f"the budget ended at {budget.expires.isoformat()}")
    whole = round(budget.dollars * MICRO)
    if counted + quote.most > whole:
        raise BudgetError(
            f"quote {quote.id} is for {money(quote.most)}, and {money(max(0, whole - counted))} are left of "
            f"the budget of {money(whole)}"
        )


def not_usable(quote: Quote) -> str:
    told = {
        QuoteState.open: "nobody has consented to it",
        QuoteState.declined: "it was declined",
        QuoteState.consented: "its work has not begun",
        QuoteState.running: "it is used by a job already",
        QuoteState.closed: "it was used already, or its job was cancelled",
    }
    return f"quote {quote.id} cannot be used: {told[quote.state]}"


def money(amount: int) -> str:
    return f"${amount / MICRO:,.4f}"
