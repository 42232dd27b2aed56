"""A person's consent before money is spent: asked through the client, never taken from a tool's arguments."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

from pydantic import BaseModel, Field

from qualms.errors import BudgetError, QualmsError, one_line
from qualms.service.agents.access import Access, access_of
from qualms.service.agents.problems import asked, read
from qualms.service.agents.protocol import (
    AcceptedElicitation,
    Context,
    DeclinedElicitation,
    Elicit,
    ToolError,
    run_sync,
)
from qualms.service.jobs.requests import checked
from qualms.service.spending.device_run import device_work
from qualms.service.spending.quote import Quote, QuoteState

QuoteId = Annotated[
    str | None,
    Field(
        max_length=64,
        description="A quote's id from `estimate_cost`, to run the problem's circuit on that device too. "
        "A person is asked before anything is spent; no argument can answer for them.",
    ),
]


class Consent(BaseModel):
    """What a person answers; it has no default, so that nobody consents by sending nothing."""

    spend: bool = Field(title="Spend the money", description="Yes: spend at most the amount above, once.")


async def consent_to(
    quote: str | None,
    text: str,
    table: str,
    specification: dict[str, Any] | None,
    seconds: float,
    gap: float,
    seed: int,
    solvers: list[str],
    key: str | None,
    ctx: Context,
) -> Elicit[Consent] | None:
    """Ask a person, unless there is no quote or it needs no further consent.

    Everything that can be wrong with the request or the quote is told before a person is asked: more than the
    limits, other work, another price, expired, used. The question is made of the quote alone.
    """
    if quote is None:
        return None
    if key is not None:
        raise ToolError("key: a quote is for one job, and is its idempotency key; leave `key` out")
    access = access_of(ctx)
    try:
        found = await run_sync(
            lambda: _checked(
                access, quote, asked(access, text, table, specification, seconds, gap, seed, solvers)
            )
        )
        if found is None:
            return None
    except QualmsError as error:
        raise ToolError(one_line(error)) from None
    if not _asks_people(ctx):
        raise ToolError(
            f"quote {quote} would spend up to ${found.dollars:,.4f}, and this client cannot ask a person "
            "(it does not offer elicitation in forms); nothing was spent. Use a client that can, or let the "
            "person who runs the server write a budget into its configuration."
        )
    return Elicit(found.question(), Consent)


def answered(quote: str | None, outcome: object, access: Access) -> None:
    """Write the person's answer into the ledger.

    Raises
    ------
    ToolError
        Unless somebody consented.
    """
    if quote is None or (isinstance(outcome, AcceptedElicitation) and outcome.data is None):
        return  # there is nothing to be asked, or the budget consents
    if isinstance(outcome, AcceptedElicitation) and outcome.data.spend:
        try:
            access.ledger.consent(quote, "person")
        except BudgetError:  # another client may have sent the same, and its person may have answered first
            if access.ledger.get(quote).state is not QuoteState.consented:
                raise
        return
    if isinstance(outcome, AcceptedElicitation | DeclinedElicitation):
        access.ledger.decline(quote)
        raise ToolError(f"the person declined quote {quote}; nothing was spent, and the quote is void")
    raise ToolError(
        f"the person did not answer; nothing was spent, and quote {quote} is open until it expires"
    )


def _checked(access: Access, quote: str, told: dict[str, Any]) -> Quote | None:
    """The quote, if a person is to be asked; None where the work may begin without that.

    Raises
    ------
    QualmsError
        Where it cannot be used for this problem now.
    """
    checked(told, "solve", access.settings)
    known, spending = access.ledger.get(quote), access.settings.spending
    problem = read(told, access)
    client, work = device_work(problem, known.work.device, known.work.shots, spending, access.clients)
    try:
        found = access.ledger.check_open(quote, work, client.price)
    except BudgetError:
        if known.work == work and access.ledger.get(quote).state is QuoteState.consented:
            return None  # the same call again, whose job has the quote and is not submitted twice
        raise
    if spending.dollars > 0:
        with suppress(BudgetError):  # where the budget does not suffice, a person may
            access.ledger.consent(quote, "budget", spending)
            return None
    return found


def _asks_people(ctx: Context) -> bool:
    """Whether the client can show a form to a person."""
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities is not None else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)
