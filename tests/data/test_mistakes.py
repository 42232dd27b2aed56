"""Mistakes that pydantic found are told in the words of this package."""

from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core.core_schema import ErrorType

from qualms.data import mistakes as told
from qualms.service.jobs.requests import REQUESTS


def errors(request):
    with pytest.raises(ValidationError) as error:
        REQUESTS.validate_python(request)
    return error.value.errors()


def test_all_words_are_for_mistakes_that_there_are():
    assert set(get_args(ErrorType)) >= told._WORDS.keys()


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        ({"kind": "solve", "dollars": 1}, "solve.dollars: there is no such field here; leave it out"),
        ({"kind": "solve", "seconds": 0}, "solve.seconds: must be greater than 0"),
        ({"kind": "solve", "seed": "1"}, "solve.seed: must be an integer"),
        ({"kind": "solve", "decimal": ";"}, "solve.decimal: must be '.' or ','"),
        ({"kind": "learn", "upload": "0" * 32}, "learn.target: it is missing; give it"),
        ({"kind": "generate", "records": (), "prompt": "x"},
         "generate.records: must have at least 1 entry, and has 0"),
        ({"kind": "rob"},
         "the request: kind 'rob' is unknown; give one of 'solve', 'read', 'learn', 'compare', 'generate'"),
        ({}, "the request: kind is missing, which says what it is; give it"),
    ],
)  # fmt: skip
def test_what_and_where_and_what_to_do(request_, line):
    assert told.mistakes(errors(request_), "the request") == line


def test_three_are_told_and_the_others_counted():
    many = errors({"kind": "solve", **{f"f{k}": 1 for k in range(5)}})
    line = told.mistakes(many, "the request")
    assert line.count("there is no such field") == 3
    assert line.endswith("; and 2 more")


def test_what_is_not_listed_is_told_by_pydantic():
    with pytest.raises(ValidationError) as error:
        TypeAdapter(frozenset).validate_python(3)
    assert told.mistakes(error.value.errors(), "it") == "it: must be a valid frozenset"
