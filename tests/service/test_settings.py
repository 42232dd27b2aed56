"""Settings: what the person who runs the service may say, and that a token is kept secret."""

import pytest

from qualms.errors import ConfigError
from qualms.service.settings import read_settings

TOKEN = "0123456789abcdef-token"


def written(folder, text):
    (folder / "service.toml").write_text(text)
    return folder


def test_flags_go_before_the_file_and_the_file_before_defaults(tmp_path):
    written(tmp_path, "port = 1000\nnames = ['box.example']\n[limits]\nqueue = 5\nworkers = 3\n")
    found = read_settings(tmp_path, None, {"port": 2000, "limits.workers": 2, "host": None}, {})
    assert (found.port, found.host, found.limits.queue, found.limits.workers) == (2000, "127.0.0.1", 5, 2)
    assert "box.example" in found.known_names


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prot = 1", "prot: there is no such field here; leave it out"),
        ("port = 'x'", "port: "),
        ("limits = 3", r"limits must be a table"),
        ("[limits]\nworkers = -1", "limits.workers"),
        ("token = 'abcdefghijklmnopqrstuvwxyz'", "a token stands in QUALMS_TOKEN"),
        ("store = '/etc'", "--store"),
        ("x = ", "not TOML"),
        ("[spending]\ndollars = 5", "needs the time of its end"),
        ("[spending]\ndollars = 5\nexpires = 2030-01-01T00:00:00", "with a time zone"),
        ("[spending]\ndollars = 5\nexpires = 2030-01-01T00:00:00Z", "needs the devices"),
        ("[spending]\ndollars = nan", "finite|greater"),
        ("host = '0.0.0.0'", "needs a token"),
    ],
)
def test_settings_that_are_refused(tmp_path, text, told):
    with pytest.raises(ConfigError, match=told):
        read_settings(written(tmp_path, text), None, {}, {})


def test_a_mistake_is_told_by_the_option_that_made_it(tmp_path):
    with pytest.raises(ConfigError, match=r"^--port 99999: must be less than or equal to 65535$"):
        read_settings(tmp_path, None, {"port": 99999}, {})
    with pytest.raises(ConfigError, match=r"^--workers -1: must be greater than or equal to 0$"):
        read_settings(tmp_path, None, {"limits.workers": -1}, {})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "box.example", ""])
def test_an_address_that_others_reach_needs_a_token(tmp_path, host):
    with pytest.raises(ConfigError, match="needs a token"):
        read_settings(tmp_path, None, {"host": host}, {})
    assert read_settings(tmp_path, None, {"host": host}, {"QUALMS_TOKEN": TOKEN}).token is not None


def test_a_token_is_never_shown(tmp_path):
    (tmp_path / "token").write_text(TOKEN + "\n")
    found = read_settings(written(tmp_path, f"token_file = '{tmp_path}/token'"), None, {}, {})
    assert found.token.get_secret_value() == TOKEN
    assert TOKEN not in repr(found) + str(found) + found.model_dump_json()
    for bad in ("short", TOKEN + " x", "é" * 20):
        with pytest.raises(ConfigError) as error:
            read_settings(tmp_path / "other", None, {}, {"QUALMS_TOKEN": bad})
        assert bad not in str(error.value)
    with pytest.raises(ConfigError, match="give one of them"):
        read_settings(tmp_path, None, {}, {"QUALMS_TOKEN": TOKEN})
