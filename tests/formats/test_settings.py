"""Settings are declared once: the command line, the readers and the documentation agree."""

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pytest

from qualms.errors import ConfigError, DataError
from qualms.formats import SETTINGS, read_problem
from qualms.formats.settings import read_settings
from qualms.formats.write import written
from qualms.solve import Limits, solve

PAGE = Path(__file__).parents[2] / "docs" / "solving.md"
ORLIB = "3\n.01 .1\n.02 .2\n.03 .3\n1 1 1\n1 2 .1\n1 3 .2\n2 2 1\n2 3 .3\n3 3 1\n"


def test_the_page_has_the_table_that_the_declarations_make():
    rows = re.findall(
        r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    declared = [
        (s.name, s.of, f"{s.values}, {s.unit}" if s.unit else s.values, s.help) for s in SETTINGS.values()
    ]
    assert [row for row in rows if row[0] in SETTINGS] == declared


def test_fields_are_those_of_their_problems():
    for setting in SETTINGS.values():
        if setting.field_of is not None:
            assert setting.name in {f.name for f in dataclasses.fields(setting.field_of)}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_takes_what_it_says_and_nothing_else(setting):
    if setting.choices:
        assert [setting.read(choice) for choice in setting.choices] == list(setting.choices)
        wrong = ["", "perhaps", setting.choices[0] + "x"]
    elif setting.type is str:
        assert setting.read("Close") == "Close"
        wrong = []
    else:
        right = setting.least if math.isfinite(setting.least) else 1.5
        for value in (str(right), right, np.float64(right)):
            assert setting.read(value) == right
            assert type(setting.read(value)) is setting.type
        wrong = ["x", "nan", "inf", "", "1,5", True]
        wrong += ["1.5", 1.5] if setting.type is int else []
        wrong += [setting.least - 1] if math.isfinite(setting.least) else []
        wrong += [setting.most + 1] if math.isfinite(setting.most) else []
    for value in wrong:
        with pytest.raises(
            ConfigError, match=re.escape(f"{setting.name}={value!r} must be {setting.values}")
        ):
            setting.read(value)


def test_unknown_keys():
    with pytest.raises(ConfigError, match="unknown setting 'speed'; there are risk, most"):
        read_settings({"speed": 1})


def portfolio(folder: Path, held: str, **settings: object):
    (folder / "p.txt").write_text(ORLIB)
    (folder / "held.csv").write_text(held)
    return read_problem(folder / "p.txt", "portfolio", held=str(folder / "held.csv"), **settings)


def test_a_turnover_keeps_near_what_is_held(tmp_path):
    problem = portfolio(tmp_path, "asset,weight\nasset 3,0.6\nasset 1,.4\n", turnover=".2", risk=0)
    assert problem.held.tolist() == [0.4, 0, 0.6]
    result = solve(problem, Limits(3, rounds=1), ["convex"])
    assert result.feasible
    # all return lies in asset 3
    assert np.abs(result.best.solution - problem.held).sum() == pytest.approx(0.2, abs=1e-5)
    assert result.best.solution[2] == pytest.approx(0.7, abs=1e-5)
    again = portfolio(tmp_path, written(problem, problem.held), turnover=0.2)
    assert again.held.tolist() == problem.held.tolist()


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (
            "asset,weight\nasset 9,1\n",
            "held.csv:2: asset 'asset 9' is none of the portfolio's, such as 'asset 1'",
        ),
        ("asset,weight\nasset 1,.5\nasset 1,.5\n", "held.csv:3: asset 'asset 1' stands twice"),
        ("name,share\nasset 1,1\n", "held.csv:1: columns name, share, where asset and weight belong"),
        ("asset,weight\nasset 1,much\n", "held.csv:2: weight 'much' is not a number"),
    ],
)
def test_bad_holdings_name_the_line(tmp_path, held, reason):
    with pytest.raises(DataError, match=re.escape(reason)):
        portfolio(tmp_path, held, turnover=0.1)


def test_holdings_and_turnover_go_together(tmp_path):
    with pytest.raises(ConfigError, match="alone changes nothing; --set turnover"):
        portfolio(tmp_path, "asset,weight\nasset 1,1\n")
    with pytest.raises(ConfigError, match="a turnover needs the weights that are held now: --set held=FILE"):
        read_problem(tmp_path / "p.txt", "portfolio", turnover=0.1)
