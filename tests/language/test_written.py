"""Texts of many shapes are read as the models that they state; what is not read is asked about."""

from __future__ import annotations

import pytest

from qualms.language.read import read_text
from qualms.language.reading import Accepted, Question
from tests.language.stated import same
from tests.language.written import OPEN, STATED, TOO_HARD


@pytest.mark.parametrize(("text", "goal", "rows"), STATED, ids=[t[:40] for t, _, _ in STATED])
def test_a_text_is_read_as_what_it_states(text: str, goal: str, rows: tuple[str, ...]) -> None:
    found = read_text(text)
    assert isinstance(found, Accepted), found
    assert same(found.model, goal, rows), found.model


@pytest.mark.parametrize(("text", "goal", "rows"), TOO_HARD, ids=[t[:40] for t, _, _ in TOO_HARD])
def test_what_is_too_hard_is_never_read_wrongly(text: str, goal: str, rows: tuple[str, ...]) -> None:
    found = read_text(text)
    assert isinstance(found, Question) or same(found.model, goal, rows), found


@pytest.mark.parametrize("text", OPEN, ids=[t[-40:] for t in OPEN])
def test_what_is_left_open_is_asked(text: str) -> None:
    assert isinstance(read_text(text), Question)
