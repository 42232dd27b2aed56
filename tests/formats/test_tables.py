"""Tables as people, pandas and data vendors write them."""

from __future__ import annotations

import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualms.errors import ConfigError, DataError
from qualms.formats.dates import moment
from qualms.problems import Portfolio
from qualms.solve import read_problem

ROWS = ((100, 100), (110, 99), (120, 98), (133, 97), (145, 96))
DAYS = [f"2024-01-0{k}" for k in range(1, 6)]
MEAN = [float(np.mean([b[c] / a[c] - 1 for a, b in pairwise(ROWS)])) for c in range(2)]


def read(folder: Path, text: str, name: str = "p.csv", **given: object) -> Portfolio:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    problem = read_problem(path, **given)
    assert isinstance(problem, Portfolio)
    return problem


def prices(days: list[str] = DAYS, header: str = "Date,AAA,BBB", mark: str = ",") -> str:
    return header + "\n" + "".join(f"{d}{mark}{a}{mark}{b}\n" for d, (a, b) in zip(days, ROWS, strict=True))


def is_right(problem: Portfolio) -> None:
    assert problem.names == ("AAA", "BBB")
    assert problem.mean.tolist() == pytest.approx(MEAN)


@pytest.mark.parametrize(
    "text",
    [
        prices(),
        prices(header=",AAA,BBB"),
        prices(header="Unnamed: 0,AAA,BBB"),
        prices(header="timestamp,AAA,BBB"),
        prices(header="Handelstag,AAA,BBB"),
        "\ufeff" + prices(),
        prices().replace("\n", ",\n"),
        prices(mark=";", header="Date;AAA;BBB"),
        "sep=;\n" + prices(mark=";", header="Date;AAA;BBB"),
        prices(mark="\t", header="Date\tAAA\tBBB"),
        "# made by hand\n" + prices() + "\n\n",
        ",Date,AAA,BBB\n"
        + "".join(f"{k},{d},{a},{b}\n" for k, (d, (a, b)) in enumerate(zip(DAYS, ROWS, strict=True))),
        "Price,Close,Close\nTicker,AAA,BBB\nDate,,\n" + prices().split("\n", 1)[1],
        "Dates,AAA,BBB\n,PX_LAST,PX_LAST\n" + prices().split("\n", 1)[1],
        ",AAA,BBB\n,Close,Close\nDate,,\n" + prices().split("\n", 1)[1],
        prices([f"{d} 00:00:00-05:00" for d in DAYS]),
        prices([d.replace("-", "/") for d in DAYS]),
        prices([d.replace("-", "") for d in DAYS]),
        prices([f"{k:02}.01.2024" for k in range(1, 6)]),
        prices([f"1/{k}/2024" for k in range(13, 18)]),
        prices([f"{k}-Jan-24" for k in range(1, 6)]),
        prices([f"2024Q{k}" for k in (1, 2, 3, 4)] + ["2025Q1"]),
        prices(["1", "2", "3", "4", "10"]),
    ],
)
def test_ordinary_exports(tmp_path, text):
    is_right(read(tmp_path, text))


def test_tabs_by_suffix_and_pandas_itself(tmp_path):
    is_right(read(tmp_path, prices(mark="\t", header="Date\tAAA\tBBB"), "p.tsv"))
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(list(ROWS), index=pandas.to_datetime(DAYS), columns=["AAA", "BBB"])
    frame.to_csv(tmp_path / "f.csv")
    is_right(read_problem(tmp_path / "f.csv"))
    both = pandas.concat({"Close": frame, "Volume": frame * 7}, axis=1)
    both.to_csv(tmp_path / "b.csv", index_label="Date")
    problem = read_problem(tmp_path / "b.csv")
    is_right(problem)
    assert any("field 'Close', of Close, Volume" in n for n in problem.notes)
    frame.reset_index(names="Date").to_csv(tmp_path / "r.csv")
    is_right(read_problem(tmp_path / "r.csv"))


def test_newest_first_is_sorted_and_told(tmp_path):
    lines = prices().splitlines()
    for body, how in ((lines[:0:-1], "newest first"), ([*lines[3:], *lines[1:3]], "in no order")):
        problem = read(tmp_path, "\n".join([lines[0], *body]) + "\n")
        is_right(problem)
        assert any(n == f"the dates stood {how}; the rows were sorted, oldest first" for n in problem.notes)
    with pytest.raises(
        DataError, match=r"p\.csv:7: the date '2024-01-05' occurs twice, for the first time in line 6"
    ):
        read(tmp_path, prices() + "2024-01-05,145,96\n")


