"""`qualms skills`, `qualms spending`, and `qualms mcp` where it cannot begin."""

import json
import re

import pytest
import yaml

from qualms.backends.prices import Price
from qualms.cli import mcp, skills, spending
from qualms.errors import ConfigError, DataError, RunFolderError
from qualms.service.spending.ledger import FILE, SpendingLedger
from qualms.service.spending.quote import Work, micros
from tests.docs.commands import simple_commands, wrong
from tests.docs.markdown import ROOT, blocks


def test_the_skill_is_written_and_not_over_another(tmp_path, capsys):
    skills.command("add", tmp_path)
    written = tmp_path / "qualms" / "SKILL.md"
    text = written.read_text()
    assert text.startswith("---\nname: qualms\ndescription: ")
    skills.command("add", tmp_path)
    assert "there already, the same" in capsys.readouterr().out
    written.write_text("mine")
    with pytest.raises(RunFolderError, match="there already and differs; --force replaces it"):
        skills.command("add", tmp_path)
    assert written.read_text() == "mine"
    skills.command("add", tmp_path, force=True)
    assert written.read_text() == text
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunFolderError, match="cannot be made"):
        skills.command("add", tmp_path / "file")


SKILL = ROOT / "src/qualms/assets/skills/qualms/SKILL.md"


def test_the_skill_names_every_tool():
    from qualms.service.agents.server import _TOOLS

    text = SKILL.read_text(encoding="utf-8")
    missing = [tool.__name__ for tool, _, _ in _TOOLS if f"`{tool.__name__}`" not in text]
    assert not missing


def test_the_skill_has_the_published_format():
    """That of agentskills.io: what is beyond its limits, some agents do not load."""
    _, head, body = SKILL.read_text(encoding="utf-8").split("---\n", 2)
    told = yaml.safe_load(head)
    assert set(told) == {"name", "description"}
    assert told["name"] == SKILL.parent.name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", told["name"])
    assert 1 <= len(told["description"]) <= 1024
    assert len(body.splitlines()) < 500


def test_the_commands_of_the_skill_exist():
    found = [words for block in blocks(SKILL) for words in simple_commands(block.body)]
    assert len(found) == 3
    assert [wrong(words) for words in found] == [None] * 3


def ledger_with_a_charge(folder):
    with SpendingLedger(folder / FILE) as ledger:
        work, price = Work("braket:garnet", "hash", 1, 1, 100), Price(0.3, 0.01, source="a list")
        quote = ledger.quote(work, price, micros(1.3)).id
        ledger.consent(quote, "person")
        ledger.begin(quote, "job", work, price)
        return ledger.reserve(quote, "key", micros(1.3))


def test_the_ledger_is_shown_and_reconciled(tmp_path, capsys):
    with pytest.raises(DataError, match="there is no ledger"):
        spending.command(tmp_path)
    ledger_with_a_charge(tmp_path)
    spending.command(tmp_path)
    assert "$1.3000 are reserved" in " ".join(capsys.readouterr().out.split())
    spending.command(tmp_path, settle="key", dollars=1.25)
    capsys.readouterr()
    spending.command(tmp_path, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["total"]["spent"], told["total"]["unsettled"]) == (1_250_000, 0)
    assert told["charges"][0]["why"] == "entered by hand"


def test_reconciling_needs_its_reasons(tmp_path):
    ledger_with_a_charge(tmp_path)
    with pytest.raises(ConfigError, match="--settle and --dollars belong together"):
        spending.command(tmp_path, settle="key")
    with pytest.raises(ConfigError, match="--dollars"):
        spending.command(tmp_path, settle="key", dollars=-1.0)
    with pytest.raises(ConfigError, match="--release needs --why"):
        spending.command(tmp_path, release="key")
    with pytest.raises(ConfigError, match="no charge 'other'"):
        spending.command(tmp_path, release="other", why="looked it up")
    spending.command(tmp_path, release="key", why="looked it up at the provider")
    with SpendingLedger(tmp_path / FILE) as ledger:
        assert ledger.total().spent == 0


def test_a_quote_whose_job_is_gone_is_ended(tmp_path, capsys):
    quote = ledger_with_a_charge(tmp_path).quote
    spending.command(tmp_path, settle="key", dollars=0.5)
    assert f"Quote {quote}, for $1.3000 at most, is in use by job job" in " ".join(
        capsys.readouterr().out.split()
    )
    with SpendingLedger(tmp_path / FILE) as ledger:
        assert ledger.total().consented == 1_300_000
    spending.command(tmp_path, end=quote)
    with SpendingLedger(tmp_path / FILE) as ledger:
        assert ledger.total().consented == 500_000
        unused = ledger.quote(Work("braket:garnet", "hash", 1, 1, 100), Price(), 1).id
    with pytest.raises(ConfigError, match="no job has it"):
        spending.command(tmp_path, end=unused)


def test_tools_over_http_need_a_token(tmp_path, monkeypatch):
    monkeypatch.delenv("QUALMS_TOKEN", raising=False)
    with pytest.raises(ConfigError, match="--http needs a token"):
        mcp.command(tmp_path / "store", http=True)


def test_a_port_without_http_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="--port is for --http; add --http, or leave it out"):
        mcp.command(tmp_path / "store", port=8322)
    assert not (tmp_path / "store").exists()
