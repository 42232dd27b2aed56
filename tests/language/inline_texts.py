"""Texts with tables inside, written for these tests, with the models that they state; ASKED ones
have none."""

from __future__ import annotations

STATED: list[tuple[str, str, tuple[str, ...]]] = [
    (
        """A company produces three types of widgets: WidgetA, WidgetB and WidgetC. The profit per unit
and the production time per unit are given in the following table.

| Widget  | Profit per Unit | Production Time per Unit |
|---------|-----------------|--------------------------|
| WidgetA | $50             | 2 hours                  |
| WidgetB | $70             | 3 hours                  |
| WidgetC | $60             | 2.5 hours                |

The company has a total of 600 hours of production time available. The company must produce at
least 40 units of WidgetA and at most 100 units of WidgetB. Please help the company to determine
the optimal production to maximize the total profit.""",
        "max 50 a + 70 b + 60 c",
        ("2 a + 3 b + 2.5 c <= 600", "a >= 40", "b <= 100"),
    ),
    (
        """A farmer plants crops on 100 acres of land. The yields are in the table below.

| Crop | Profit per acre ($) | Water per acre (gallons) | Labor (hours per acre) |
| :--- | ---: | ---: | ---: |
| Corn | 300 | 40 | 6 |
| Beans | 250 | 30 | 5 |
| Squash | 200 | 25 | 3 |

He has 3500 gallons of water and 450 hours of labor. How many acres of each crop should he plant
to maximize profit?""",
        "max 300 a + 250 b + 200 c",
        ("a + b + c <= 100", "40 a + 30 b + 25 c <= 3500", "6 a + 5 b + 3 c <= 450"),
    ),
    (
        """A bakery makes bread, cakes and pies. What each of them needs is shown here:

Resource        Bread   Cake   Pie   Available
Flour (kg)      0.5     0.4    0.3   100
Sugar (kg)      0.1     0.3    0.2   50
Oven time (hours)   0.5     1      0.8   120
Profit ($)      2       6      4     -

How many of each should be baked to maximize the profit?""",
        "max 2 a + 6 b + 4 c",
        ("0.5 a + 0.4 b + 0.3 c <= 100", "0.1 a + 0.3 b + 0.2 c <= 50", "0.5 a + 1 b + 0.8 c <= 120"),
    ),
    (
        """A bakery makes bread, cakes and pies. What each of them needs is shown here:

Resource        Bread   Cake   Pie   Available
Flour (kg)      0.5     0.4    0.3   100
Sugar (kg)      0.1     0.3    0.2   50
Oven time (hours)   0.5     1      0.8   120

The profit is $2 per bread, $6 per cake and $4 per pie. How many of each should be baked to
maximize the profit?""",
        "max 2 a + 6 b + 4 c",
        ("0.5 a + 0.4 b + 0.3 c <= 100", "0.1 a + 0.3 b + 0.2 c <= 50", "0.5 a + 1 b + 0.8 c <= 120"),
    ),
    (
        """A nutritionist composes a meal from three foods. The table has what a serving contains and
costs.

| Food | Protein (g) | Calories | Cost per serving |
|---|---|---|---|
| Rice | 4 | 200 | $0.50 |
| Chicken | 25 | 180 | $2.00 |
| Lentils | 9 | 120 | $0.80 |

The meal must contain at least 40 g of protein and at least 700 calories. Find the number of
servings of each food that minimizes the total cost.""",
        "min 0.5 a + 2 b + 0.8 c",
        ("4 a + 25 b + 9 c >= 40", "200 a + 180 b + 120 c >= 700"),
    ),
    (
        """A manufacturer makes four products. Data for each product:

| Product | Profit | Machine hours | Minimum production | Maximum demand |
|---|---|---|---|---|
| A | 20 | 1 | 10 | 100 |
| B | 35 | 2 | 5 | 80 |
| C | 30 | 1.5 | 0 | 60 |
| D | 50 | 3 | 8 | 40 |

There are 300 machine hours. Maximize the total profit.""",
        "max 20 a + 35 b + 30 c + 50 d",
        (
            "1 a + 2 b + 1.5 c + 3 d <= 300",
            "a >= 10",
            "b >= 5",
            "c >= 0",
            "d >= 8",
            "a <= 100",
            "b <= 80",
            "c <= 60",
            "d <= 40",
        ),
    ),
    (
        """An investor can choose among three funds.

| Fund | Annual return |
|------|------|
| Growth fund | 9% |
| Income fund | 5% |
| Index fund | 7% |

He invests at most $50,000 in total. At most 40% of the total investment may go to the growth fund
and at least $10,000 must be invested in the income fund. How much should be invested in each fund
to maximize the annual return?""",
        "max 0.09 a + 0.05 b + 0.07 c",
        ("a + b + c <= 50000", "0.6 a - 0.4 b - 0.4 c <= 0", "b >= 10000"),
    ),
    (
        """A logistics company uses small trucks, medium trucks and large trucks:

| Truck | Capacity (tons) | Fuel cost per trip |
|---|---|---|
| Small | 5 | $100 |
| Medium | 10 | $180 |
| Large | 20 | $320 |

At least 200 tons must be transported. No more than 6 large trucks are available. How many trips
of each truck should be made to minimize the total fuel cost?""",
        "min 100 a + 180 b + 320 c",
        ("5 a + 10 b + 20 c >= 200", "c <= 6"),
    ),
    (
        """A workshop makes desks, tables and chairs.

| | Desk | Table | Chair | Limit |
|---|---|---|---|---|
| Lumber (board feet) | 8 | 6 | 1 | 48 |
| Finishing hours | 4 | 2 | 1.5 | 20 |
| Carpentry hours | 2 | 1.5 | 0.5 | 8 |

A desk sells for $60, a table for $30 and a chair for $20. At most 5 tables can be sold. How many
of each maximize revenue?""",
        "max 60 a + 30 b + 20 c",
        ("8 a + 6 b + 1 c <= 48", "4 a + 2 b + 1.5 c <= 20", "2 a + 1.5 b + 0.5 c <= 8", "b <= 5"),
    ),
    (
        """A printer has three presses.
| Press | Pages per hour | Cost per hour ($) |
|---|---|---|
| Old | 500 | 10 |
| New | 900 | 16 |
| Rented | 1000 | 25 |
At least 20000 pages must be printed. Each press can run for at most 12 hours. How many hours
should each press run to minimize cost?""",
        "min 10 a + 16 b + 25 c",
        ("500 a + 900 b + 1000 c >= 20000", "a <= 12", "b <= 12", "c <= 12"),
    ),
    (
        """A diet must cover three nutrients. The table shows what a portion of each food has.

| Nutrient | Oatmeal | Milk | Eggs | Minimum daily requirement |
|---|---|---|---|---|
| Protein (g) | 4 | 8 | 13 | 55 |
| Iron (mg) | 2 | 0.1 | 1.8 | 12 |
| Calories | 110 | 160 | 160 | 2000 |

A portion of oatmeal costs $0.30, a portion of milk $0.90 and a portion of eggs $1.30. How many
portions of each minimize the cost?""",
        "min 0.3 a + 0.9 b + 1.3 c",
        ("4 a + 8 b + 13 c >= 55", "2 a + 0.1 b + 1.8 c >= 12", "110 a + 160 b + 160 c >= 2000"),
    ),
    (
        """Which of the projects should be selected to maximize the total return, if the budget is $100?

| Project | Cost ($) | Return ($) |
|---|---|---|
| Alpha | 40 | 60 |
| Beta | 50 | 70 |
| Gamma | 30 | 35 |""",
        "max 60 a + 70 b + 35 c",
        ("40 a + 50 b + 30 c <= 100",),
    ),
    (
        """Two plants send steel to three cities. Costs per ton, supplies and demands are in the table.

| Plant | Aville | Bburg | Cton | Supply |
|---|---|---|---|---|
| North | 4 | 6 | 9 | 120 |
| South | 5 | 3 | 7 | 150 |
| Demand | 80 | 90 | 70 | |

How should the steel be shipped to minimize the total transportation cost?""",
        "min 4 a + 6 b + 9 c + 5 d + 3 e + 7 f",
        ("a + b + c <= 120", "d + e + f <= 150", "a + d >= 80", "b + e >= 90", "c + f >= 70"),
    ),
]

