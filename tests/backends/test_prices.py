"""Prices: where they stand, when they were read, and that old ones say so."""

from datetime import date

import pytest

from qualms.backends.prices import PRICES, Price

TODAY = date(2026, 11, 27)
OLD = "; older than 90 days, check it before spending"


@pytest.mark.parametrize(
    ("price", "told"),
    [
        (Price(source="a list", dated="2026-11-01"), "a list, 2026-11-01"),
        (Price(source="a list", dated="2026-05-01"), f"a list, 2026-05-01{OLD}"),
        (PRICES["free"], "runs on this machine"),
    ],
)  # fmt: skip
def test_a_price_says_where_it_stands_and_how_old_that_is(price, told):
    assert price.note(TODAY) == told
