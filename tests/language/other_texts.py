"""Sixty texts of other kinds than problems that can be answered: none of them may be accepted."""

from __future__ import annotations

SHOP = "A shop makes tables and chairs. Each table takes 3 hours and each chair takes 1 hour. "
HOURS = "There are 40 hours available. "
EARN = "Tables earn $70 and chairs earn $30. "
GOAL = "How many of each maximize the profit?"
FARM = (
    "A farm grows corn and wheat on 100 acres. Corn needs 4 workers per acre and wheat needs 2 "
    "workers per acre. "
)

CHAT = [
    "Hi! What can you do for me?",
    "Tell me a joke about 3 tables and 5 chairs.",
    "What is the capital of France, and how many people live there?",
    "My table has 4 legs and my chair has 3. Isn't that funny?",
    "Please translate: the profit was $500 last year.",
    "I bought 3 apples for $2 and 5 pears for $4. Was that too much?",
    "Who won the match? The score was 3 to 2.",
    "Write a poem of 12 lines about a shop that makes tables and chairs.",
    "I feel that I work 60 hours a week and earn only $800. What should I do?",
    "Thanks, that was great! Can we do 2 more of these tomorrow?",
    "A train leaves at 9:00 and travels 80 km an hour. When does it arrive after 240 km?",
    "If 3 painters need 4 days for a house, how long do 6 painters need?",
]

CONTRADICTORY = [
    SHOP + HOURS + EARN + "At least 20 tables and at most 10 tables must be made. " + GOAL,
    SHOP + HOURS + EARN + "At least 12 chairs are needed. No more than 8 chairs can be sold. " + GOAL,
    SHOP + "There are 40 hours available. There are 60 hours available. " + EARN + GOAL,
    SHOP + HOURS + EARN + "Tables earn $90. " + GOAL,
    SHOP + "Each table takes 5 hours. " + HOURS + EARN + GOAL,
    SHOP + HOURS + EARN + "Maximize the profit. Minimize the profit.",
    SHOP + HOURS + EARN + "Exactly 5 tables and exactly 6 tables must be made. " + GOAL,
    SHOP + HOURS + EARN + "At least 30 items in total must be made, but at most 20 items in total. " + GOAL,
    SHOP + HOURS + EARN + "More tables than chairs are needed, and no tables may be made. " + GOAL,
    SHOP + HOURS + EARN + "The hours are unlimited. At most 10 of the 40 hours may be used. " + GOAL,
    SHOP + HOURS + EARN + "Chairs cannot be made, but at least 5 chairs must be made. " + GOAL,
    "A ship carries crates and barrels. A crate weighs 20 kg and a crate weighs 30 kg. A barrel"
    " weighs 40 kg. "
    "The ship carries 900 kg. A crate earns $5 and a barrel earns $8. Maximize the earnings.",
]

INCOMPLETE = [
    SHOP + HOURS + GOAL,
    SHOP + EARN + GOAL,
    "A shop makes tables and chairs. " + HOURS + EARN + GOAL,
    SHOP + HOURS + EARN,
    HOURS + EARN + GOAL,
    SHOP + HOURS + "Tables earn $70. " + GOAL,
    "A shop makes tables and chairs. Each table takes 3 hours. " + HOURS + EARN + GOAL,
    SHOP + "Only so many hours are available. " + EARN + GOAL,
    SHOP + HOURS + EARN + "At most some chairs can be sold. The limit is 5 or so. " + GOAL,
    "A diet of oats and milk must have enough protein. Oats have 12 g of protein and milk has 8"
    " g. Oats cost $1 "
    "and milk costs $2. Minimize the cost.",
    "Ship the 300 parcels as cheaply as possible with vans and bikes.",
    FARM + "There are 300 workers. How many acres of each should be planted?",
]

