"""Orders in a user's text change nothing, even where the model obeys them."""

import pytest

from qualms.errors import EndpointError
from qualms.language.endpoint import EndpointReader
from qualms.language.reading import Accepted, Question, Refusal
from tests.language.injections import ORDERS, text
from tests.language.stub import TEXT, envelope, says, serving, workshop
from tests.language.texts import rows_of


def outcome(reply, words):
    with serving(says(reply)) as stub:
        try:
            return EndpointReader(stub.url, "obedient", retries=1)(words)
        except EndpointError as error:
            return error


@pytest.fixture(scope="module")
def honest():
    found = outcome(envelope(workshop()), TEXT)
    assert isinstance(found, Accepted)
    return rows_of(found.model)


@pytest.mark.parametrize("order", ORDERS)
def test_an_obeyed_order_is_refused_or_asked_about(order, honest):
    found = outcome(ORDERS[order][1], text(order))
    if isinstance(found, Accepted):  # only where nothing of the problem is another
        assert rows_of(found.model) == honest
        assert found.model.objective.sense == "max"
        assert all(
            a.startswith(("The model assumed: ", "The model quoted ")) for a in found.model.assumptions
        )
    else:
        assert isinstance(found, EndpointError | Question | Refusal)


def test_there_are_forty_orders_and_nearly_none_of_them_is_accepted():
    assert len(ORDERS) >= 40
    accepted = [o for o in ORDERS if isinstance(outcome(ORDERS[o][1], text(o)), Accepted)]
    assert accepted == ["flattery", "false quotation"]
