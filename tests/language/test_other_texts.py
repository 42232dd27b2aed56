"""Texts that are no problem, or no problem that can be answered, are refused or asked about."""

from __future__ import annotations

import pytest

from qualms.language.read import read_text
from qualms.language.reading import Accepted, Question, Refusal
from tests.language.injections import ORDERS, text
from tests.language.other_texts import OTHER
from tests.language.stub import TEXT
from tests.language.texts import rows_of

EACH = [(kind, text) for kind, texts in OTHER.items() for text in texts]


def test_there_are_sixty_of_five_kinds() -> None:
    assert len({text for _, text in EACH}) == 60
    assert all(len(texts) == 12 for texts in OTHER.values())


@pytest.mark.parametrize(("kind", "said"), EACH, ids=[f"{k}: {t[-30:]}" for k, t in EACH])
def test_none_is_answered(kind: str, said: str) -> None:
    assert isinstance(read_text(said), Question | Refusal)


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_in_a_text_changes_nothing(order: str) -> None:
    """The grammar either reads the problem without the order, or asks."""
    honest, found = read_text(TEXT), read_text(text(order))
    assert isinstance(honest, Accepted)
    if isinstance(found, Accepted):
        assert rows_of(found.model) == rows_of(honest.model)
        assert found.model.objective.sense == honest.model.objective.sense
