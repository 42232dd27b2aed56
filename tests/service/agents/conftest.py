import pytest

from tests.service.agents.desk import Desk


@pytest.fixture
def desk(tmp_path, monkeypatch):
    made = Desk(tmp_path / "store", monkeypatch)
    yield made
    made.access.ledger.close()
    made.access.queue.close()