ASKED: list[str] = [
    """The number of nurses needed on each day is in the table.

| Day | Minimum number of nurses |
|---|---|
| Monday | 10 |
| Tuesday | 12 |
| Wednesday | 9 |

Each nurse works two days in a row. Minimize the total number of nurses.""",
    """An alloy is mixed from three scraps.

| Scrap | Copper (%) | Cost per kg ($) |
|---|---|---|
| S1 | 20% | 3 |
| S2 | 40% | 5 |
| S3 | 60% | 9 |

At least 100 kg are needed, and at least 35% of it must be copper. Minimize the cost.""",
    """A company sells jackets and coats.

| Item | Selling price | Production cost | Fabric (m) |
|---|---|---|---|
| Jacket | $90 | $40 | 2 |
| Coat | $150 | $70 | 4 |

There are 400 m of fabric. Maximize profit.""",
    """A shop sells two items. | Item | Profit | 
| X | 3 |
| Y | many |

 There are 10 hours. Maximize the profit.""",
    """Assign four workers to four tasks so that the total time is as small as possible.

| Worker | T1 | T2 | T3 |
|---|---|---|---|
| Ann | 4 | 6 | 9 |
| Bob | 5 | 3 | 7 |
| Cy | 5 | 3 | 7 |""",
    """A potter makes mugs, jugs and pots. There are 900 kg of clay and 700 hours of work.

| Kind | Clay needed (kg) | Work needed (hours) | Profit ($) |
|---|---|---|---|
| Mug | 1 | 2 | 8 |
| Jug | 3 | 3 | 15 |
| Pot | 4 | 2 | 17 |

To be worth the effort, at least 50 pieces of that kind must be made. Maximize the profit.""",
]
