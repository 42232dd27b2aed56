"""What tests of studies share."""

import sys
from pathlib import Path

import pytest

from qualms.execution import InlineExecutor

# Of the examples that ship, as few as a study needs: to make all and to encode them takes seconds.
TRAILS = Path(__file__).with_name("trails.jsonl")


@pytest.fixture
def here(monkeypatch):
    """Studies run in this process, as under a launcher: workers take seconds to start, and other tests have
    them.
    """
    monkeypatch.setattr(sys.modules["qualms.study.compare"], "_executor", lambda recipe: InlineExecutor())
