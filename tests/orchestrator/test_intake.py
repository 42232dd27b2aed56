"""Layer 1: texts, files, tables and JSON become a typed specification, a question or a refusal."""

import pytest

from qualms.errors import ConfigError, DataError
from qualms.language.reading import Question, Refusal
from qualms.orchestrator.intake import Understood, intake

GRAPH = "3 3\n1 2 1\n2 3 1\n1 3 1\n"
TEXT = (
    "A workshop makes tables and chairs. A table earns $50 and needs 2 hours, a chair earns $30 and needs 1 "
    "hour. There are 40 hours. How many of each maximize the profit?"
)


def test_words_files_json_and_names_of_sequences_are_told_apart(tmp_path):
    (tmp_path / "g.mc").write_text(GRAPH)
    (tmp_path / "labs.json").write_text('{"kind": "labs", "length": 5}')
    for text, source, kind in (
        (TEXT, "grammar", "general"),
        (str(tmp_path / "g.mc"), "file", "maxcut"),
        (str(tmp_path / "labs.json"), "specification", "labs"),
        ('{"kind": "labs", "length": 5}', "specification", "labs"),
        ("labs:5", "file", "labs"),
    ):
        found = intake(text)
        assert isinstance(found, Understood)
        assert (found.source, found.specification.kind) == (source, kind)
        assert found.paraphrase


def test_the_paraphrase_is_made_from_the_model():
    found = intake(TEXT)
    told = " ".join(found.paraphrase)
    assert "50 × tables + 30 × chairs" in told
    assert any("950 dollars" in point for point in found.check_points)


def test_questions_and_refusals_pass_through():
    assert isinstance(intake("A table earns $5, a chair earns $4. Maximize the profit."), Question)
    assert isinstance(intake("hello there"), Refusal)
    assert isinstance(intake(""), Refusal)


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("none.csv", DataError, "there is no such file"),
        ("folder/none", DataError, "there is no such file"),
        ('{"kind": "labs"}', ConfigError, "labs.length"),
        ("labs:1", ConfigError, "2 to 10,000"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line(text, error, told):
    with pytest.raises(error, match=told):
        intake(text)


def test_a_reader_of_the_users_choice_reads_words_only(tmp_path):
    asked = []

    def reader(text):
        asked.append(text)
        return Refusal("no")

    assert intake("labs:5", reader=reader).source == "file"
    assert intake(TEXT, reader=reader) == Refusal("no")
    assert asked == [TEXT]
