"""Texts with the models that they state, as short formulas."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from qualms.specification.expressions import expand
from qualms.specification.general import GeneralModel


@dataclass(frozen=True)
class Model:
    """A text and what it states.

    Attributes
    ----------
    text : str
        The text.
    sense : str
        "max" or "min".
    goal : dict of str to Fraction
        Coefficients by variable.
    rows : set of tuple
        Each constraint as its coefficients by name, its relation, and its limit.
    """

    text: str
    sense: str
    goal: dict[str, Fraction]
    rows: frozenset[tuple[tuple[tuple[str, Fraction], ...], str, Fraction]]


def rows_of(model: GeneralModel) -> tuple[dict[str, Fraction], frozenset[object]]:
    """The goal and the rows of a model by the names of its variables."""
    names = [label for label, _ in model.table.columns]
    goal = expand(model.objective.expression, model.table).linear
    rows = []
    for constraint in model.constraints:
        for _, difference in model.differences(constraint):
            terms = tuple(sorted((names[k], c) for k, c in difference.linear.items()))
            rows.append((terms, constraint.relation, -difference.offset))
    return {names[k]: c for k, c in goal.items()}, frozenset(rows)


def _terms(formula: str) -> dict[str, Fraction]:
    """The terms of "3 big tables - 2 chairs"."""
    found: dict[str, Fraction] = {}
    sign = 1
    for part in formula.replace(" - ", " + -").split(" + "):
        coefficient, _, name = part.strip().partition(" ")
        found[name] = sign * Fraction(coefficient)
    return found


def _model(goal: str, text: str, *rows: str) -> Model:
    sense, _, formula = goal.partition(" ")
    made = []
    for row in rows:
        relation = next(r for r in ("<=", ">=", "=") if f" {r} " in row)
        left, right = row.split(f" {relation} ")
        made.append((tuple(sorted(_terms(left).items())), relation, Fraction(right)))
    return Model(" ".join(text.split()), sense, _terms(formula), frozenset(made))


ACCEPTED: dict[str, Model] = {
    "ferns and palms": _model(
        "max 4 ferns + 15 palms",
        """A nursery grows ferns and palms. The nursery has 60 square feet of bench space. A fern needs 1
        square foot and a palm needs 3 square feet. The nursery can sell at most 30 ferns. At least 5
        palms have to be grown. The profit is $4 per fern and $15 per palm. How many of each maximize
        the profit?""",
        "1 ferns + 3 palms <= 60",
        "1 ferns <= 30",
        "1 palms >= 5",
    ),
    "muffins and scones": _model(
        "max 2 muffins + 3 scones",
        """A baker sells muffins and scones. Each muffin needs 50 g of flour and each scone needs 80 g of
        flour. The baker has 4 kg of flour. Muffins sell for $2 and scones sell for $3. How many of each
        should be baked to maximize revenue?""",
        "50 muffins + 80 scones <= 4000",
    ),
    "bus and van": _model(
        "min 120 bus + 30 van",
        """Each bus carries 40 pupils and costs $120 per trip. Each van carries 9 pupils and costs $30 per
        trip. At least 300 pupils must be transported. The number of vans cannot exceed the number of
        buses. Minimize the total cost.""",
        "-1 bus + 1 van <= 0",
        "40 bus + 9 van >= 300",
    ),
    "guides and guards": _model(
        "min 900 guides + 700 guards",
        """A museum must hire guides and guards. A guide costs $900 a week and a guard costs $700 a week.
        At least 12 people must be hired, of whom at least 3 must be guides. The weekly budget is
        $12000. Minimize the total cost.""",
        "1 guards + 1 guides >= 12",
        "700 guards + 900 guides <= 12000",
        "1 guides >= 3",
    ),
    "bonds and stocks": _model(
        "max 0.03 bonds + 0.07 stocks",
        """Ana wants to invest $20,000 in bonds and stocks. Bonds yield a 3% return and stocks yield a 7%
        return. At least 40% of the money must be invested in bonds, and no more than $9,000 may be
        invested in stocks. How much should she invest in each to maximize her return?""",
        "1 bonds + 1 stocks <= 20000",
        "0.6 bonds - 0.4 stocks >= 0",
        "1 stocks <= 9000",
    ),
    "wheat and barley": _model(
        "max 300 wheat + 180 barley",
        """A farmer has 80 acres of land on which to grow wheat and barley. Each acre of wheat takes 2 days
        of labor and each acre of barley takes 1 day of labor. The farmer has 120 days of labor
        available. The profit per acre of wheat is $300 and the profit per acre of barley is $180. How
        many acres of each should be planted to maximize profit?""",
        "1 barley + 1 wheat <= 80",
        "1 barley + 2 wheat <= 120",
    ),
    "bikes and scooters": _model(
        "min 1 bikes + 1 scooters",
        """A courier uses bikes and scooters. A bike delivers 12 parcels a day and a scooter delivers 20
        parcels a day. At least 400 parcels must be delivered a day. At most a third of all vehicles can
        be scooters. There must be at least twice as many bikes as scooters. Minimize the total number
        of vehicles.""",
        "-1 bikes + 2 scooters <= 0",
        "1 bikes - 2 scooters >= 0",
        "12 bikes + 20 scooters >= 400",
    ),
    "adult tickets and student tickets": _model(
        "max 12 adult tickets + 7 student tickets",
        """A choir sells adult tickets and student tickets. It must sell at least 100 adult tickets and at
        most 250 student tickets. At most 400 tickets can be sold in total. An adult ticket brings $12
        and a student ticket brings $7. How many of each should be sold to maximize revenue?""",
        "1 adult tickets + 1 student tickets <= 400",
        "1 adult tickets >= 100",
        "1 student tickets <= 250",
    ),
    "laser and massage": _model(
        "max 1 laser + 1 massage",
        """A clinic gives two treatments, laser and massage. Laser takes 20 minutes per patient and massage
        takes 45 minutes per patient. At least 10 patients must get massage. The clinic is open for 900
        minutes. Maximize the number of patients that are treated.""",
        "20 laser + 45 massage <= 900",
        "1 massage >= 10",
    ),
    "stew and soup": _model(
        "max 9 stew + 7 soup",
        """To make a pot of stew requires 3 carrots and 2 onions. To make a pot of soup requires 1 carrot
        and 4 onions. There are 60 carrots and 80 onions. The profit from each pot of stew is $9 and the
        profit from each pot of soup is $7. How many pots of each should be made to maximize profit?""",
        "1 soup + 3 stew <= 60",
        "4 soup + 2 stew <= 80",
    ),
    "lamp and clock": _model(
        "max 15 lamp + 28 clock",
        """It costs $4 to make a lamp and $6 to make a clock. The factory can spend at most $900. It takes
        12 minutes to assemble a lamp and 25 minutes to assemble a clock. There are 40 hours available
        for assembling. Each lamp sells for $15 and each clock sells for $28. Maximize revenue.""",
        "25 clock + 12 lamp <= 2400",
        "6 clock + 4 lamp <= 900",
    ),
    "small tents and large tents": _model(
        "max 40 small tents + 70 large tents",
        """A firm produces small and large tents. Both require 2 hours of sewing. A small tent needs 5
        square meters of fabric while a large tent needs 9 square meters of fabric. The firm has 100
        hours for sewing and 400 square meters of fabric. If small tents earn $40 and large tents earn
        $70, how many of each should be made to maximize profit?""",
        "2 large tents + 2 small tents <= 100",
        "9 large tents + 5 small tents <= 400",
    ),
    "laser and massage 2": _model(
        "max 1 laser + 1 massage",
        """A clinic gives two treatments, laser and massage. Laser takes 20 minutes per patient and massage
        takes 45 minutes per patient. At least 10 patients must get massage. The clinic is open for 900
        minutes. Maximize the number of patients that are treated.""",
        "20 laser + 45 massage <= 900",
        "1 massage >= 10",
    ),
    "ferns and palms 2": _model(
        "max 4 ferns + 15 palms",
        """A nursery grows ferns and palms. The nursery has 60 square feet of bench space. A fern needs 1
        square foot and a palm needs 3 square feet. The nursery can sell at most 30 ferns. At least 5
        palms have to be grown. The profit is $4 per fern and $15 per palm. How many of each maximize
        the profit?""",
        "1 ferns + 3 palms <= 60",
        "1 ferns <= 30",
        "1 palms >= 5",
    ),
    "nut bars and fruit bars": _model(
        "max 200 nut bars + 120 fruit bars",
        """A hiker packs nut bars and fruit bars. A nut bar weighs 40 grams and has 200 calories. A fruit
        bar weighs 30 grams and has 120 calories. The hiker can carry at most 2 kg. At least one quarter
        of all bars must be fruit bars. How many of each should be packed to maximize calories?""",
        "0.75 fruit bars - 0.25 nut bars >= 0",
        "30 fruit bars + 40 nut bars <= 2000",
    ),
    "Press 1 and Press 2": _model(
        "min 30 Press 1 + 40 Press 2",
        """Two machines, Press 1 and Press 2, print posters and flyers. In one hour Press 1 prints 200
        posters and 500 flyers. In one hour Press 2 prints 300 posters and 400 flyers. At least 5000
        posters and 9000 flyers are needed. Press 1 costs $30 per hour and Press 2 costs $40 per hour.
        How many hours should each press be run to minimize cost?""",
        "200 Press 1 + 300 Press 2 >= 5000",
        "500 Press 1 + 400 Press 2 >= 9000",
    ),
    "solution A and solution B": _model(
        "min 4 solution A + 6 solution B",
        """A chemist mixes solution A and solution B. Solution A costs $4 per liter and contains 3 grams of
        salt. Solution B costs $6 per liter and contains 5 grams of salt. The mixture must contain at
        least 60 grams of salt. At most 10 liters of solution A can be used. How many liters of each
        should be used to minimize cost?""",
        "1 solution A <= 10",
        "3 solution A + 5 solution B >= 60",
    ),
    "bikes and rowers": _model(
        "max 1 bikes + 1 rowers",
        """A gym buys bikes and rowers. A bike costs $800 and takes 3 square meters. A rower costs $1,200
        and takes 4 square meters. The gym has a budget of $24,000 and 90 square meters. The number of
        bikes must be at least the number of rowers. There must be between 5 and 12 rowers. Maximize the
        total number of machines.""",
        "1 bikes - 1 rowers >= 0",
        "3 bikes + 4 rowers <= 90",
        "800 bikes + 1200 rowers <= 24000",
        "1 rowers <= 12",
        "1 rowers >= 5",
    ),
    "cats and dogs": _model(
        "max 80 cats + 140 dogs",
        """A pet shop keeps cats and dogs. Each cat eats 0.5 kg of food and each dog eats 1.5 kg of food.
        The shop has 45 kg of food. No more than half of the animals can be dogs. The profit is $80 per
        cat and $140 per dog. How many of each should the shop keep to maximize profit?""",
        "-0.5 cats + 0.5 dogs <= 0",
        "0.5 cats + 1.5 dogs <= 45",
    ),
    "songs and podcasts": _model(
        "max 500 songs + 260 podcasts",
        """A studio records songs and podcasts. A song takes 6 hours of studio time and 2 hours of mixing.
        A podcast takes 2 hours of studio time and 3 hours of mixing. The studio is available for 120
        hours and the mixing desk is available for 90 hours. A song earns $500 and a podcast earns $260.
        How many of each should be recorded in order to maximize earnings?""",
        "2 podcasts + 6 songs <= 120",
        "3 podcasts + 2 songs <= 90",
    ),
    "novels and comics": _model(
        "max 6 novels + 3 comics",
        """A bookshop orders novels and comics. Novels cost $8 each and comics cost $5 each. The shop can
        spend up to $1000. It needs at least three times as many comics as novels. Each novel brings a
        profit of $6 while each comic brings a profit of $3. What is the maximum profit?""",
        "1 comics - 3 novels >= 0",
        "5 comics + 8 novels <= 1000",
    ),
    "trucks and trains": _model(
        "min 400 trucks + 3500 trains",
        """We ship goods with trucks and trains. A truck holds 20 tons and a train holds 300 tons. A truck
        trip costs 400 dollars and a train trip costs 3500 dollars. We have to ship at least 2000 tons.
        Trucks may make up at most 75% of all trips. Find the cheapest plan.""",
        "-0.75 trains + 0.25 trucks <= 0",
        "300 trains + 20 trucks >= 2000",
    ),
    "rings and bracelets and earrings": _model(
        "max 40 rings + 75 bracelets + 25 earrings",
        """A jeweler makes rings, bracelets and earrings. A ring takes 2 hours and 5 grams of silver, a
        bracelet takes 3 hours and 20 grams of silver, and a pair of earrings takes 1 hour and 4 grams
        of silver. There are 60 hours and 300 grams of silver. Profits are $40 per ring, $75 per
        bracelet and $25 per pair of earrings. Maximize profit.""",
        "20 bracelets + 4 earrings + 5 rings <= 300",
        "3 bracelets + 1 earrings + 2 rings <= 60",
    ),
    "butter and cheese": _model(
        "max 6 butter + 4 cheese",
        """A dairy makes butter and cheese. One kg of butter needs 20 liters of milk and one kg of cheese
        needs 10 liters of milk. 900 liters of milk are available each day. The daily demand for butter
        is at most 25 kg. The profit per kg of butter is $6 and the profit per kg of cheese is $4. How
        many kg of each should be made to maximize profit?""",
        "1 butter <= 25",
        "20 butter + 10 cheese <= 900",
    ),
    "walls and doors": _model(
        "max 60 walls + 18 doors",
        """Every day a painter can do walls or doors. A wall takes 90 minutes and a door takes 30 minutes.
        He works at most 8 hours. He earns $60 per wall and $18 per door. At least 2 doors must be
        painted. Maximize his earnings.""",
        "1 doors >= 2",
        "30 doors + 90 walls <= 480",
    ),
    "oaks and pines": _model(
        "max 22 oaks + 14 pines",
        """A team of volunteers plants oaks and pines. An oak takes 25 minutes to plant and a pine takes 15
        minutes to plant. There are 600 minutes available. The number of pines must not exceed twice the
        number of oaks. An oak stores 22 kg of carbon and a pine stores 14 kg of carbon. How many of
        each should be planted to maximize the amount of carbon stored?""",
        "-2 oaks + 1 pines <= 0",
        "25 oaks + 15 pines <= 600",
    ),
    "buses and minivans": _model(
        "min 400 buses + 90 minivans",
        """A choir rents buses and minivans. A bus seats 50 singers and costs $400. A minivan seats 7
        singers and costs $90. At least 120 singers must travel, and at most 10 minivans can be rented.
        How many of each should be rented to minimize the cost?""",
        "50 buses + 7 minivans >= 120",
        "1 minivans <= 10",
    ),
    "apples and honey": _model(
        "min 0.5 apples + 6 honey",
        """A zoo feeds its bears apples and honey. An apple gives 2 units of sugar and 3 units of fiber and
        costs $0.50. A jar of honey gives 30 units of sugar and 1 unit of fiber and costs $6. The bears
        need a minimum of 90 units of sugar and 40 units of fiber. Minimize the cost.""",
        "2 apples + 30 honey >= 90",
        "3 apples + 1 honey >= 40",
    ),
    "books and maps": _model(
        "max 4 books + 2 maps",
        """A printer makes books and maps. The profit per book is $4 and the profit per map is $2. A book
        takes 6 minutes on the press and a map takes 2 minutes on the press. The press is available for
        10 hours. No more than 150 maps can be sold. How many of each should be printed to maximize
        profit?""",
        "6 books + 2 maps <= 600",
        "1 maps <= 150",
    ),
    "gold and silver": _model(
        "max 0.05 gold + 0.08 silver",
        """A fund has $50,000 to invest in gold and silver. Each dollar invested in gold yields a $0.05
        profit and each dollar invested in silver yields a $0.08 profit. At least $10,000 must be
        invested in gold. At most 60% of the money can be invested in silver. How much should be
        invested in each to maximize profit?""",
        "-0.6 gold + 0.4 silver <= 0",
        "1 gold + 1 silver <= 50000",
        "1 gold >= 10000",
    ),
    "soups and salads": _model(
        "max 6 soups + 5 salads",
        """A cook prepares soups and salads. Each soup needs 200 g of onions and each salad needs 50 g of
        onions. Each soup needs 100 g of carrots and each salad needs 150 g of carrots. She has 10 kg of
        onions and 9 kg of carrots. The number of salads must be at least the number of soups. Soups
        sell for $6 and salads sell for $5. Maximize revenue.""",
        "1 salads - 1 soups >= 0",
        "150 salads + 100 soups <= 9000",
        "50 salads + 200 soups <= 10000",
    ),
    "hens and ducks": _model(
        "max 6 hens + 4 ducks",
        """A farmer raises hens and ducks. A hen eats 120 grams of feed a day and a duck eats 170 grams of
        feed a day. He has 50 kg of feed a day. A hen lays 6 eggs a week and a duck lays 4 eggs a week.
        There must be at least 30 ducks. How many of each should he raise to maximize the number of
        eggs?""",
        "1 ducks >= 30",
        "170 ducks + 120 hens <= 50000",
    ),
    "lager and stout": _model(
        "max 50 lager + 65 stout",
        """A brewery makes lager and stout. Each barrel of lager requires 5 kg of malt and 2 kg of hops.
        Each barrel of stout requires 8 kg of malt and 1 kg of hops. There are 400 kg of malt and 90 kg
        of hops available. The profit per barrel of lager is $50 and the profit per barrel of stout is
        $65. How many barrels of each should be brewed to maximize profit?""",
        "2 lager + 1 stout <= 90",
        "5 lager + 8 stout <= 400",
    ),
    "north mine and south mine": _model(
        "min 900 north mine + 700 south mine",
        """Two mines, the north mine and the south mine, deliver copper and tin. Each day the north mine
        delivers 4 tons of copper and 1 ton of tin. Each day the south mine delivers 2 tons of copper
        and 3 tons of tin. At least 60 tons of copper and 45 tons of tin are needed. The north mine
        costs $900 per day and the south mine costs $700 per day. How many days should each mine be run
        to minimize cost?""",
        "1 north mine + 3 south mine >= 45",
        "4 north mine + 2 south mine >= 60",
    ),
    "pens and pencils": _model(
        "max 1.5 pens + 0.6 pencils",
        """A shop sells pens and pencils. It costs the shop $2 and $1 to buy a pen and a pencil
        respectively. The shop wants to spend at most $300. The profit per pen is $1.50 and the profit
        per pencil is $0.60. At least 25% of all items must be pencils. How many of each should be
        bought to maximize profit?""",
        "1 pencils + 2 pens <= 300",
        "0.75 pencils - 0.25 pens >= 0",
    ),
    "coats and vests": _model(
        "max 90 coats + 30 vests",
        """A tailor sews coats and vests. Each coat takes 5 hours and each vest takes 2 hours. The tailor
        can work at most 60 hours. He must sew at least 4 coats and 6 vests. The profit is $90 per coat
        and $30 per vest. How many of each should he sew to maximize profit?""",
        "1 coats >= 4",
        "5 coats + 2 vests <= 60",
        "1 vests >= 6",
    ),
    "fish meals and meat meals": _model(
        "min 9 fish meals + 7 meat meals",
        """A caterer offers fish meals and meat meals. A fish meal costs $9 and a meat meal costs $7. At
        least 80 meals must be served. At most half of the meals can be meat meals. Minimize the total
        cost.""",
        "-0.5 fish meals + 0.5 meat meals <= 0",
        "1 fish meals + 1 meat meals >= 80",
    ),
    "maples and lindens": _model(
        "max 1 maples + 1 lindens",
        """A city plants maples and lindens. A maple costs 60 dollars and a linden costs 45 dollars. The
        budget is 3000 dollars. There must be at least three times as many lindens as maples. How many
        of each should be planted to maximize the total number of trees?""",
        "1 lindens - 3 maples >= 0",
        "45 lindens + 60 maples <= 3000",
    ),
    "notebooks and folders": _model(
        "max 1 notebooks + 1 folders",
        """A student buys notebooks and folders. Notebooks cost 3 dollars each and folders cost 2 dollars
        each. He can spend up to forty dollars. He needs at least four notebooks and no fewer than five
        folders. How many of each should he buy to maximize the total number of items?""",
        "1 folders >= 5",
        "2 folders + 3 notebooks <= 40",
        "1 notebooks >= 4",
    ),
    "truck and barge": _model(
        "min 4 truck + 30 barge",
        """A quarry ships stone by truck and by barge. A truck can carry 15 tons per trip and a barge can
        carry 180 tons per trip. A truck trip produces 4 units of pollution and a barge trip produces 30
        units of pollution. At least 2000 tons must be shipped. There must be more truck trips than
        barge trips. How many trips of each should be made to minimize pollution?""",
        "-1 barge + 1 truck >= 0",
        "180 barge + 15 truck >= 2000",
    ),
    "cherries and plums": _model(
        "max 700 cherries + 520 plums",
        """An orchard has 45 acres for cherries and plums. An acre of cherries needs 12 hours of pruning
        and an acre of plums needs 8 hours of pruning. There are 480 hours available for pruning. The
        profit per acre of cherries is $700 and the profit per acre of plums is $520. How many acres of
        each should be planted to maximize profit?""",
        "1 cherries + 1 plums <= 45",
        "12 cherries + 8 plums <= 480",
    ),
    "masks and gloves": _model(
        "max 40 masks + 25 gloves",
        """A clinic orders masks and gloves. A box of masks costs $12 and a box of gloves costs $8. The
        clinic has at most $600. It must order at least twice as many boxes of gloves as boxes of masks.
        A box of masks serves 40 patients and a box of gloves serves 25 patients. How many boxes of each
        should be ordered to maximize the number of patients served?""",
        "1 gloves - 2 masks >= 0",
        "8 gloves + 12 masks <= 600",
    ),
    "tables and chairs": _model(
        "max 70 tables + 30 chairs",
        """A shop makes tables and chairs. Each table takes 3 hours and each chair takes 1 hour. There are
        40 hours available. Tables earn $70 and chairs earn $30. Fewer tables than chairs must be made.
        Maximize profit.""",
        "-1 chairs + 1 tables <= 0",
        "1 chairs + 3 tables <= 40",
    ),
    "tables and chairs 2": _model(
        "max 70 tables + 30 chairs",
        """A shop makes tables and chairs. Each table takes 3 hours and each chair takes 1 hour. There are
        40 hours available. Tables earn $70 and chairs earn $30. No more than 5 tables and 9 chairs can
        be made. Maximize profit.""",
        "1 chairs + 3 tables <= 40",
        "1 chairs <= 9",
        "1 tables <= 5",
    ),
    "tables and chairs 3": _model(
        "max 70 tables + 30 chairs",
        """A shop makes tables and chairs. Each table takes 3 hours and each chair takes 1 hour. There are
        40 hours available. Tables earn $70 and chairs earn $30. There must be exactly twice as many
        chairs as tables. Maximize profit.""",
        "1 chairs - 2 tables = 0",
        "1 chairs + 3 tables <= 40",
    ),
    "tables and chairs 4": _model(
        "max 70 tables + 30 chairs",
        """A shop makes tables and chairs. A table takes 3 hours and a chair takes 1 hour. There are 40
        hours available. Tables earn $70 and chairs earn $30. Chairs must be less than 30% of tables.
        Maximize profit.""",
        "1 chairs - 0.3 tables <= 0",
        "1 chairs + 3 tables <= 40",
    ),
    "tables and chairs 5": _model(
        "max 70 tables + 30 chairs",
        """A shop makes tables and chairs. A table takes 3 hours and a chair takes 1 hour. There are 40
        hours available. Tables earn $70 and chairs earn $30. It must not make fewer than 4 chairs.
        Maximize profit.""",
        "1 chairs + 3 tables <= 40",
        "1 chairs >= 4",
    ),
    "tables and chairs 6": _model(
        "max 70 tables + 30 chairs",
        """A shop makes tables and chairs. A table takes 3 hours and a chair takes 1 hour. There are 40
        hours available. Tables earn $70 and chairs earn $30. It is impossible to sell more than 9
        chairs. Maximize profit.""",
        "1 chairs + 3 tables <= 40",
        "1 chairs <= 9",
    ),
    "tables and chairs 7": _model(
        "min 70 tables + 30 chairs",
        """A shop makes tables and chairs. A table takes 3 hours and a chair takes 1 hour. At least 25
        hours must be worked. Tables cost $70 and chairs cost $30. Between 2 and 6 tables must be made.
        Minimize the cost.""",
        "1 chairs + 3 tables >= 25",
        "1 tables <= 6",
        "1 tables >= 2",
    ),
    "widgets and gadgets": _model(
        "max 9 widgets + 14 gadgets",
        """We make two products, widgets and gadgets. A widget needs 2 kg of steel and 1 hour of labour; a
        gadget needs 3 kg of steel and 2 hours of labour. Each day we have 120 kg of steel and 70 hours
        of labour. Widgets bring 9 dollars profit each, gadgets 14 dollars. What production plan gives
        the highest profit?""",
        "2 gadgets + 1 widgets <= 70",
        "3 gadgets + 2 widgets <= 120",
    ),
    "maize and soy": _model(
        "max 600 maize + 450 soy",
        """I run a small farm with 40 hectares for maize and soy. Maize gives a profit of 600 dollars per
        hectare, soy 450 dollars per hectare. Maize needs 5 days of work per hectare and soy needs 3
        days of work per hectare. I have 160 days of work. How many hectares of each should I plant to
        maximize my profit?""",
        "1 maize + 1 soy <= 40",
        "5 maize + 3 soy <= 160",
    ),
    "day nurses and night nurses": _model(
        "min 220 day nurses + 310 night nurses",
        """A hospital must schedule day nurses and night nurses. Day nurses cost $220 per shift and night
        nurses cost $310 per shift. At least 14 nurses are needed in total, and at least 5 of them must
        be night nurses. Minimize the total cost.""",
        "1 day nurses + 1 night nurses >= 14",
        "1 night nurses >= 5",
    ),
    "crates and pallets": _model(
        "max 3 crates + 7 pallets",
        """Our warehouse stores crates and pallets. A crate takes up 1.5 cubic meters and a pallet takes up
        4 cubic meters. The warehouse holds 600 cubic meters. Storing a crate earns $3 and storing a
        pallet earns $7. We must store no fewer than 50 pallets. Maximize earnings.""",
        "1.5 crates + 4 pallets <= 600",
        "1 pallets >= 50",
    ),
    "microscopes and lasers": _model(
        "max 6 microscopes + 9 lasers",
        """A lab buys microscopes and lasers. Each microscope costs 2,500 dollars and each laser costs
        4,000 dollars. The lab has 60,000 dollars. Every microscope serves 6 students and every laser
        serves 9 students. There should be at least as many microscopes as lasers. How many of each
        should the lab buy so that as many students as possible are served?""",
        "-1 lasers + 1 microscopes >= 0",
        "4000 lasers + 2500 microscopes <= 60000",
    ),
    "drone flight and truck tour": _model(
        "min 15 drone flight + 60 truck tour",
        """A drone flight costs $15 and delivers 4 parcels. A truck tour costs $60 and delivers 30 parcels.
        At least 200 parcels must be delivered. No more than 20 drone flights are allowed. Find the
        minimum total cost.""",
        "1 drone flight <= 20",
        "4 drone flight + 30 truck tour >= 200",
    ),
    "pasta dishes and rice dishes": _model(
        "min 3 pasta dishes + 2 rice dishes",
        """The cafeteria serves pasta and rice dishes. A pasta dish has 600 kcal and costs $3, a rice dish
        has 450 kcal and costs $2. The menu must provide at least 9000 kcal. At least 8 rice dishes must
        be served. Minimize costs.""",
        "600 pasta dishes + 450 rice dishes >= 9000",
        "1 rice dishes >= 8",
    ),
    "car loans and home loans": _model(
        "max 0.06 car loans + 0.04 home loans",
        """A bank lends money as car loans and home loans. Car loans earn 6% and home loans earn 4%. The
        bank has $5 million to lend. At least 50% of the money must go to home loans. How much should be
        lent in each form to maximize earnings?""",
        "-0.5 car loans + 0.5 home loans >= 0",
        "1 car loans + 1 home loans <= 5000000",
    ),
    "gravel and sand": _model(
        "max 12 gravel + 8 sand",
        """A quarry digs gravel and sand. Digging a ton of gravel takes 4 minutes and digging a ton of sand
        takes 3 minutes. The machine runs for at most 8 hours a day. At least 30 tons of gravel are
        needed. A ton of gravel sells for $12 and a ton of sand sells for $8. Maximize revenue.""",
        "1 gravel >= 30",
        "4 gravel + 3 sand <= 480",
    ),
    "radio and television": _model(
        "max 2000 radio + 12000 television",
        """A company advertises on radio and on television. A radio spot costs $300 and reaches 2,000
        people. A television spot costs $1,500 and reaches 12,000 people. The budget is $30,000. At most
        60% of the spots may be on television. There must be at least 10 radio spots. Maximize the
        number of people reached.""",
        "-0.6 radio + 0.4 television <= 0",
        "1 radio >= 10",
        "300 radio + 1500 television <= 30000",
    ),
    "shirts and skirts and coats": _model(
        "max 10 shirts + 18 skirts + 45 coats",
        """A tailor makes shirts, skirts and coats. Shirts need 1 m of cloth, skirts need 2 m of cloth and
        coats need 4 m of cloth. There are 200 m of cloth. Shirts take 2 hours, skirts take 3 hours and
        coats take 8 hours. 300 hours are available. The profits are $10 per shirt, $18 per skirt and
        $45 per coat. At least 10 coats must be made. Maximize profit.""",
        "1 coats >= 10",
        "4 coats + 1 shirts + 2 skirts <= 200",
        "8 coats + 2 shirts + 3 skirts <= 300",
    ),
    "wheat and coal": _model(
        "max 400 wheat + 500 coal",
        """A ship carries containers of wheat and containers of coal. A container of wheat weighs 20 tons
        and a container of coal weighs 28 tons. The ship can carry at most 2000 tons. It has room for at
        most 90 containers. The freight is $400 per container of wheat and $500 per container of coal.
        How many containers of each should be loaded to maximize the freight?""",
        "1 coal + 1 wheat <= 90",
        "28 coal + 20 wheat <= 2000",
    ),
    "cones and cups": _model(
        "max 3 cones + 4.2 cups",
        """An ice cream stand sells cones and cups. A cone needs 2 scoops and a cup needs 3 scoops. There
        are 240 scoops. A cone sells for $3 and a cup sells for $4.20. The number of cups should not
        exceed half the number of cones. Maximize revenue.""",
        "-0.5 cones + 1 cups <= 0",
        "2 cones + 3 cups <= 240",
    ),
    "corn and soy": _model(
        "min 0.2 corn + 0.45 soy",
        """Minimize the cost of feeding chickens with corn and soy. Corn costs $0.20 per kg and contains 90
        grams of protein. Soy costs $0.45 per kg and contains 400 grams of protein. The feed must
        contain at least 12000 grams of protein. Soy can be at most 30% of the feed.""",
        "-0.3 corn + 0.7 soy <= 0",
        "90 corn + 400 soy >= 12000",
    ),
    "essay and quiz": _model(
        "max 6 essay + 1.5 quiz",
        """Two tutors, Ann and Ben, grade essays and quizzes. Ann needs 20 minutes per essay and 5 minutes
        per quiz. Ben needs 25 minutes per essay and 4 minutes per quiz. Ann has 300 minutes and Ben has
        350 minutes. Each essay earns $6 and each quiz earns $1.50. Maximize earnings.""",
        "20 essay + 5 quiz <= 300",
        "25 essay + 4 quiz <= 350",
    ),
    "steel wire and copper wire": _model(
        "max 25 steel wire + 30 copper wire",
        """A plant makes steel and copper wire. One coil of steel wire takes 3 hours on the drawing line
        and 1 hour on the coating line. One coil of copper wire takes 2 hours on the drawing line and 2
        hours on the coating line. The drawing line can run 90 hours and the coating line can run 60
        hours. Steel wire gives $25 per coil, copper wire gives $30 per coil. How many coils of each
        maximize the income?""",
        "2 copper wire + 1 steel wire <= 60",
        "2 copper wire + 3 steel wire <= 90",
    ),
}
