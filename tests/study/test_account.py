"""What is counted of a data set, on a real tokenizer."""

from __future__ import annotations

import pytest

from qualms.data.examples import Example
from qualms.language_models import load_tokenizer
from qualms.study.account import about_split
from qualms.study.encoding import Encoder, count_cut

SHORT, LONG = "a b", "word " * 200


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer("base")


def test_an_example_with_several_references_is_cut_once(tokenizer):
    examples = [Example(SHORT, (LONG, SHORT, LONG)), Example(SHORT, (SHORT, SHORT)), Example(LONG, (SHORT,))]
    encoder = Encoder(tokenizer, " =>", 32)
    items = encoder.training(examples, "generate")
    assert [i.cut for i in items] == [True, False, True, False, False, True]
    assert all(len(i.ids) <= 32 for i in items)
    assert count_cut(examples, items, "generate") == 2


def test_classes_without_an_example_are_named(tokenizer):
    examples = [Example(SHORT, ("a",)), Example(LONG, ("a",))]
    encoder = Encoder(tokenizer, " =>", 32, ["a", "b", "c"])
    found = about_split(
        "test", examples, 9, encoder.training(examples, "classify"), "classify", ["a", "b", "c"]
    )
    assert found == {"test": 2, "test_of": 9, "test_cut": 1, "test_lacks": ["b", "c"]}


def test_outputs_that_are_all_the_same_are_told(tokenizer):
    encoder = Encoder(tokenizer, " =>", 32)
    for outputs, same in ((("x", "x"), True), (("x", "y"), False)):
        examples = [Example(str(k), (output,)) for k, output in enumerate(outputs)]
        assert (
            about_split("test", examples, 2, encoder.training(examples, "generate"), "generate")[
                "test_constant"
            ]
            is same
        )
