"""A record of an answered question holds all that is needed to go on asking."""

import json
from dataclasses import replace

import pytest

from qualms.errors import DataError
from qualms.orchestrator.asking import asked, asking_record
from qualms.orchestrator.explain import explain
from qualms.records import Record, RunStore, read_records
from qualms.report import page
from qualms.solve import Limits, solve
from qualms.specification.conversion import of_problem
from qualms.specification.specification import to_problem
from tests.orchestrator.samples import infeasible, workshop
from tests.problems.small import KINDS, made
from tests.records.sample import make_solving


def record_of(specification, seconds=0.3, **options):
    limits = Limits(seconds)
    result = solve(to_problem(specification), limits)
    found = asking_record(specification, result, explain(specification, result, seconds), limits, **options)
    return Record.from_dict(json.loads(found.to_json())), result


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back(kind):
    specification = of_problem(made(kind))
    record, result = record_of(specification)
    again = asked(record)
    assert again.specification == specification
    assert again.result.objective == result.objective
    assert again.result.status == result.status
    assert [a.solver for a in again.result.arms] == [a.solver for a in result.arms]
    assert page.render([record]).count("<h1>") == 1


def test_through_a_store_and_onto_a_page(tmp_path):
    record, _ = record_of(workshop(), question="How many <i>tables</i>?", decision={"chosen": ["highs"]})
    with RunStore(tmp_path) as store:
        store.add(record)
    (read,) = read_records(tmp_path)
    assert read == record
    assert read.payload.decision == {"chosen": ["highs"]}
    assert read.payload.paraphrase[0].startswith("Choose tables, chairs so that profit is as large")
    text = page.render([read])
    assert "Profit is 4,100 dollars." in text
    assert "<i>tables" not in text


def test_without_an_answer():
    record, _ = record_of(infeasible())
    again = asked(record)
    assert again.result.status == "infeasible"
    assert not record.metrics
    assert page.render([record])


def test_what_does_not_fit_is_refused():
    record, _ = record_of(workshop())
    with pytest.raises(DataError, match="is of kind 'solving'"):
        asked(make_solving())
    other = json.loads(workshop(orders=3).model_dump_json())
    with pytest.raises(DataError, match="another problem than the one that was solved"):
        asked(replace(record, payload=replace(record.payload, specification=other)))
