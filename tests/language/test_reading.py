"""Texts that are read, each with the model that a person would write down."""

from __future__ import annotations

import pytest

from qualms.language.read import read_text
from qualms.language.reading import Accepted
from tests.language.texts import ACCEPTED, Model, rows_of


@pytest.mark.parametrize("name", sorted(ACCEPTED))
def test_a_text_gives_the_model_that_it_states(name: str) -> None:
    case: Model = ACCEPTED[name]
    found = read_text(case.text)
    assert isinstance(found, Accepted), found
    assert found.model.objective.sense == case.sense
    goal, rows = rows_of(found.model)
    assert goal == case.goal
    assert rows == case.rows
