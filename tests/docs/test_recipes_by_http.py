"""The documentation of the HTTP API lists what a recipe may ask for."""

import re
from pathlib import Path

from qualms.service.jobs.recipes import FIELDS, OPTIMIZER, OPTIONS, SEARCH

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def listed(head):
    """The names of the list's item that begins so."""
    item = TEXT[TEXT.index(f"- **{head}**: ") :]
    return re.findall(r"`(\w+)`", item[len(f"- **{head}**: ") : item.index(".\n")])


def test_everything_that_is_allowed_is_listed_and_nothing_else():
    assert set(listed("Fields of the recipe")) == FIELDS
    assert set(listed("Fields of `search`")) == SEARCH
    ours, theirs = listed("Options of the quantum sublayer"), listed("Options of PEFT's methods")
    assert {*ours, *theirs} == OPTIONS
    assert set(listed("`optim_options`, for methods that are trained `@superpositional`")) == OPTIMIZER