def test_days_and_months_that_could_be_either(tmp_path):
    # in order only with the month first
    told = read(tmp_path, prices(["01/02/2024", "01/03/2024", "01/04/2024", "01/05/2024", "02/01/2024"]))
    is_right(told)
    assert any(n.startswith("dates were read month-first") for n in told.notes)
    both = prices(["01/02/2024", "02/03/2024", "03/04/2024", "04/05/2024", "05/06/2024"])
    with pytest.raises(
        DataError,
        match=r":2: the date '01/02/2024' has two readings: --set dates=day-first or --set dates=month-first",
    ):
        read(tmp_path, both)
    is_right(read(tmp_path, both, dates="month-first"))
    with pytest.raises(DataError, match=r":4: 'someday' is not a date that can be read"):
        read(tmp_path, prices([*DAYS[:2], "someday", *DAYS[3:]]))


def test_numbers_of_every_country(tmp_path):
    big = 'Date,AAA,BBB\n2024-01-01,"1,100",100\n2024-01-02,"1,110",99\n2024-01-03,"1,120",98\n'
    with pytest.raises(
        DataError, match=r":2: '1,100' is 1100 or 1\.100: --set decimal=\. .* --set decimal=, "
    ):
        read(tmp_path, big)
    assert read(tmp_path, big, decimal=".").mean[0] == pytest.approx((1110 / 1100 + 1120 / 1110) / 2 - 1)
    mixed = read(tmp_path, big.replace('"1,120"', '"1,120.5"').replace('"1,100"', "900"))
    assert mixed.mean[0] == pytest.approx((1110 / 900 + 1120.5 / 1110) / 2 - 1)
    assert any("decimal mark was taken to be '.'" in n for n in mixed.notes)
    comma = read(
        tmp_path, "Datum;A;B\n2024-01-01;1,5;1.100,0\n2024-01-02;1,8;1.210,0\n2024-01-03;1,8;1.331,0\n"
    )
    assert comma.mean.tolist() == pytest.approx([0.1, 0.1])
    with pytest.raises(DataError, match=r"'1,5' has a decimal comma, but '1,234\.5' in line 2"):
        read(tmp_path, 'date,A,B\n2024-01-01,"1,234.5","1,5"\n2024-01-02,1,1\n2024-01-03,1,1\n')
    with pytest.raises(DataError, match=r":3: price or return '\$12' is not a number"):
        read(tmp_path, "date,A\n2024-01-01,1\n2024-01-02,$12\n2024-01-03,3\n")


def test_percentages_are_returns(tmp_path):
    problem = read(tmp_path, "date,A,B\n2024-01,1.2%,-0.5%\n2024-02,0.3%,0.9%\n2024-03,-1%,0.1%\n")
    assert problem.mean.tolist() == pytest.approx([0.005 / 3, 0.005 / 3])
    assert any(
        "read as returns, because some are in percent; --set values=prices" in n for n in problem.notes
    )
    with pytest.raises(DataError, match="values=prices, but a number is in percent"):
        read(tmp_path, "date,A,B\n2024-01,1.2%,-0.5%\n2024-02,0.3%,0.9%\n2024-03,-1%,0.1%\n", values="prices")


def test_prices_or_returns_is_told_and_can_be_chosen(tmp_path):
    text = "date,A,B\n1,.01,.02\n2,.02,.01\n3,.03,.03\n"
    assert any(
        "read as prices, because all are above zero; --set values=returns" in n
        for n in read(tmp_path, text).notes
    )
    chosen = read(tmp_path, text, values="returns")
    assert chosen.mean.tolist() == pytest.approx([0.02, 0.02])
    assert chosen.notes == ()


def test_numbers_that_are_neither_prices_nor_returns(tmp_path):
    with pytest.raises(DataError, match=r":1: column 'B' is in percent and column 'A' is not"):
        read(tmp_path, "date,A,B\n1,100,1%\n2,101,2%\n3,102,1%\n")
    zero = "date,A,B\n1,100,20\n2,0,21\n3,102,22\n"
    with pytest.raises(DataError, match=r":3: A is 0, and prices are above zero.* --set values=percent"):
        read(tmp_path, zero)
    points = "date,A,B\n1,1.5,-2\n2,-1.5,1\n3,3,4\n"
    assert read(tmp_path, points, values="percent").mean.tolist() == pytest.approx([0.01, 0.01])
    with pytest.raises(DataError, match=r":3: the price of A is more than 1e\+06 times the one before"):
        read(tmp_path, "date,A\n1,1e-300\n2,1e300\n3,1\n")
    with pytest.raises(DataError, match=r":3: a return of B is beyond 1e\+06; are these prices"):
        read(tmp_path, "date,A,B\n1,1,2\n2,1,2000000\n3,1,3\n", values="returns")


