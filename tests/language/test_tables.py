"""A sentence and a table: every number of the sentence belongs to something, or there is a question."""

import pytest

from qualms.errors import DataError
from qualms.language.reading import Question
from qualms.language.tables import read_with_table
from qualms.specification.base import number
from qualms.specification.choice import Facilities, Matching, Packing
from qualms.specification.graphs import Cut
from qualms.specification.investments import Investment
from qualms.specification.other_jobs import Classification
from qualms.specification.routes import Routes
from qualms.specification.schedules import Schedule

TABLES = {
    "stops": "name,x,y,demand\ndepot,0,0,0\nAnn,3,4,2\nBob,-3,4,3\nCid,5,0,2\n",
    "items": "item;value;weight\ntent;60;10\nstove;100;20\nrope;120;30\n",
    "decimals": "item;value;weight\ntent;60,5;10,25\nstove;100,1;20,5\n",
    "people": "who,cook,sing\nann,3,5\nbob,2,9\n",
    "network": "from,to,weight\na,b,2\nb,c,1\na,c,1\n",
    "plain": "from,to\na,b\nb,c\n",
    "work": "job,machine,minutes\nj1,saw,3\nj1,drill,2\nj2,drill,4\n",
    "places": "site,opening,Seoul,Busan\nA,10,1,5\nB,12,4,2\n",
    "prices": "date,AA,BB,CC\n2024-01-02,1,2,3\n2024-01-03,1.1,2.1,2.9\n2024-01-04,1.2,2.0,3.1\n"
    "2024-01-05,1.15,2.2,3.0\n",
    "payments": "amount,country,fraud\n10,kr,0\n900,us,1\n",
    "twice": "item,value,worth,weight\na,1,2,3\n",
}


@pytest.fixture
def table(tmp_path):
    def made(name):
        path = tmp_path / f"{name}.csv"
        path.write_text(TABLES[name], encoding="utf-8")
        return path

    return made


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("Plan delivery routes for three trucks that carry 6 each.", "stops", Routes),
        ("Route 2 vehicles with a capacity of 7", "stops", Routes),
        ("차량 2대, 용량 7로 배송 경로를 짜 줘", "stops", Routes),
        ("Pack the knapsack; its capacity is 50.", "items", Packing),
        ("Which items should I pack? At most 30 kg.", "items", Packing),
        ("배낭에 무엇을 담을까? 용량은 50", "items", Packing),
        ("Pack at most 25", "decimals", Packing),
        ("Assign people to tasks at the lowest cost", "people", Matching),
        ("Match each person with a task so that the total value is the highest", "people", Matching),
        ("담당자를 작업에 배정해서 비용을 최소로", "people", Matching),
        ("Split the network into two groups with the largest cut", "network", Cut),
        ("Find the maximum cut", "plain", Cut),
        ("Schedule the jobs", "work", Schedule),
        ("Which warehouses should we open?", "places", Facilities),
        ("Choose a portfolio of at most 2 assets", "prices", Investment),
        ("Invest with a risk of 0.3 and at most 60% in each", "prices", Investment),
        ("Classify the payments: predict fraud", "payments", Classification),
    ],
)
def test_what_is_understood(text, name, kind, table):
    assert isinstance(read_with_table(text, table(name)), kind)


def test_numbers_of_the_sentence_arrive_with_their_words(table):
    found = read_with_table("Pack a backpack that holds up to 50", table("items"))
    assert (found.capacity.value, "50" in found.capacity.words) == (50, True)
    found = read_with_table("Invest with a risk of 0.3 and at most 60% in each", table("prices"))
    assert (number(found.risk), number(found.largest)) == (0.3, 0.6)
    found = read_with_table("Route three vans carrying 6", table("stops"))
    assert (found.vehicles, found.capacity) == (3, 6)
    assert [s.name for s in found.stops] == ["depot", "Ann", "Bob", "Cid"]


@pytest.mark.parametrize(
    ("text", "name", "asked"),
    [
        ("Do something good", "items", "What is to be done with items.csv?"),
        ("", "items", "What is to be done with items.csv?"),
        ("Pack the knapsack", "items", "How much may the chosen items weigh"),
        ("Plan routes for 2 trucks", "stops", "How much does a vehicle carry?"),
        ("Plan routes for 2 trucks carrying 6 within 40 minutes", "stops", "What does the number 40"),
        ("Pack at most 50 kg and at most 20 litres", "items", "tells capacity twice"),
        ("Assign them", "people", "costs to be kept low, or values to be made high"),
        ("Pack at most 9", "twice", "Which column of twice.csv is the profit?"),
        ("Pack at most 9", "network", "Which column of network.csv is the name?"),
        ("Split it into 3 groups with the largest cut", "network", "into two groups"),
        ("Split them into two groups with the smallest cut", "network", "“smallest cut” is not read"),
        ("Pack at most 30; the stove must be packed", "items", "“must” is not read"),
        ("Pack at most 0.05k", "items", "What does “0.05k” mean?"),
        ("Pack at most 30 of the least valuable items", "items", "“least valuable” is not read"),
        ("Plan routes for exactly 3 trucks carrying 6", "stops", "“exactly” is not read"),
        ("배낭에 담아. 용량은 50. 텐트는 반드시 넣어야 해", "items", "“반드시” is not read"),
        ("Predict it", "payments", "Which column of payments.csv is to be told"),
        ("Predict fraud by country", "payments", "'country' and 'fraud' are named"),
    ],
)
def test_what_is_missing_is_asked_for(text, name, asked, table):
    found = read_with_table(text, table(name))
    assert isinstance(found, Question)
    assert asked in found.questions[0]
    assert "\n" not in found.questions[0]


def test_decimal_commas_are_kept_exactly(table):
    found = read_with_table("Pack at most 25", table("decimals"))
    assert [(number(i.profit), number(i.weight)) for i in found.items] == [(60.5, 10.25), (100.1, 20.5)]


def test_a_broken_table_is_told_with_its_line(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("item,value,weight\na,1,2\nb,x,3\n")
    with pytest.raises(DataError, match=r"items\.csv:3"):
        read_with_table("Pack at most 9", path)
    with pytest.raises(DataError, match=r"none\.csv"):
        read_with_table("Pack at most 9", tmp_path / "none.csv")


def test_points_between_thousands_are_not_taken_for_decimals(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("item;value;weight\ntent;1.060;10\nrope;1.120;30\n")
    with pytest.raises(DataError, match=r"'1\.060' is 1060 or 1\.060"):
        read_with_table("Pack at most 30", path)
    assert [number(i.profit) for i in read_with_table("Pack at most 30", path, ",").items] == [1060, 1120]
    assert [number(i.profit) for i in read_with_table("Pack at most 30", path, ".").items] == [1.06, 1.12]
    path.write_text("item;value;weight\ntent;1.060;10.5\nrope;1.120;30\n")  # 10.5 decides
    assert number(read_with_table("Pack at most 30", path).items[0].profit) == 1.06
