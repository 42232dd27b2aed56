"""The keeper goes on whatever fails, and says what it is."""

import logging

from qualms.service.index.index import Index
from qualms.service.index.keeper import Keeper
from tests.records.sample import make_record


def test_it_goes_on_after_any_error_and_logs_it_once(tmp_path, caplog):
    caplog.set_level(logging.ERROR, logger="qualms.service")
    (tmp_path / "records.jsonl").write_text(make_record().to_json() + "\n")
    number = [float("inf")]
    keeper = Keeper(Index(tmp_path), jobs=lambda: int(number[0]))
    for _ in range(2):
        keeper.look()
    assert keeper.ready
    assert keeper.trouble == "cannot convert float infinity to integer"
    assert [(entry.message, entry.exc_info[0]) for entry in caplog.records] == [
        (keeper.trouble, OverflowError)
    ]
    number[0] = 7
    keeper.look()
    assert (keeper.trouble, keeper.jobs) == ("", 7)


def test_an_integer_larger_than_any_float_is_a_broken_line(tmp_path):
    text = make_record().to_json().replace('"shots": 0', f'"shots": -1{"0" * 400}')
    (tmp_path / "records.jsonl").write_text(text + "\n")
    index = Index(tmp_path)
    keeper = Keeper(index)
    keeper.look()
    assert (keeper.trouble, index.broken()[0]) == ("", 1)