def test_a_table_without_a_header(tmp_path):
    with pytest.raises(DataError, match=r":1: the first line begins with the date '2024-01-01'; the names"):
        read(tmp_path, "2024-01-01,100.5,50.2\n2024-01-02,101,50\n2024-01-03,102,51\n")
    numbered = read(
        tmp_path, "date,600519,000001\n2024-01-01,100.5,50.2\n2024-01-02,101,50\n2024-01-03,102,51\n"
    )
    assert numbered.names == ("600519", "000001")  # as some exchanges name their assets


def test_days_without_a_number(tmp_path):
    text = prices().replace("110,99", "110,.").replace("133,97", "NaN,97")
    with pytest.raises(
        DataError,
        match=(
            r":3: BBB has no number on 2024-01-02 \(2 such in all\): "
            r"--set missing=drop .* --set missing=carry"
        ),
    ):
        read(tmp_path, text)
    dropped = read(tmp_path, text, missing="drop")
    assert dropped.mean[0] == pytest.approx((1.2 + 145 / 120) / 2 - 1)
    assert any(n == "2 days were left out, because an asset has no number there" for n in dropped.notes)
    carried = read(tmp_path, text, missing="carry")
    assert carried.mean[1] == pytest.approx((1 + 0.98 + 97 / 98 + 96 / 97) / 4 - 1)
    assert any(n.startswith("2 missing prices were filled") for n in carried.notes)
    with pytest.raises(DataError, match="no price on the first day"):
        read(tmp_path, prices().replace("100,100", "100,"), missing="carry")


def test_prices_of_one_asset_are_no_portfolio(tmp_path):
    with pytest.raises(DataError, match=":1: columns Open, High, Low, Close, Volume are prices of one asset"):
        read(tmp_path, "Date,Open,High,Low,Close,Volume\n2024-01-01,1,2,1,2,100\n2024-01-02,1,2,1,2,100\n")
    for header in ("Date,Close,Volume", "일자,종가,거래량", "Datum,Hoch,Tief"):
        with pytest.raises(DataError, match="are prices of one asset"):
            read(tmp_path, prices(header=header))
    with pytest.raises(DataError, match=r"field 'Open'; the table has Close"):
        read(
            tmp_path, "Price,Close,Close\nTicker,AAA,BBB\nDate,,\n" + prices().split("\n", 1)[1], field="Open"
        )
    with pytest.raises(DataError, match="the setting field chooses"):
        read(tmp_path, prices(), field="Close")


def test_what_is_no_table(tmp_path):
    (tmp_path / "w.ods").write_bytes(b"PK\x03\x04")
    with pytest.raises(DataError, match=r"w\.ods: of workbooks only \.xlsx is read"):
        read_problem(tmp_path / "w.ods")
    with pytest.raises(DataError, match="',' and ';' could separate the fields"):
        read(tmp_path, "a;b,c;d\n1;2,3;4\n")
    with pytest.raises(DataError, match="coordinates in degrees"):
        read(tmp_path, "x,y,lat\n1,2,3\n4,5,6\n")
    with pytest.raises(ConfigError, match="unknown setting 'misssing'; there are risk"):
        read(tmp_path, prices(), misssing="drop")
    with pytest.raises(ConfigError, match="missing='guess' must be drop or carry"):
        read(tmp_path, prices(), missing="guess")
    with pytest.raises(DataError, match="'anna' occurs twice in column 'name'"):
        read(tmp_path, "name,x,y\nanna,1,2\nanna,3,4\n")


@given(st.datetimes(datetime.datetime(1971, 1, 1), datetime.datetime(2068, 12, 31)))
def test_dates_are_those_of_the_standard_library(at):
    at = at.replace(microsecond=0, tzinfo=datetime.UTC)
    day = at.replace(hour=0, minute=0, second=0).timestamp()
    assert moment(at.isoformat()) == moment(at.strftime("%Y-%m-%d %H:%M:%S")) == at.timestamp()
    for form in (
        "%Y-%m-%d",
        "%Y/%m/%d",
        "%d.%m.%Y",
        "%d/%m/%Y",
        "%d-%b-%Y",
        "%b %d, %Y",
        "%d/%m/%y",
        "%d %B %Y",
    ):
        assert moment(at.strftime(form)) == day, form
    assert moment(at.strftime("%m/%d/%Y"), "month-first") == day


@pytest.mark.parametrize("word", ["", "x", "2024-13-01", "2024-02-30", "30/02/2024", "foo 2024", "12"])
def test_what_is_no_date(word):
    assert moment(word) is None
