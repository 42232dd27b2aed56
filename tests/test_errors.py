"""Errors travel between processes whole, and their messages are one line."""

import pickle

import pytest

from qualms import errors

KINDS = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.QualmsError)
]


def made(kind):
    if kind is errors.MissingExtraError:
        return kind("ray", "ray", "running on a cluster")
    if kind in (errors.IncompleteError, errors.NotSavedError):
        return kind("folder: cannot be written", [1, 2])
    return kind("what, where, what to do")


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_the_same_in_another_process(kind):
    error = made(kind)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert "\n" not in str(error)
    assert getattr(again, "records", None) == getattr(error, "records", None)
