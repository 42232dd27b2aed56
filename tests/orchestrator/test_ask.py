"""All layers in a row."""

from dataclasses import replace

import numpy as np
import pytest

from qualms import quantum_optimize
from qualms.errors import ConfigError
from qualms.language.reading import Question
from qualms.orchestrator.ask import Answer, ask
from qualms.orchestrator.asking import asked
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.rows import answer_table
from qualms.problems import LABS
from qualms.solve.result import Arm
from qualms.specification.specification import parse
from tests.orchestrator.test_intake import TEXT
from tests.records.sample import SIMULATED

QUICK = Budget(seconds=4.0, cores=2)


@pytest.fixture(scope="module")
def answered():
    return ask(TEXT, budget=QUICK)


def test_from_a_sentence_to_a_checked_answer(answered):
    assert isinstance(answered, Answer)
    assert (answered.result.status, float(answered.result.objective)) == ("optimal", 1200.0)
    told = answered.to_dict()
    assert {"specification", "paraphrase", "check_points", "explanation", "arms", "gap"} <= set(told)
    assert (
        parse(str(answered.understood.specification.model_dump_json())) == answered.understood.specification
    )
    assert any("1,200 dollars" in sentence for sentence in answered.explanation.sentences())


def test_a_record_has_all_that_a_later_question_needs(answered):
    again = asked(answered.record(TEXT))
    assert again.specification == answered.understood.specification
    assert again.result.objective == answered.result.objective


def test_a_record_stands_in_the_quadrant_of_what_found_its_answer(answered):
    assert answered.result.winner != "qaoa"
    beside = replace(answered.result, arms=[*answered.result.arms, Arm("qaoa", SIMULATED, 0)])
    assert replace(answered, result=beside).record(TEXT).quadrant.compute == "classical"
    nobody = replace(beside, winner=None)
    assert replace(answered, result=nobody).record(TEXT).quadrant == SIMULATED


def test_nothing_is_solved_without_a_yes():
    seen = []

    def no(found):
        seen.append(found)
        return False

    assert ask(TEXT, budget=QUICK, confirm=no) is None
    assert len(seen) == 1


def test_a_question_comes_before_anything_is_asked_or_solved():
    found = ask("Make as much profit as you can from tables at $5.", confirm=lambda f: pytest.fail("asked"))
    assert isinstance(found, Question)


def test_contradictions_are_told_before_the_user_is_asked():
    with pytest.raises(ConfigError, match="from 'x' to itself"):
        ask('{"kind": "maxcut", "edges": [{"a": "x", "b": "x"}]}', confirm=lambda f: pytest.fail("asked"))


def test_the_one_line_call_takes_words_files_problems_and_specifications():
    for problem in ("labs:6", LABS(6), parse('{"kind": "labs", "length": 6}')):
        assert quantum_optimize(problem, QUICK).result.objective == 7
    with pytest.raises(ConfigError, match="no numbers"):
        quantum_optimize("please optimise everything")


def test_answers_go_back_into_the_users_table(tmp_path):
    table = tmp_path / "items.csv"
    table.write_text("item,value,weight\ntent,60,10\nstove,100,20\nrope,120,30\n")
    found = ask("Pack the knapsack, capacity 50", table, QUICK)
    best = found.result.best.solution
    written = answer_table(found.understood.specification, best, found.explanation.answer, table)
    assert written.splitlines() == [
        "item,value,weight,taken",
        "tent,60,10,no",
        "stove,100,20,yes",
        "rope,120,30,yes",
    ]
    table.write_text("item,value,weight,taken\ntent,60,10,?\nstove,100,20,?\nrope,120,30,?\n")
    assert answer_table(found.understood.specification, best, (), table).startswith(
        "item,value,weight,taken,answer taken\n"
    )


def test_every_row_kind_has_as_many_values_as_the_table_has_rows(tmp_path):
    cases = {
        "stops": ("name,x,y,demand\nd,0,0,0\na,3,4,2\nb,-3,4,3\nc,5,0,2\n", "Route 2 vans carrying 6"),
        "people": ("who,cook,sing\nann,3,5\nbob,2,9\n", "Assign people at the lowest cost"),
        "work": ("job,machine,minutes\nj1,saw,3\nj1,drill,2\nj2,drill,4\n", "Schedule the jobs"),
    }
    for name, (content, text) in cases.items():
        table = tmp_path / f"{name}.csv"
        table.write_text(content)
        found = ask(text, table, QUICK)
        assert found.result.feasible
        best = np.asarray(found.result.best.solution)
        written = answer_table(found.understood.specification, best, (), table).splitlines()
        assert len(written) == len(content.splitlines())
        assert len({line.count(",") for line in written}) == 1
