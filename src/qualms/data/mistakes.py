"""Mistakes that pydantic found, in the words of this package: where, what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_MOST_TOLD = 3
_WORDS = {  # by pydantic's name of the mistake, with what it knows about it
    "missing": "it is missing; give it",
    "extra_forbidden": "there is no such field here; leave it out",
    "none_required": "must be null",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be an integer",
    "int_parsing": "must be an integer",
    "int_parsing_size": "must be an integer of fewer digits",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be greater than or equal to {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be less than or equal to {le}",
    "string_type": "must be a text",
    "string_unicode": "must be a text of valid Unicode",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must have the form {pattern}",
    "too_short": "must have at least {min_length} entries, and has {actual_length}",
    "too_long": "must have at most {max_length} entries, and has {actual_length}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object with fields",
    "model_type": "must be an object with fields",
    "model_attributes_type": "must be an object with fields",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "union_tag_invalid": "{discriminator} {tag!r} is unknown; give one of {expected_tags}",
    "union_tag_not_found": "{discriminator} is missing, which says what it is; give it",
    "json_invalid": "it is not JSON: {error}",
    "value_error": "{error}",
    "datetime_from_date_parsing": "must be a date with a time and a time zone",
}
_ONE = {" 1 entries": " 1 entry", " 1 characters": " 1 character"}


def mistakes(errors: Sequence[Mapping[str, Any]], whole: str) -> str:
    """The places and reasons of up to three mistakes, and how many more there are, in one line.

    Parameters
    ----------
    errors : sequence of Mapping
        As pydantic's ``ValidationError.errors()`` has them.
    whole : str
        What a mistake is called that has no place of its own.
    """
    told = [f"{place(error) or whole}: {words(error)}" for error in errors[:_MOST_TOLD]]
    more = len(errors) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


def place(error: Mapping[str, Any]) -> str:
    """Where it is, with dots."""
    return ".".join(str(part) for part in error["loc"])


def words(error: Mapping[str, Any]) -> str:
    """What is wrong, and what would not be."""
    known = _WORDS.get(error["type"])
    if known is None:  # of a kind that is not listed: pydantic's sentence says what must be
        return str(error["msg"]).replace("Input should", "must").replace("Value error, ", "")
    about = {
        key: f"{value:g}" if isinstance(value, float) else str(value)
        for key, value in error.get("ctx", {}).items()
    }
    if "discriminator" in about:
        about["discriminator"] = about["discriminator"].strip("'")
    told = known.format_map(about)
    for several, one in _ONE.items():
        told = told.replace(several, one)
    return told