MIXED_UNITS = [
    "A shop makes tables and chairs. Each table takes 3 hours and each chair takes 2 days. "
    + HOURS
    + EARN
    + GOAL,
    "A smith makes rings and chains. A ring needs 3 grams of gold and a chain needs 2 ounces of"
    " gold. There are 90 "
    "grams of gold. A ring earns $40 and a chain earns $90. Maximize the earnings.",
    SHOP + HOURS + "Tables earn $70 and chairs earn 30 euros. " + GOAL,
    "A farm has 100 acres. Corn needs 4 workers per acre and wheat needs 3 workers per hectare."
    " There are 300 "
    "workers. An acre of corn earns $50 and an acre of wheat earns $40. Maximize the earnings.",
    SHOP + HOURS + EARN + "At most 90 pounds of chairs can be stored. " + GOAL,
    "A van carries boxes and bags. A box weighs 9 kg and a bag weighs 5 pounds. The van can "
    "carry 800 kg. A box "
    "earns $4 and a bag earns $2. How many of each maximize the earnings?",
    SHOP + "There are 8 hours a day. At most 20 chairs can be sold a week. " + EARN + GOAL,
    "A tank is filled by pump A and pump B. Pump A moves 20 liters a minute and pump B moves 3 "
    "gallons a minute. "
    "At least 900 liters must be moved. Minimize the total time.",
    "A cook makes soup and stew. A pot of soup takes 2 liters of water and a pot of stew takes "
    "1 kg of water. There "
    "are 30 liters of water. Soup earns $9 and stew earns $12 per pot. Maximize the income.",
    "A mill sells flour and bran. Flour earns $2 per kg and bran earns $1 per bag. It takes 3 "
    "minutes for a kg of "
    "flour and 2 minutes for a kg of bran. There are 400 minutes. Maximize the earnings.",
    SHOP + "There are 40 hours and 300 kilometers available. " + EARN + GOAL,
    "A cow eats 20 kg of hay a day and a goat eats 30 kg of hay a week. There are 900 kg of hay"
    " for a month. A cow "
    "earns $500 and a goat earns $80. Maximize the earnings.",
]

TWO_AT_ONCE = [
    SHOP
    + HOURS
    + EARN
    + GOAL
    + " A bakery makes rolls and buns. A roll takes 5 minutes and a bun takes 8 minutes. "
    "There are 300 minutes. Rolls earn $1 and buns earn $2. How many of each maximize the profit?",
    SHOP + HOURS + EARN + "Maximize the profit. Then minimize the hours.",
    SHOP + HOURS + EARN + "Maximize the profit and the number of chairs.",
    FARM + "There are 300 workers. Corn earns $90 per acre. Minimize the workers. Maximize the earnings.",
    "Problem 1: " + SHOP + HOURS + EARN + GOAL + " Problem 2: the same with 60 hours.",
    SHOP + HOURS + EARN + GOAL + " And what is the shortest route through Rome, Milan and Turin?",
    SHOP + HOURS + EARN + "What is the largest profit, and what is the smallest number of hours?",
    "Maximize the profit of a shop with tables at $70 and chairs at $30 in 40 hours, or "
    "minimize the cost of a diet "
    "of oats at $1 and milk at $2 with 50 g of protein.",
    SHOP + HOURS + EARN + GOAL + " Also schedule the 5 workers on the 3 machines.",
    SHOP + HOURS + EARN + "In the second month there are 60 hours. " + GOAL,
    "Shop A makes tables and chairs, and shop B makes beds. Tables take 3 hours, chairs take 1 "
    "hour, and beds take 4 "
    "hours. Shop A has 40 hours and shop B has 60 hours. Tables earn $70, chairs $30 and beds "
    "$200. Maximize the "
    "profit of each shop.",
    SHOP + HOURS + EARN + "Either maximize the profit or make as many chairs as possible.",
]

OTHER = {
    "chit-chat": CHAT,
    "contradictory": CONTRADICTORY,
    "incomplete": INCOMPLETE,
    "units mixed": MIXED_UNITS,
    "two problems at once": TWO_AT_ONCE,
}
