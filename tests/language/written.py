"""Problems in plain words, written for these tests, with the models that they state.

Things are letters, in any order; `STATED` texts are read, `TOO_HARD` texts are asked about so far, and `OPEN`
texts leave something open.
"""

from __future__ import annotations

# Each: the text, the goal, and the rows.
STATED: list[tuple[str, str, tuple[str, ...]]] = [
    (
        "In a quiz, a history question is worth 4 points and a music question is worth 7 points. In "
        "total you can answer at most 18 questions. You must answer at least 3 history questions, but"
        " time restricts answering more than 12 of either type. How many of each question maximize "
        "the score?",
        "max 4 a + 7 b",
        (
            "a + b <= 18",
            "a >= 3",
            "a <= 12",
            "b <= 12",
        ),
    ),
    (
        "A festival advertises on trams, in cinemas, and in libraries. An ad on a tram costs $400 and"
        " reaches 9000 people, an ad in a cinema costs $700 and reaches 15000 people, and an ad in a "
        "library costs $150 and reaches 2000 people. The city limits the number of ads on trams from "
        "a single client to 12. If the budget is $20000, how many ads of each kind maximize the "
        "reach?",
        "max 9000 a + 15000 b + 2000 c",
        (
            "400 a + 700 b + 150 c <= 20000",
            "a <= 12",
        ),
    ),
    (
        "A theatre has 240 seats. The balcony seats make a profit of $40 each and the stalls seats "
        "make a profit of $25 each. At least 60 seats will be assigned as balcony seats. However, at "
        "least twice as many people prefer the stalls seats to the balcony seats. How many seats of "
        "each type should be sold to maximize profit?",
        "max 40 a + 25 b",
        (
            "a + b <= 240",
            "a >= 60",
            "b - 2 a >= 0",
        ),
    ),
    (
        "A shop stocks lamps and clocks. Each lamp costs $12 and each clock costs $20. The shop has a"
        " budget of $900. The weekly demand for both products will not exceed 60. If the profit per "
        "lamp is $5 and the profit per clock is $9, how many of each should the shop stock to "
        "maximize profit?",
        "max 5 a + 9 b",
        (
            "12 a + 20 b <= 900",
            "a + b <= 60",
        ),
    ),
    (
        "A studio makes oak tables and steel tables. The oak tables are made by team A and they can "
        "make at most 4 a day. The steel tables are made by team B and they can make at most 6 a day."
        " In total, at most 8 tables can be checked. If the profit per oak table is $90 and the "
        "profit per steel table is $70, how many of each should be made to maximize profit?",
        "max 90 a + 70 b",
        (
            "a <= 4",
            "b <= 6",
            "a + b <= 8",
        ),
    ),
    (
        "A kiosk sells lemon tarts and plum tarts. It must sell at least 10 lemon tarts and cannot "
        "make more than 50 lemon tarts or 30 plum tarts. If the price of a lemon tart is $2 and the "
        "price of a plum tart is $3, how many of each should be made to maximize the revenue?",
        "max 2 a + 3 b",
        (
            "a >= 10",
            "a <= 50",
            "b <= 30",
        ),
    ),
    (
        "Soup A requires 4 units of red lentils and 2 units of green lentils. Soup B requires 1 unit "
        "of red lentils and 5 units of green lentils. The kitchen has 300 units and 200 units of red "
        "and green lentils available, respectively. If the profit per soup A is $6 and the profit per"
        " soup B is $5, how many of each should be made to maximize profit?",
        "max 6 a + 5 b",
        (
            "4 a + b <= 300",
            "2 a + 5 b <= 200",
        ),
    ),
    (
        "Zinc and copper can be had from two tablets, Ferro and Vital. A Ferro tablet costs $2 and "
        "has 3 grams of zinc and 1 gram of copper. A Vital tablet costs $3 and has 2 grams of zinc "
        "and 4 grams of copper. It is recommended to get a minimum of 24 grams of zinc and copper "
        "each. How many tablets of each minimize cost?",
        "min 2 a + 3 b",
        (
            "3 a + 2 b >= 24",
            "a + 4 b >= 24",
        ),
    ),
    (
        "Rosa invests a total of $50,000 in bonds and shares, which yield a 3% return and an 8% "
        "return, respectively. The minimum investment in bonds is 40% of the total investment. How "
        "much should she invest in each to maximize her return?",
        "max 0.03 a + 0.08 b",
        (
            "a + b <= 50000",
            "0.6 a - 0.4 b >= 0",
        ),
    ),
    (
        "A bar must make at least 15 cups of mint tea but cannot make more than 40 cups. It must make"
        " at least 10 cups of ginger tea but cannot make more than 30 cups. In total, it can make at "
        "most 60 cups. The profit per cup of mint tea is $2 and the profit per cup of ginger tea is "
        "$3. How many cups of each maximize the profit?",
        "max 2 a + 3 b",
        (
            "a >= 15",
            "a <= 40",
            "b >= 10",
            "b <= 30",
            "a + b <= 60",
        ),
    ),
    (
        "Lina owns two kilns. Running kiln 1 for an hour costs $30 and makes 6 plates and 4 mugs. "
        "Running kiln 2 for an hour costs $50 and makes 9 plates and 12 mugs. She must make at least "
        "90 plates and 80 mugs. How many hours should she run each kiln to minimize costs?",
        "min 30 a + 50 b",
        (
            "6 a + 9 b >= 90",
            "4 a + 12 b >= 80",
        ),
    ),
    (
        "A pen company makes x1 blue pens at a profit of $2 each and x2 gold pens at a profit of $7 "
        "each (x1 and x2 are both greater than or equal to 0). Daily demand for blue pens is at most "
        "90 and daily demand for gold pens is at most 40. The company can only sell at most 100 pens "
        "in total. How many of each maximize profit?",
        "max 2 a + 7 b",
        (
            "a <= 90",
            "b <= 40",
            "a + b <= 100",
        ),
    ),
    (
        "One batch of rye bread is made of 300 g of flour and 20 g of salt while a batch of oat bread"
        " requires 200 g of flour and 30 g of salt. Find the maximum number of batches of bread that "
        "can be baked using 4000 g of flour and 500 g of salt.",
        "max a + b",
        (
            "300 a + 200 b <= 4000",
            "20 a + 30 b <= 500",
        ),
    ),
    (
        "Amir has one mower, one pump, and one truck. Each machine can be used for 9 hours a day. An "
        "acre of clover requires 0.5 hours on the mower, 0.2 hours on the pump, and 0.3 hours on the "
        "truck. An acre of flax requires 0.4 hours on the mower, 0.6 hours on the pump, and 0.1 hours"
        " on the truck. The revenue per acre of clover is $80 and the revenue per acre of flax is "
        "$90. How many acres of each maximize the revenue?",
        "max 80 a + 90 b",
        (
            "0.5 a + 0.4 b <= 9",
            "0.2 a + 0.6 b <= 9",
            "0.3 a + 0.1 b <= 9",
        ),
    ),
    (
        "A ferry company moves tourists to an island with catamarans and hydrofoils. A catamaran "
        "can carry 85 tourists per trip and a hydrofoil can carry 40 tourists per trip. The port "
        "allows at most 25 hydrofoil trips, and at least 30% of all trips must be made by "
        "catamaran. If at least 1600 tourists have to be moved, how many trips of each should be "
        "made to minimize the total number of trips?",
        "min a + b",
        (
            "b <= 25",
            "0.7 a - 0.3 b >= 0",
            "85 a + 40 b >= 1600",
        ),
    ),
    (
        "A clinic sterilizes instruments using an autoclave or a chemical bath. The autoclave can "
        "sterilize 45 instruments per cycle and needs 6 units of water. The chemical bath can "
        "sterilize 60 instruments per cycle and needs 9 units of water. The number of chemical bath"
        " cycles must not exceed the number of autoclave cycles. In addition, at least 10 chemical "
        "bath cycles must be run. If the clinic has 900 units of water available, how many cycles "
        "of each should be run to maximize the total number of instruments sterilized?",
        "max 45 a + 60 b",
        (
            "b - a <= 0",
            "b >= 10",
            "6 a + 9 b <= 900",
        ),
    ),
    (
        "A lab can perform two reactions, reaction A and reaction B, to produce a dye. Reaction A "
        "consumes 3 units of acid and 2 units of salt to make 8 units of the dye. Reaction B "
        "consumes 4 units of acid and 5 units of salt to make 11 units of the dye. The lab has 240 "
        "units of acid and 260 units of salt. How many of each reaction should be performed to "
        "maximize the amount of dye?",
        "max 8 a + 11 b",
        (
            "3 a + 4 b <= 240",
            "2 a + 5 b <= 260",
        ),
    ),
    (
        "A city council wants to install two kinds of bike racks: a wall rack and a ground rack. A "
        "wall rack holds 8 bikes and takes 4 square feet of space. A ground rack holds 14 bikes and"
        " takes 9 square feet of space. The council has 720 square feet of space available and must"
        " provide room for at least 900 bikes. How many racks of each kind should be installed to "
        "minimize the total number of racks?",
        "min a + b",
        (
            "4 a + 9 b <= 720",
            "8 a + 14 b >= 900",
        ),
    ),
    (
        "A pharmacy makes tablets and syrups from a herb extract. Each tablet requires 15 mg of "
        "extract and 2 minutes to press while each syrup requires 40 mg of extract and 5 minutes to"
        " bottle. There are 9000 mg of extract available. The pharmacy must make at least 60 "
        "syrups, and there must be at least three times as many tablets as syrups. How many of each"
        " should be made to minimize the total production time?",
        "min 2 a + 5 b",
        (
            "15 a + 40 b <= 9000",
            "b >= 60",
            "a - 3 b >= 0",
        ),
    ),
    (
        "A farmer transports hay to a market using tractors and pickup trucks. A tractor can haul "
        "30 bales per trip and a pickup truck can haul 12 bales per trip. Each tractor trip costs "
        "$25 while each pickup truck trip costs $9. The farmer wants to spend at most $400 on "
        "transportation. Since the pickup trucks are old, there must be fewer pickup truck trips "
        "than tractor trips. How many trips of each should the farmer make to maximize the number "
        "of bales transported?",
        "max 30 a + 12 b",
        (
            "25 a + 9 b <= 400",
            "b - a <= 0",
        ),
    ),
    (
        "A toy factory has two production lines, an automatic line and a manual line. The automatic"
        " line makes 50 toys an hour and uses 8 units of plastic an hour. The manual line makes 20 "
        "toys an hour and uses 3 units of plastic an hour. The factory needs to make at least 2500 "
        "toys and only has 420 units of plastic. How many hours should each line run to minimize "
        "the total time needed?",
        "min a + b",
        (
            "50 a + 20 b >= 2500",
            "8 a + 3 b <= 420",
        ),
    ),
    (
        "A dietitian plans snacks made of nut bars and fruit cups. Each nut bar contains 200 "
        "calories, 7 grams of protein and 12 grams of sugar. Each fruit cup contains 90 calories, 1"
        " gram of protein and 18 grams of sugar. A patient must get at least 1500 calories and 30 "
        "grams of protein. How many nut bars and fruit cups should be eaten to minimize sugar "
        "intake?",
        "min 12 a + 18 b",
        (
            "200 a + 90 b >= 1500",
            "7 a + 1 b >= 30",
        ),
    ),
    (
        "A parcel service sends parcels by motorbike and by van. A motorbike can take 18 parcels "
        "and a van can take 75 parcels per trip. It costs $6 for a motorbike trip and $20 for a van"
        " trip. The service must deliver at least 1200 parcels and the budget is $500. No more than"
        " 15 van trips are possible. How many trips of each kind should be made to minimize the "
        "total number of trips?",
        "min a + b",
        (
            "18 a + 75 b >= 1200",
            "6 a + 20 b <= 500",
            "b <= 15",
        ),
    ),
    (
        "A bakery prepares rye loaves and wheat loaves. A rye loaf takes 25 minutes of oven time "
        "and 10 minutes of kneading, and a wheat loaf takes 20 minutes of oven time and 15 minutes "
        "of kneading. The oven is available for 1000 minutes and the bakers can knead for at most "
        "600 minutes. Each rye loaf earns $4 and each wheat loaf earns $3.50. How many loaves of "
        "each should be baked to make the most profit?",
        "max 4 a + 3.5 b",
        (
            "25 a + 20 b <= 1000",
            "10 a + 15 b <= 600",
        ),
    ),
    (
        "A theatre sells balcony tickets and floor tickets. It makes a profit of $12 on each "
        "balcony ticket and $9 on each floor ticket. The theatre has room for 420 people. At least "
        "80 balcony tickets must be sold, and the number of floor tickets must be at least twice "
        "the number of balcony tickets. How many tickets of each type should be sold to maximize "
        "profit?",
        "max 12 a + 9 b",
        (
            "a + b <= 420",
            "a >= 80",
            "b - 2 a >= 0",
        ),
    ),
    (
        "A water company has two kinds of filters, carbon filters and membrane filters. A carbon "
        "filter cleans 35 liters per hour and requires 2 workers. A membrane filter cleans 80 "
        "liters per hour and requires 5 workers. The company employs 60 workers. At most 8 membrane"
        " filters can be bought. How many of each filter should be used to maximize the amount of "
        "water cleaned per hour?",
        "max 35 a + 80 b",
        (
            "2 a + 5 b <= 60",
            "b <= 8",
        ),
    ),
    (
        "A school hires buses and minibuses for a trip. A bus seats 50 students and costs $300, a "
        "minibus seats 18 students and costs $120. There are 400 students to be transported. At "
        "most 6 buses are available. How can the school keep the total cost as low as possible?",
        "min 300 a + 120 b",
        (
            "50 a + 18 b >= 400",
            "a <= 6",
        ),
    ),
    (
        "A glass studio makes vases and bowls. The studio makes $30 on every vase and $22 on every "
        "bowl. A vase needs 3 hours of blowing and 1 hour of polishing; a bowl needs 2 hours of "
        "blowing and 1.5 hours of polishing. Each week there are 90 hours for blowing and 60 hours "
        "for polishing. What is the best weekly production to maximize profit?",
        "max 30 a + 22 b",
        (
            "3 a + 2 b <= 90",
            "1 a + 1.5 b <= 60",
        ),
    ),
    (
        "A zoo feeds its animals with pellets and hay. One bag of pellets provides 6 units of fiber"
        " and 9 units of protein and one bag of hay provides 14 units of fiber and 2 units of "
        "protein. Pellets cost $11 per bag and hay costs $5 per bag. The animals need at least 280 "
        "units of fiber and at least 150 units of protein each day. How many bags of each should be"
        " bought to minimize the cost?",
        "min 11 a + 5 b",
        (
            "6 a + 14 b >= 280",
            "9 a + 2 b >= 150",
        ),
    ),
    (
        "An engineer designs a network with routers and switches. Each router draws 30 watts of "
        "power and handles 400 users while each switch draws 12 watts of power and handles 150 "
        "users. The network has to handle a minimum of 6000 users. The building allows at most 700 "
        "watts of power. Moreover, at least 5 switches are required. Find the number of routers and"
        " switches which minimizes the total number of devices.",
        "min a + b",
        (
            "400 a + 150 b >= 6000",
            "30 a + 12 b <= 700",
            "b >= 5",
        ),
    ),
    (
        "A print shop has a laser printer and an inkjet printer. The laser printer prints 40 pages "
        "per minute and uses 5 units of ink per minute. The inkjet printer prints 15 pages per "
        "minute and uses 4 units of ink per minute. At least 3000 pages must be printed and at most"
        " 450 units of ink can be used. How many minutes should each printer be run to minimize the"
        " total printing time?",
        "min a + b",
        (
            "40 a + 15 b >= 3000",
            "5 a + 4 b <= 450",
        ),
    ),
    (
        "A hospital schedules day nurses and night nurses. A day nurse works 9 hours and is paid "
        "$250 per shift. A night nurse works 11 hours and is paid $380 per shift. The hospital "
        "needs at least 700 hours of nursing and has a budget of $24000. How many nurses of each "
        "kind should be scheduled to minimize the total number of nurses?",
        "min a + b",
        (
            "9 a + 11 b >= 700",
            "250 a + 380 b <= 24000",
        ),
    ),
    (
        "A mining company can use drilling or blasting to extract ore. One day of drilling extracts"
        " 14 tons of ore and costs $2500. One day of blasting extracts 22 tons of ore and costs "
        "$4300. The company wants to extract at least 600 tons of ore. Because of noise rules, "
        "blasting can be used on at most 12 days. How many days of each should be used to minimize "
        "cost?",
        "min 2500 a + 4300 b",
        (
            "14 a + 22 b >= 600",
            "b <= 12",
        ),
    ),
    (
        "A juice bar mixes green smoothies and berry smoothies. A green smoothie uses 2 cups of "
        "spinach and 1 cup of banana. A berry smoothie uses 3 cups of berries and 2 cups of banana."
        " The bar has 60 cups of spinach, 75 cups of berries and 70 cups of banana. A green "
        "smoothie sells for $5 and a berry smoothie sells for $7. How many of each should be sold "
        "to maximize revenue?",
        "max 5 a + 7 b",
        (
            "2 a <= 60",
            "3 b <= 75",
            "1 a + 2 b <= 70",
        ),
    ),
    (
        "A company ships frozen fish in small crates and large crates. A small crate holds 20 fish "
        "and a large crate holds 45 fish. At most 35% of the crates can be large. The truck has "
        "space for at most 80 crates. In addition, at least 10 large crates must be shipped. How "
        "many crates of each size should be shipped to maximize the number of fish?",
        "max 20 a + 45 b",
        (
            "0.65 b - 0.35 a <= 0",
            "a + b <= 80",
            "b >= 10",
        ),
    ),
    (
        "A gym owner buys treadmills and rowing machines. A treadmill takes 30 square feet of space"
        " and costs $1500; a rowing machine takes 22 square feet of space and costs $900. The owner"
        " has 1000 square feet of space and a budget of $40000. If a treadmill can be used by 12 "
        "members a day and a rowing machine by 8 members a day, how many of each should be bought "
        "to maximize the number of members served per day?",
        "max 12 a + 8 b",
        (
            "30 a + 22 b <= 1000",
            "1500 a + 900 b <= 40000",
        ),
    ),
    (
        "A theme park sends guests between gates by monorail and by shuttle. The monorail moves 120"
        " guests per trip and uses 9 units of electricity. The shuttle moves 30 guests per trip and"
        " uses 2 units of electricity. The park must move at least 2400 guests. At least half of "
        "the trips must be made by shuttle. How many trips of each are needed to minimize the "
        "electricity used?",
        "min 9 a + 2 b",
        (
            "120 a + 30 b >= 2400",
            "0.5 b - 0.5 a >= 0",
        ),
    ),
    (
        "A candle maker produces scented candles and plain candles. Scented candles take 15 grams "
        "of wax and 4 grams of perfume each. Plain candles take 20 grams of wax each. She has 3 "
        "kilograms of wax and 400 grams of perfume. The profit on a scented candle is $6 and on a "
        "plain candle $4. How many of each maximize her profit?",
        "max 6 a + 4 b",
        (
            "15 a + 20 b <= 3000",
            "4 a <= 400",
        ),
    ),
    (
        "A carpenter makes stools, benches and shelves. A stool requires 2 hours, a bench 5 hours "
        "and a shelf 3 hours of work. A stool requires 4 feet of wood, a bench 12 feet and a shelf "
        "9 feet. There are 120 hours of work and 300 feet of wood available. Profits are $15 per "
        "stool, $40 per bench and $25 per shelf. How many of each should be made for the highest "
        "profit?",
        "max 15 a + 40 b + 25 c",
        (
            "2 a + 5 b + 3 c <= 120",
            "4 a + 12 b + 9 c <= 300",
        ),
    ),
    (
        "A post office hires full-time and part-time clerks. A full-time clerk sorts 600 letters "
        "per shift and a part-time clerk sorts 250 letters per shift. Full-time clerks cost $140 "
        "per shift and part-time clerks cost $50 per shift. The post office needs to sort at least "
        "12000 letters per shift and must have at least 8 full-time clerks. How many of each should"
        " be hired to minimize the cost?",
        "min 140 a + 50 b",
        (
            "600 a + 250 b >= 12000",
            "a >= 8",
        ),
    ),
    (
        "A researcher feeds mice two types of diets. Diet X provides 4 units of carbohydrate and 3 "
        "units of fat per gram and costs 20 cents per gram. Diet Y provides 2 units of carbohydrate"
        " and 6 units of fat per gram and costs 15 cents per gram. Each mouse needs at least 30 "
        "units of carbohydrate and 36 units of fat. How many grams of each diet minimize the cost?",
        "min 0.2 a + 0.15 b",
        (
            "4 a + 2 b >= 30",
            "3 a + 6 b >= 36",
        ),
    ),
    (
        "Maria invests $60,000 in municipal bonds and technology stocks. Municipal bonds earn 3% "
        "and technology stocks earn 8% annually. She wants to put at least $10,000 into municipal "
        "bonds, and at most 70% of her money may go to technology stocks. How much should she "
        "invest in each to maximize her annual return?",
        "max 0.03 a + 0.08 b",
        (
            "a + b <= 60000",
            "a >= 10000",
            "0.3 b - 0.7 a <= 0",
        ),
    ),
    (
        "A chemical plant runs process alpha and process beta. Process alpha yields 12 kg of "
        "solvent and 3 kg of waste per hour. Process beta yields 20 kg of solvent and 8 kg of waste"
        " per hour. The plant may produce no more than 200 kg of waste. It must produce at least "
        "600 kg of solvent. How many hours should each process be run to minimize the total running"
        " time?",
        "min a + b",
        (
            "3 a + 8 b <= 200",
            "12 a + 20 b >= 600",
        ),
    ),
    (
        "A courier company can rent electric scooters and cargo bikes. Each electric scooter can "
        "deliver 25 meals per day and needs 3 charging units per day. Each cargo bike can deliver "
        "40 meals per day and needs 5 charging units per day. The company can use at most 150 "
        "charging units per day. At most 40% of the vehicles can be cargo bikes, and at least 12 "
        "electric scooters must be rented. How many of each should be rented to maximize the number"
        " of meals delivered per day?",
        "max 25 a + 40 b",
        (
            "3 a + 5 b <= 150",
            "0.6 b - 0.4 a <= 0",
            "a >= 12",
        ),
    ),
    (
        "A museum wants to display paintings and sculptures. A painting requires 6 square meters of"
        " wall space and attracts 70 visitors a day. A sculpture requires 10 square meters of wall "
        "space and attracts 110 visitors a day. The museum has 300 square meters of wall space. The"
        " curator insists on at least 10 paintings and at least 8 sculptures. How many of each "
        "should be displayed to maximize the number of visitors?",
        "max 70 a + 110 b",
        (
            "6 a + 10 b <= 300",
            "a >= 10",
            "b >= 8",
        ),
    ),
    (
        "A soap factory makes liquid soap and bar soap in batches. A batch of liquid soap requires "
        "40 units of oil and 25 units of lye. A batch of bar soap requires 30 units of oil and 45 "
        "units of lye. The factory has 1800 units of oil and 1700 units of lye. The number of "
        "batches of bar soap must be larger than the number of batches of liquid soap. If each "
        "batch of liquid soap earns $90 and each batch of bar soap earns $110, how many batches of "
        "each should be made to maximize profit?",
        "max 90 a + 110 b",
        (
            "40 a + 30 b <= 1800",
            "25 a + 45 b <= 1700",
            "b - a >= 0",
        ),
    ),
    (
        "To clean a lake, a town can use skimmer boats or pump stations. A skimmer boat removes 50 "
        "kg of algae a day and requires a crew of 3 people. A pump station removes 130 kg of algae "
        "a day and requires a crew of 7 people. The town has 84 people available. At least 4 pump "
        "stations must be used since they are already paid for. How many of each should the town "
        "use to remove as much algae as possible?",
        "max 50 a + 130 b",
        (
            "3 a + 7 b <= 84",
            "b >= 4",
        ),
    ),
    (
        "A caterer offers two platters. A veggie platter takes 20 minutes to prepare and uses 3 kg "
        "of vegetables. A meat platter takes 35 minutes to prepare and uses 1 kg of vegetables. The"
        " caterer has 1400 minutes and 90 kg of vegetables. Veggie platters bring in $18 and meat "
        "platters bring in $32. How many platters of each type should be made to maximize income?",
        "max 18 a + 32 b",
        (
            "20 a + 35 b <= 1400",
            "3 a + 1 b <= 90",
        ),
    ),
    (
        "A charity packs food boxes and hygiene boxes. A food box weighs 9 kg and takes 12 minutes "
        "to pack; a hygiene box weighs 4 kg and takes 7 minutes to pack. The truck can carry 1,800 "
        "kg and the volunteers have 2,400 minutes. The charity wants at least as many hygiene boxes"
        " as food boxes. How many boxes of each kind should be packed to maximize the total number "
        "of boxes?",
        "max a + b",
        (
            "9 a + 4 b <= 1800",
            "12 a + 7 b <= 2400",
            "b - a >= 0",
        ),
    ),
    (
        "A data center runs two types of servers: blade servers and tower servers. A blade server "
        "processes 300 requests per second and consumes 250 watts. A tower server processes 180 "
        "requests per second and consumes 140 watts. The power supply is limited to 9000 watts. At "
        "least 15 tower servers have to be kept for backup. How many servers of each type should "
        "run to maximize the number of requests processed per second?",
        "max 300 a + 180 b",
        (
            "250 a + 140 b <= 9000",
            "b >= 15",
        ),
    ),
    (
        "An airline sells economy seats and business seats on a plane with 180 seats. The profit is"
        " $60 per economy seat and $150 per business seat. The airline reserves at least 20 "
        "business seats. At least 4 times as many economy seats as business seats must be sold. How"
        " many seats of each type should be sold to maximize profit?",
        "max 60 a + 150 b",
        (
            "a + b <= 180",
            "b >= 20",
            "a - 4 b >= 0",
        ),
    ),
    (
        "A vineyard bottles red wine and white wine. A bottle of red wine needs 1.5 kg of grapes "
        "and 20 days of storage. A bottle of white wine needs 1.2 kg of grapes and 12 days of "
        "storage. The vineyard has 600 kg of grapes and can provide 7200 days of storage in total. "
        "The profit on a bottle of red wine is $8 and the profit on a bottle of white wine is $6. "
        "Determine how many bottles of each should be produced to maximize the total profit.",
        "max 8 a + 6 b",
        (
            "1.5 a + 1.2 b <= 600",
            "20 a + 12 b <= 7200",
        ),
    ),
    (
        "A travel agency sells city tours and mountain tours. Each city tour requires 1 guide and 2"
        " drivers. Each mountain tour requires 2 guides and 1 driver. The agency has 14 guides and "
        "16 drivers. The agency earns 400 euros per city tour and 550 euros per mountain tour. How "
        "many tours of each kind should it run to earn as much as possible?",
        "max 400 a + 550 b",
        (
            "a + 2 b <= 14",
            "2 a + b <= 16",
        ),
    ),
    (
        "A recycling plant sorts glass and metal. Sorting a ton of glass takes 3 hours and 2 "
        "workers, sorting a ton of metal takes 5 hours and 1 worker. The plant has 90 hours and 40 "
        "workers. Glass brings $70 per ton and metal brings $95 per ton. How many tons of each "
        "should be sorted to maximize revenue?",
        "max 70 a + 95 b",
        (
            "3 a + 5 b <= 90",
            "2 a + b <= 40",
        ),
    ),
    (
        "A florist ties wedding bouquets and birthday bouquets. A wedding bouquet contains 12 roses"
        " and 6 lilies, and a birthday bouquet contains 5 roses and 4 lilies. The florist has 300 "
        "roses and 180 lilies in stock. The number of wedding bouquets cannot be more than half the"
        " number of birthday bouquets. A wedding bouquet sells for $45 and a birthday bouquet for "
        "$20. How many bouquets of each should be tied to maximize sales?",
        "max 45 a + 20 b",
        (
            "12 a + 5 b <= 300",
            "6 a + 4 b <= 180",
            "a - 0.5 b <= 0",
        ),
    ),
    (
        "A power company generates electricity with gas turbines and wind turbines. A gas turbine "
        "generates 40 MWh a day and emits 18 tons of carbon. A wind turbine generates 12 MWh a day "
        "and emits 1 ton of carbon. The company must generate at least 600 MWh a day. No more than "
        "25 wind turbines can be installed. How many of each should be used to minimize the emitted"
        " carbon?",
        "min 18 a + 1 b",
        (
            "40 a + 12 b >= 600",
            "b <= 25",
        ),
    ),
    (
        "A moving company has two options to ship furniture: containers and pallets. Each container"
        " holds 30 pieces and each pallet holds 6 pieces. It takes 4 hours to load a container and "
        "1 hour to load a pallet. At least 420 pieces have to be shipped, and there are no more "
        "than 65 hours for loading. At least 10 pallets must be used. How many of each should be "
        "used in order to minimize the total number of containers and pallets?",
        "min a + b",
        (
            "30 a + 6 b >= 420",
            "4 a + 1 b <= 65",
            "b >= 10",
        ),
    ),
    (
        "A university offers online courses and campus courses. An online course serves 120 "
        "students and needs 2 teaching assistants; a campus course serves 45 students and needs 3 "
        "teaching assistants. The university has 60 teaching assistants. By law at least 30% of the"
        " courses must be campus courses. How many courses of each type maximize the number of "
        "students served?",
        "max 120 a + 45 b",
        (
            "2 a + 3 b <= 60",
            "0.7 b - 0.3 a >= 0",
        ),
    ),
    (
        "A blood bank uses centrifuge A and centrifuge B. Centrifuge A processes 8 samples per run "
        "and takes 10 minutes. Centrifuge B processes 14 samples per run and takes 16 minutes. At "
        "least 350 samples must be processed. Centrifuge B can be used for at most 15 runs. "
        "Minimize the total time.",
        "min 10 a + 16 b",
        (
            "8 a + 14 b >= 350",
            "b <= 15",
        ),
    ),
    (
        "A painter uses oil paint and water paint to cover walls. A can of oil paint covers 12 "
        "square meters and costs $30, whereas a can of water paint covers 9 square meters and costs"
        " $18. He must cover at least 360 square meters and wants to use at least 10 cans of oil "
        "paint. What number of cans of each paint gives the lowest cost?",
        "min 30 a + 18 b",
        (
            "12 a + 9 b >= 360",
            "a >= 10",
        ),
    ),
    (
        "A village builds wells and rain tanks. A well supplies 900 litres of water a day and costs"
        " $4000. A rain tank supplies 350 litres of water a day and costs $1200. The village has "
        "$60,000 to spend. The number of rain tanks must be at most 3 times the number of wells. "
        "How many of each should be built to maximize the daily water supply?",
        "max 900 a + 350 b",
        (
            "4000 a + 1200 b <= 60000",
            "b - 3 a <= 0",
        ),
    ),
    (
        "A smartphone maker produces model S and model T. Model S needs 2 chips and 1 camera, model"
        " T needs 3 chips and 3 cameras. 1200 chips and 900 cameras are in stock. The maker earns "
        "$90 on model S and $150 on model T. How many of each model should be produced to maximize "
        "earnings?",
        "max 90 a + 150 b",
        (
            "2 a + 3 b <= 1200",
            "1 a + 3 b <= 900",
        ),
    ),
    (
        "A sports club rents small fields and large fields. A small field costs $40 an hour and can"
        " host 14 players; a large field costs $90 an hour and can host 30 players. The club has to"
        " host at least 200 players and can rent at most 10 small fields. How many fields of each "
        "size should be rented to minimize the hourly cost?",
        "min 40 a + 90 b",
        (
            "14 a + 30 b >= 200",
            "a <= 10",
        ),
    ),
    (
        "A hospital can test patients with a blood test or a saliva test. A blood test takes 12 "
        "minutes and a saliva test takes 7 minutes. At least twice as many saliva tests as blood "
        "tests must be done. In addition, at least 15 blood tests must be done. The hospital has "
        "900 minutes. How many tests of each type should be done to maximize the number of patients"
        " tested?",
        "max a + b",
        (
            "b - 2 a >= 0",
            "a >= 15",
            "12 a + 7 b <= 900",
        ),
    ),
    (
        "A delivery team can use drones or robots. Each drone delivers 6 parcels per hour and each "
        "robot delivers 9 parcels per hour. Each drone requires 2 batteries and each robot requires"
        " 5 batteries. If there are 100 batteries available and the number of robots cannot exceed "
        "40% of all machines, how many of each should be used to maximize the number of parcels "
        "delivered per hour?",
        "max 6 a + 9 b",
        (
            "2 a + 5 b <= 100",
            "0.6 b - 0.4 a <= 0",
        ),
    ),
    (
        "A dairy produces butter and yogurt. Producing one kilogram of butter takes 20 liters of "
        "milk and one kilogram of yogurt takes 1.1 liters of milk. Each day 2,000 liters of milk "
        "arrive. Demand for yogurt is at most 600 kilograms. Butter is sold at $9 per kilogram and "
        "yogurt at $2 per kilogram. How much of each should be produced to maximize revenue?",
        "max 9 a + 2 b",
        (
            "20 a + 1.1 b <= 2000",
            "b <= 600",
        ),
    ),
    (
        "A construction company has to move sand with dump trucks and trailers. A dump truck "
        "carries 14 cubic meters of sand and a trailer carries 9 cubic meters. Each dump truck "
        "requires 2 workers to unload and each trailer requires 1 worker to unload. The company has"
        " 50 workers. At least 8 trailers must be used. How many of each should be used to maximize"
        " the amount of sand moved?",
        "max 14 a + 9 b",
        (
            "2 a + 1 b <= 50",
            "b >= 8",
        ),
    ),
    (
        "A tailor sews suits and dresses. He has 80 yards of cotton and 120 yards of wool. A suit "
        "takes 2 yards of cotton and 1 yard of wool. A dress takes 1 yard of cotton and 3 yards of "
        "wool. If a suit and a dress each sell for $90, how many of each should he sew to maximize "
        "income?",
        "max 90 a + 90 b",
        (
            "2 a + b <= 80",
            "a + 3 b <= 120",
        ),
    ),
    (
        "An orchard grows cherries and plums on 50 hectares. Cherries need 4 workers per hectare "
        "and plums need 3 workers per hectare. 180 workers are available. The profit is $1,200 per "
        "hectare of cherries and $1,000 per hectare of plums. How many hectares of each should be "
        "planted to maximize profit?",
        "max 1200 a + 1000 b",
        (
            "a + b <= 50",
            "4 a + 3 b <= 180",
        ),
    ),
    (
        "A bank has two kinds of cash machines: standard and deluxe. The standard cash machine "
        "serves 30 customers per hour and the deluxe one serves 55 customers per hour. The standard"
        " one uses 2 rolls of paper per hour while the deluxe one uses 3 rolls per hour. The bank "
        "must serve at least 700 customers per hour and can use at most 45 rolls of paper per hour."
        " How many of each should be installed to minimize the total number of machines?",
        "min a + b",
        (
            "30 a + 55 b >= 700",
            "2 a + 3 b <= 45",
        ),
    ),
    (
        "A factory makes washing machines and dryers. Producing one washing machine requires 4 "
        "hours of labor and 3 units of steel, while one dryer requires 3 hours of labor and 2 units"
        " of steel. The factory has a weekly capacity of 480 labor hours and 300 units of steel. "
        "Each washing machine yields a profit of $85 and each dryer yields $60. At least 20 dryers "
        "need to be produced each week. Determine the optimal number of washing machines and dryers"
        " to maximize weekly profit.",
        "max 85 a + 60 b",
        (
            "4 a + 3 b <= 480",
            "3 a + 2 b <= 300",
            "b >= 20",
        ),
    ),
    (
        "An electronics company manufactures tablets and laptops. Each tablet generates a profit of"
        " $120 and each laptop generates a profit of $200. The assembly of a tablet takes 2 hours "
        "and of a laptop 3 hours. The total assembly time cannot exceed 240 hours. Due to market "
        "demand, the company must produce at least 30 tablets and no more than 50 laptops. What is "
        "the maximum profit the company can achieve?",
        "max 120 a + 200 b",
        (
            "2 a + 3 b <= 240",
            "a >= 30",
            "b <= 50",
        ),
    ),
    (
        "A rancher raises goats and sheep. Every goat needs 2 acres and every sheep needs 1.5 acres"
        " of pasture. The rancher has 120 acres of pasture. A goat requires $30 of vaccines per "
        "year and a sheep $45 per year; the yearly budget for vaccines is $2700. The rancher earns "
        "$110 for each goat and $130 for each sheep. How many of each should he raise to maximize "
        "earnings?",
        "max 110 a + 130 b",
        (
            "2 a + 1.5 b <= 120",
            "30 a + 45 b <= 2700",
        ),
    ),
    (
        "A company has two factories, factory P and factory Q. Factory P can produce 40 chairs and "
        "25 desks per day and costs $900 per day to operate. Factory Q can produce 30 chairs and 50"
        " desks per day and costs $1,100 per day to operate. The company has an order of at least "
        "800 chairs and at least 1000 desks. How many days should each factory be operated to "
        "minimize the total cost?",
        "min 900 a + 1100 b",
        (
            "40 a + 30 b >= 800",
            "25 a + 50 b >= 1000",
        ),
    ),
    (
        "An oil refinery buys crude A and crude B. Each barrel of crude A gives 0.4 barrels of "
        "gasoline and 0.3 barrels of diesel. Each barrel of crude B gives 0.5 barrels of gasoline "
        "and 0.2 barrels of diesel. Crude A costs $70 per barrel and crude B costs $65 per barrel. "
        "The refinery must produce at least 2000 barrels of gasoline and 1200 barrels of diesel. "
        "How many barrels of each crude should it buy to minimize cost?",
        "min 70 a + 65 b",
        (
            "0.4 a + 0.5 b >= 2000",
            "0.3 a + 0.2 b >= 1200",
        ),
    ),
    (
        "A logistics firm transports goods by truck and by train. A truck trip carries 20 tons and "
        "costs $600, while a train trip carries 100 tons and costs $2,200. At least 1,000 tons need"
        " to be transported. The firm can make at most 7 train trips. How many trips of each type "
        "should be made to minimize the total cost?",
        "min 600 a + 2200 b",
        (
            "20 a + 100 b >= 1000",
            "b <= 7",
        ),
    ),
    (
        "A farmer wants to plant soybeans, corn and oats on his 640 acres of land. Soybeans require"
        " 3 hours of labor per acre, corn requires 5 hours per acre and oats require 2 hours per "
        "acre. There are 2000 hours of labor available. The profit per acre is $140 for soybeans, "
        "$210 for corn and $90 for oats. He wants to plant at least 80 acres of oats. How many "
        "acres of each crop should be planted to maximize profit?",
        "max 140 a + 210 b + 90 c",
        (
            "a + b + c <= 640",
            "3 a + 5 b + 2 c <= 2000",
            "c >= 80",
        ),
    ),
    (
        "A toy maker produces cars and trains. For each car, 2 wheels sets and 1 hour are needed; "
        "for each train, 5 wheel sets and 3 hours are needed. 400 wheel sets and 200 hours are "
        "available. Cars are sold for $8 and trains for $21. How many cars and trains should be "
        "produced to maximize sales revenue?",
        "max 8 a + 21 b",
        (
            "2 a + 5 b <= 400",
            "1 a + 3 b <= 200",
        ),
    ),
    (
        "A firm advertises on radio and in newspapers. One radio spot costs $250 and reaches 6,000 "
        "people. One newspaper ad costs $400 and reaches 9,000 people. The firm's monthly budget is"
        " $10,000. It wants to place at least 12 radio spots and no more than 15 newspaper ads. How"
        " many of each should be placed to reach as many people as possible?",
        "max 6000 a + 9000 b",
        (
            "250 a + 400 b <= 10000",
            "a >= 12",
            "b <= 15",
        ),
    ),
    (
        "A brewery produces lager and stout. One keg of lager requires 8 kg of malt and 0.5 kg of "
        "hops. One keg of stout requires 12 kg of malt and 0.4 kg of hops. The brewery has 960 kg "
        "of malt and 45 kg of hops. At least 25% of the kegs produced must be stout. The profit is "
        "$60 per keg of lager and $75 per keg of stout. How many kegs of each maximize profit?",
        "max 60 a + 75 b",
        (
            "8 a + 12 b <= 960",
            "0.5 a + 0.4 b <= 45",
            "0.75 b - 0.25 a >= 0",
        ),
    ),
    (
        "A cleaning company cleans offices and apartments. Cleaning an office takes 3 hours and "
        "uses 2 liters of detergent. Cleaning an apartment takes 2 hours and uses 1 liter of "
        "detergent. In a week, the company has 150 hours of labor and 90 liters of detergent. The "
        "company charges $110 per office and $70 per apartment. How many of each should it clean to"
        " maximize weekly revenue?",
        "max 110 a + 70 b",
        (
            "3 a + 2 b <= 150",
            "2 a + 1 b <= 90",
        ),
    ),
    (
        "A hospital needs to transport 500 patients using ambulances and vans. An ambulance can "
        "take 2 patients per trip and requires 40 liters of fuel. A van can take 8 patients per "
        "trip and requires 55 liters of fuel. At least 60 ambulance trips have to be made. How many"
        " trips of each should be made to minimize the amount of fuel?",
        "min 40 a + 55 b",
        (
            "2 a + 8 b >= 500",
            "a >= 60",
        ),
    ),
    (
        "A jeweler makes rings and necklaces. Each ring takes 2 grams of gold and 3 hours of work. "
        "Each necklace takes 7 grams of gold and 4 hours of work. He has 140 grams of gold, and he "
        "can work up to 120 hours. He must make at least twice as many rings as necklaces. The "
        "profit is $90 on a ring and $210 on a necklace. How many should he make of each to "
        "maximize profit?",
        "max 90 a + 210 b",
        (
            "2 a + 7 b <= 140",
            "3 a + 4 b <= 120",
            "a - 2 b >= 0",
        ),
    ),
    (
        "Two machines, M1 and M2, make bolts. M1 makes 200 bolts per hour and costs $15 per hour to"
        " run. M2 makes 350 bolts per hour and costs $28 per hour to run. 10,000 bolts are "
        "required. M1 can run for at most 30 hours. How many hours should each machine run to "
        "minimize cost?",
        "min 15 a + 28 b",
        (
            "200 a + 350 b >= 10000",
            "a <= 30",
        ),
    ),
    (
        "A school cafeteria serves pasta and salad. A plate of pasta has 600 calories and 15 grams "
        "of protein; a plate of salad has 250 calories and 8 grams of protein. Pasta costs $2.5 per"
        " plate and salad $1.8 per plate. Meals must supply at least 6000 calories and at least 160"
        " grams of protein in total. What combination minimizes cost?",
        "min 2.5 a + 1.8 b",
        (
            "600 a + 250 b >= 6000",
            "15 a + 8 b >= 160",
        ),
    ),
    (
        "A steel mill makes beams and rods. The mill can produce at most 200 beams and at most 350 "
        "rods each day. A beam uses 3 units of energy and a rod uses 2 units of energy, and there "
        "are 900 units of energy each day. The profit per beam is $25 and the profit per rod is "
        "$14. How many beams and rods should be produced daily for maximum profit?",
        "max 25 a + 14 b",
        (
            "a <= 200",
            "b <= 350",
            "3 a + 2 b <= 900",
        ),
    ),
    (
        "An investor has $100,000 to invest in stock X, stock Y and a savings account. Stock X "
        "returns 9%, stock Y returns 7% and the savings account returns 2%. No more than 50% of the"
        " money can be invested in stock X. At least $20,000 must be in the savings account. How "
        "much should be invested in each to maximize the yearly return?",
        "max 0.09 a + 0.07 b + 0.02 c",
        (
            "a + b + c <= 100000",
            "0.5 a - 0.5 b - 0.5 c <= 0",
            "c >= 20000",
        ),
    ),
    (
        "A phone repair shop fixes screens and batteries. Fixing a screen takes 45 minutes and "
        "earns $60; fixing a battery takes 20 minutes and earns $25. The technicians have 40 hours "
        "a week. The shop expects at least 10 battery repairs a week. How many of each should be "
        "fixed to maximize earnings?",
        "max 60 a + 25 b",
        (
            "45 a + 20 b <= 2400",
            "b >= 10",
        ),
    ),
    (
        "A cruise line sells inside cabins and suites. An inside cabin takes up 15 square meters "
        "and a suite takes up 40 square meters. There are 6,000 square meters available. The line "
        "needs at least 3 times as many inside cabins as suites. Inside cabins bring a profit of "
        "$800 and suites bring a profit of $2500. How many of each should be built to maximize "
        "profit?",
        "max 800 a + 2500 b",
        (
            "15 a + 40 b <= 6000",
            "a - 3 b >= 0",
        ),
    ),
    (
        "A paper mill recycles newspaper and cardboard. Each ton of newspaper takes 3 hours to pulp"
        " and 2 hours to press, and each ton of cardboard takes 4 hours to pulp and 1 hour to "
        "press. The pulping machine is available for 60 hours and the pressing machine for 30 "
        "hours. The profit per ton is $50 for newspaper and $55 for cardboard. How many tons of "
        "each should be recycled to maximize profit?",
        "max 50 a + 55 b",
        (
            "3 a + 4 b <= 60",
            "2 a + 1 b <= 30",
        ),
    ),
    (
        "In order to disinfect a hall, a crew may use foggers or wipes. A fogger disinfects 90 "
        "square feet and uses 4 units of alcohol. A pack of wipes disinfects 25 square feet and "
        "uses 1 unit of alcohol. The crew has 100 units of alcohol. The number of packs of wipes "
        "used must be at least 20. How many of each should be used to maximize the area "
        "disinfected?",
        "max 90 a + 25 b",
        (
            "4 a + 1 b <= 100",
            "b >= 20",
        ),
    ),
    (
        "A tile company sells ceramic tiles and marble tiles by the box. A box of ceramic tiles "
        "weighs 12 kg and a box of marble tiles weighs 30 kg. The delivery truck can carry at most "
        "3000 kg. The store must send at least 40 boxes of marble tiles, and at most 70% of the "
        "boxes can be ceramic. The profit on a box of ceramic tiles is $9 and on a box of marble "
        "tiles is $25. How many boxes of each should be sent to maximize profit?",
        "max 9 a + 25 b",
        (
            "12 a + 30 b <= 3000",
            "b >= 40",
            "0.3 a - 0.7 b <= 0",
        ),
    ),
    (
        "A scientist grows two kinds of bacteria: kind 1 and kind 2. Kind 1 consumes 3 units of "
        "sugar and produces 5 units of insulin per day. Kind 2 consumes 4 units of sugar and "
        "produces 7 units of insulin per day. There are 360 units of sugar available. At least 30 "
        "colonies of kind 1 must be grown. How many colonies of each kind should be grown to "
        "maximize the insulin produced?",
        "max 5 a + 7 b",
        (
            "3 a + 4 b <= 360",
            "a >= 30",
        ),
    ),
    (
        "A store sells regular headphones and noise-cancelling headphones. Regular headphones cost "
        "the store $20 a pair and noise-cancelling headphones cost the store $70 a pair. The store "
        "makes a profit of $8 on regular headphones and $30 on noise-cancelling headphones. The "
        "store can invest at most $7000 in headphones, and expects to sell at most 200 pairs in "
        "total. How many pairs of each should be ordered to maximize profit?",
        "max 8 a + 30 b",
        (
            "20 a + 70 b <= 7000",
            "a + b <= 200",
        ),
    ),
    (
        "A wildlife park moves elephants by truck or rail. Each truck can move 1 elephant and costs"
        " $900; each rail car can move 3 elephants and costs $2000. 24 elephants have to be moved. "
        "At most 5 rail cars are available. Minimize cost.",
        "min 900 a + 2000 b",
        (
            "1 a + 3 b >= 24",
            "b <= 5",
        ),
    ),
    (
        "A call center employs junior agents and senior agents. Junior agents handle 30 calls a day"
        " and cost $120 a day. Senior agents handle 50 calls a day and cost $190 a day. The center "
        "must handle at least 1,200 calls a day. The share of senior agents must not be less than "
        "20%. How many agents of each kind minimize the daily cost?",
        "min 120 a + 190 b",
        (
            "30 a + 50 b >= 1200",
            "0.8 b - 0.2 a >= 0",
        ),
    ),
    (
        "A warehouse stores small boxes and big boxes. A small box takes 2 cubic feet and a big box"
        " takes 7 cubic feet. The warehouse has 1400 cubic feet. Storing a small box brings $1 and "
        "storing a big box brings $3. There must be at least 100 small boxes but at most 300 small "
        "boxes. How many boxes of each size should be stored to maximize income?",
        "max 1 a + 3 b",
        (
            "2 a + 7 b <= 1400",
            "a >= 100",
            "a <= 300",
        ),
    ),
    (
        "A company wants to produce phone cases out of leather and silicone. Leather cases need 30 "
        "minutes to cut and 20 minutes to sew. Silicone cases need 10 minutes to cut and 5 minutes "
        "to sew. There are 50 hours for cutting and 30 hours for sewing. Leather cases sell for $18"
        " and silicone cases sell for $7. How many of each should be made to maximize revenue?",
        "max 18 a + 7 b",
        (
            "30 a + 10 b <= 3000",
            "20 a + 5 b <= 1800",
        ),
    ),
    (
        "A candy store packs gift bags and gift boxes. Each gift bag holds 12 caramels and 8 "
        "truffles. Each gift box holds 20 caramels and 25 truffles. The store has 1200 caramels and"
        " 1000 truffles. It wants to pack at least 15 gift boxes. A gift bag sells at $10 and a "
        "gift box at $22. How many of each maximize revenue?",
        "max 10 a + 22 b",
        (
            "12 a + 20 b <= 1200",
            "8 a + 25 b <= 1000",
            "b >= 15",
        ),
    ),
    (
        "A forest service fights fires with helicopters and planes. A helicopter drops 2,000 liters"
        " of water per flight and a plane drops 6,000 liters of water per flight. A helicopter "
        "flight costs $1500 and a plane flight costs $5200. The budget for flights is $90,000. The "
        "number of plane flights has to be at most one third of the number of helicopter flights. "
        "How many flights of each maximize the amount of water dropped?",
        "max 2000 a + 6000 b",
        (
            "1500 a + 5200 b <= 90000",
            "b - 0.33333333333 a <= 0",
        ),
    ),
    (
        "A doctor prescribes pill X and pill Y. Pill X has 4 mg of iron and 2 mg of zinc. Pill Y "
        "has 3 mg of iron and 5 mg of zinc. The patient should take at least 24 mg of iron and at "
        "least 20 mg of zinc. Pill X releases 1 unit of toxin and pill Y releases 2 units of toxin."
        " How many pills of each should be taken to minimize the toxin released?",
        "min 1 a + 2 b",
        (
            "4 a + 3 b >= 24",
            "2 a + 5 b >= 20",
        ),
    ),
    (
        "A bike shop assembles road bikes and mountain bikes. It takes 3 hours to assemble a road "
        "bike and 4 hours to assemble a mountain bike. It takes 1 hour to test a road bike and 2 "
        "hours to test a mountain bike. There are 120 hours for assembly and 50 hours for testing. "
        "The shop makes $100 profit on a road bike and $150 on a mountain bike. How many bikes of "
        "each type maximize profit?",
        "max 100 a + 150 b",
        (
            "3 a + 4 b <= 120",
            "1 a + 2 b <= 50",
        ),
    ),
    (
        "A government builds clinics and hospitals in rural areas. A clinic treats 40 patients a "
        "day and needs 3 doctors. A hospital treats 300 patients a day and needs 25 doctors. There "
        "are 200 doctors. At least 15 clinics must be built. How many of each should be built to "
        "maximize the number of patients treated per day?",
        "max 40 a + 300 b",
        (
            "3 a + 25 b <= 200",
            "a >= 15",
        ),
    ),
    (
        "A taxi company wants to buy sedans and minivans. A sedan carries 4 passengers and a "
        "minivan carries 7 passengers. Sedans cost $22,000 and minivans cost $35,000. The company "
        "needs capacity for at least 100 passengers and it has a budget of $650,000. It wants to "
        "have at least 5 minivans. How many of each should be bought to minimize the total number "
        "of cars?",
        "min a + b",
        (
            "4 a + 7 b >= 100",
            "22000 a + 35000 b <= 650000",
            "b >= 5",
        ),
    ),
    (
        "A restaurant buys apples and oranges to make juice. One kilogram of apples gives 0.6 "
        "liters of juice and one kilogram of oranges gives 0.5 liters of juice. Apples cost $2 per "
        "kilogram and oranges cost $1.5 per kilogram. The restaurant wants at least 60 liters of "
        "juice and has space for 150 kilograms of fruit. How many kilograms of each fruit should be"
        " bought to minimize cost?",
        "min 2 a + 1.5 b",
        (
            "0.6 a + 0.5 b >= 60",
            "a + b <= 150",
        ),
    ),
    (
        "A software firm takes on web projects and app projects. Web projects need 2 designers and "
        "3 programmers; app projects need 1 designer and 5 programmers. The firm has 20 designers "
        "and 45 programmers. Web projects earn $8000 and app projects earn $11000. How many "
        "projects of each kind should be taken on to maximize earnings?",
        "max 8000 a + 11000 b",
        (
            "2 a + 1 b <= 20",
            "3 a + 5 b <= 45",
        ),
    ),
    (
        "A plant nursery sells cactuses and orchids. To grow a cactus takes 200 ml of water per "
        "week and to grow an orchid takes 500 ml of water per week. There are 40 liters of water "
        "per week. The nursery can sell at most 60 orchids. Each cactus makes a profit of $5 and "
        "each orchid a profit of $14. How many of each should be grown to maximize profit?",
        "max 5 a + 14 b",
        (
            "200 a + 500 b <= 40000",
            "b <= 60",
        ),
    ),
    (
        "Sarah bakes cakes and pies for a fair. A cake requires 4 cups of flour and 2 cups of "
        "sugar. A pie requires 3 cups of flour and 1 cup of sugar. She has 48 cups of flour and 20 "
        "cups of sugar. She sells each cake for $20 and each pie for $14. How many cakes and pies "
        "should Sarah bake to maximize revenue?",
        "max 20 a + 14 b",
        (
            "4 a + 3 b <= 48",
            "2 a + 1 b <= 20",
        ),
    ),
    (
        "A ski resort can use snow cannons and groomers. A snow cannon covers 3 hectares a night "
        "and needs 20 kWh; a groomer covers 5 hectares a night and needs 35 kWh. At most 400 kWh "
        "can be used a night. At least 4 groomers are needed for safety reasons. How many of each "
        "maximize the area covered in a night?",
        "max 3 a + 5 b",
        (
            "20 a + 35 b <= 400",
            "b >= 4",
        ),
    ),
    (
        "A bakery has 20 kg of chocolate and 15 kg of nuts to make cookies and brownies. A tray of "
        "cookies needs 0.4 kg of chocolate and 0.5 kg of nuts; a tray of brownies needs 1 kg of "
        "chocolate and 0.3 kg of nuts. Cookies sell at $12 per tray, brownies at $18 per tray. How "
        "many trays of each should be baked for maximal revenue?",
        "max 12 a + 18 b",
        (
            "0.4 a + 1 b <= 20",
            "0.5 a + 0.3 b <= 15",
        ),
    ),
    (
        "A company produces two products, X and Y. Each unit of product X requires 2 hours on "
        "machine 1 and 1 hour on machine 2. Each unit of product Y requires 1 hour on machine 1 and"
        " 3 hours on machine 2. Machine 1 is available for 100 hours per week and machine 2 is "
        "available for 90 hours per week. The profit per unit is $30 for product X and $40 for "
        "product Y. How many units of each product should be produced to maximize profit?",
        "max 30 a + 40 b",
        (
            "2 a + 1 b <= 100",
            "1 a + 3 b <= 90",
        ),
    ),
    (
        "A coal company owns mine N and mine S. Operating mine N for one day yields 3 tons of high-"
        "grade coal and 8 tons of low-grade coal at a cost of $5000. Operating mine S for one day "
        "yields 6 tons of high-grade coal and 4 tons of low-grade coal at a cost of $7000. At least"
        " 60 tons of high-grade coal and 80 tons of low-grade coal are needed. For how many days "
        "should each mine be operated to minimize cost?",
        "min 5000 a + 7000 b",
        (
            "3 a + 6 b >= 60",
            "8 a + 4 b >= 80",
        ),
    ),
    (
        "A cosmetics firm produces creams and lotions. The production of each cream takes 10 "
        "minutes and requires 50 ml of oil. The production of each lotion takes 6 minutes and "
        "requires 30 ml of oil. There are 20 hours of production time and 6,000 ml of oil "
        "available. The firm must produce at least 40 lotions and the number of creams cannot "
        "exceed 60% of the total number of products. Creams bring a profit of $7 and lotions $4. "
        "How can profit be maximized?",
        "max 7 a + 4 b",
        (
            "10 a + 6 b <= 1200",
            "50 a + 30 b <= 6000",
            "b >= 40",
            "0.4 a - 0.6 b <= 0",
        ),
    ),
    (
        "A shop packs mixed bags and pure bags. A mixed bag uses 2 kg of nuts and 1 kg of raisins. "
        "A pure bag uses 3 kg of nuts. There are 60 kg of nuts and 20 kg of raisins. A mixed bag "
        "earns $5 and a pure bag earns $6. Maximize the earnings.",
        "max 5 a + 6 b",
        (
            "2 a + 3 b <= 60",
            "1 a <= 20",
        ),
    ),
    (
        "Anna invests $8000 in bonds and stocks. Bonds return 3% and stocks return 7%. At most half"
        " of the money may be invested in stocks. Maximize the return.",
        "max 0.03 a + 0.07 b",
        (
            "a + b <= 8000",
            "0.5 b - 0.5 a <= 0",
        ),
    ),
    (
        "A bakery makes rye bread and wheat bread. A loaf of rye bread uses 300 grams of rye and "
        "100 grams of wheat. A loaf of wheat bread uses 400 grams of wheat. There are 9 kg of rye "
        "and 12 kg of wheat. A loaf of rye bread earns $3 and a loaf of wheat bread earns $2. "
        "Maximize earnings.",
        "max 3 a + 2 b",
        (
            "300 a <= 9000",
            "100 a + 400 b <= 12000",
        ),
    ),
    (
        "A school must transport 300 students using buses and cars. A bus takes 40 students and a "
        "car takes 4 students. A bus costs $200 and a car costs $30. There are 5 buses available. "
        "Minimize the cost.",
        "min 200 a + 30 b",
        (
            "40 a + 4 b >= 300",
            "a <= 5",
        ),
    ),
    (
        "A workshop makes lamps and clocks. There must be three times as many lamps as clocks. A "
        "lamp takes 2 hours and a clock takes 5 hours. There are 110 hours. A lamp earns $10 and a "
        "clock earns $40. Maximize earnings.",
        "max 10 a + 40 b",
        (
            "2 a + 5 b <= 110",
            "a - 3 b <= 0",
            "a - 3 b >= 0",
        ),
    ),
    (
        "A shop sells apples and pears. An apple costs 50 cents and a pear costs 80 cents. At least"
        " 20 apples and 10 pears must be bought, with a budget of $40. An apple has 60 calories and"
        " a pear has 90 calories. Maximize the calories.",
        "max 60 a + 90 b",
        (
            "0.5 a + 0.8 b <= 40",
            "a >= 20",
            "b >= 10",
        ),
    ),
    (
        "A gardener has 200 square meters of land. Roses take 2 square meters each and cost $5 "
        "each, tulips take 1 square meter each and cost $2 each. He wants to spend no more than "
        "$600. A rose brings $12 and a tulip brings $4. Maximize income.",
        "max 12 a + 4 b",
        (
            "2 a + b <= 200",
            "5 a + 2 b <= 600",
        ),
    ),
    (
        "The mill can run for at most 60 hours. Grinding a ton of corn takes 2 hours and grinding a"
        " ton of rice takes 3 hours. A ton of corn earns $90 and a ton of rice earns $120. At least"
        " 5 tons of rice must be ground. Maximize earnings.",
        "max 90 a + 120 b",
        (
            "2 a + 3 b <= 60",
            "b >= 5",
        ),
    ),
    (
        "A firm uses old and new machines. An old machine makes 30 parts per hour and a new machine"
        " makes 50 parts per hour. The old machine needs 2 workers and the new machine needs 1 "
        "worker. There are 20 workers and at most 8 new machines. Maximize the number of parts made"
        " per hour.",
        "max 30 a + 50 b",
        (
            "2 a + b <= 20",
            "b <= 8",
        ),
    ),
    (
        "There are two kinds of tickets: adult tickets and child tickets. An adult ticket is $12 "
        "and a child ticket is $7. The hall has 200 seats. At least 50 child tickets must be sold. "
        "Maximize the revenue.",
        "max 12 a + 7 b",
        (
            "a + b <= 200",
            "b >= 50",
        ),
    ),
    (
        "A company makes two products, X and Y, on two machines, A and B. Each unit of X that is "
        "produced requires 20 minutes of processing time on machine A and 25 minutes of processing "
        "time on machine B. Each unit of Y that is produced requires 30 minutes of processing time "
        "on machine A and 15 minutes of processing time on machine B. Machine A is available for 40"
        " hours and machine B is available for 35 hours. The profit is $12 for each unit of X and "
        "$14 for each unit of Y. How many units of X and Y should be made to maximize profit?",
        "max 12 a + 14 b",
        (
            "20 a + 30 b <= 2400",
            "25 a + 15 b <= 2100",
        ),
    ),
    (
        "A small brewery produces ale and beer. Production is limited by scarce resources: corn, "
        "hops and malt. To make a barrel of ale requires 5 pounds of corn, 4 ounces of hops and 35 "
        "pounds of malt. To make a barrel of beer requires 15 pounds of corn, 4 ounces of hops and "
        "20 pounds of malt. Suppose that only 480 pounds of corn, 160 ounces of hops and 1190 "
        "pounds of malt are available. If the profit per barrel of ale is $13 and for beer is $23, "
        "how many barrels of each should be produced to maximize profit?",
        "max 13 a + 23 b",
        (
            "5 a + 15 b <= 480",
            "4 a + 4 b <= 160",
            "35 a + 20 b <= 1190",
        ),
    ),
    (
        "A furniture company manufactures desks and bookcases. A desk requires 4 hours of carpentry"
        " and 2 hours of painting. A bookcase requires 3 hours of carpentry and 1 hour of painting."
        " In the current week, 240 hours of carpentry time are available and 100 hours of painting "
        "time are available. Each desk yields a profit of $70; each bookcase a profit of $50. Find "
        "the best combination of desks and bookcases so that profit is maximized.",
        "max 70 a + 50 b",
        (
            "4 a + 3 b <= 240",
            "2 a + 1 b <= 100",
        ),
    ),
    (
        "A farmer has 45 acres of land. She is going to plant each acre with wheat or corn. Each "
        "acre planted with wheat yields $200 profit, and each with corn yields $300 profit. The "
        "labor and fertilizer used for each acre are as follows: wheat needs 3 workers and 2 tons "
        "of fertilizer, corn needs 2 workers and 4 tons of fertilizer. One hundred workers and 120 "
        "tons of fertilizer are available. How many acres of each should be planted to maximize "
        "profit?",
        "max 200 a + 300 b",
        (
            "a + b <= 45",
            "3 a + 2 b <= 100",
            "2 a + 4 b <= 120",
        ),
    ),
    (
        "A hospital kitchen buys milk and orange juice. One glass of milk contains 38 mcg of "
        "vitamin A and 0.5 mg of vitamin B. One glass of orange juice contains 23 mcg of vitamin A "
        "and 0.2 mg of vitamin B. At least 152 mcg of vitamin A and at least 1.8 mg of vitamin B "
        "are needed. Milk costs $0.60 a glass and orange juice costs $0.40 a glass. How many "
        "glasses of each minimize the total cost?",
        "min 0.6 a + 0.4 b",
        (
            "38 a + 23 b >= 152",
            "0.5 a + 0.2 b >= 1.8",
        ),
    ),
    (
        "An appliance store stocks small and large refrigerators. The store makes a profit of $40 "
        "on a small refrigerator and $65 on a large one. A small refrigerator takes up 6 square "
        "feet and a large refrigerator takes up 10 square feet. The storage room has 300 square "
        "feet. The store can afford at most $15,000 of stock; a small refrigerator costs $250 and a"
        " large one $600. How many of each should be stocked to maximize profit?",
        "max 40 a + 65 b",
        (
            "6 a + 10 b <= 300",
            "250 a + 600 b <= 15000",
        ),
    ),
    (
        "Kate sells necklaces and bracelets online. She needs 25 minutes to make a necklace and 15 "
        "minutes to make a bracelet. She has up to 10 hours per week for this. The material for a "
        "necklace costs $9 and the material for a bracelet costs $4, and she spends no more than "
        "$180 a week on material. Her profit is $14 on a necklace and $8 on a bracelet. How many of"
        " each should she make per week to maximize her profit?",
        "max 14 a + 8 b",
        (
            "25 a + 15 b <= 600",
            "9 a + 4 b <= 180",
        ),
    ),
    (
        "A chemist mixes solution P and solution Q. Each liter of solution P contains 30 grams of "
        "salt and 12 grams of sugar. Each liter of solution Q contains 18 grams of salt and 24 "
        "grams of sugar. The mixture must contain at least 540 grams of salt and no less than 360 "
        "grams of sugar. Solution P costs $5 per liter and solution Q costs $4 per liter. What is "
        "the cheapest mixture?",
        "min 5 a + 4 b",
        (
            "30 a + 18 b >= 540",
            "12 a + 24 b >= 360",
        ),
    ),
    (
        "A manufacturer produces three kinds of bags: totes, satchels and backpacks. Each tote "
        "needs 2 hours of cutting and 3 hours of sewing, each satchel needs 3 hours of cutting and "
        "5 hours of sewing, and each backpack needs 4 hours of cutting and 4 hours of sewing. A "
        "maximum of 300 hours of cutting and 400 hours of sewing are available per month. The "
        "profits are $10, $18 and $22 for a tote, a satchel and a backpack, respectively. At least "
        "10 totes must be made each month. How many of each kind should be made monthly to maximize"
        " profit?",
        "max 10 a + 18 b + 22 c",
        (
            "2 a + 3 b + 4 c <= 300",
            "3 a + 5 b + 4 c <= 400",
            "a >= 10",
        ),
    ),
    (
        "The manager of a store wants to stock two brands of paint. Brand Luxa brings a profit of "
        "$6 per can and brand Nova brings a profit of $4 per can. He can stock no more than 200 "
        "cans altogether. He wants to have at least 50 cans of brand Luxa, and the number of cans "
        "of brand Nova should be at least as large as the number of cans of brand Luxa. How many "
        "cans of each brand should he stock to maximize the profit?",
        "max 6 a + 4 b",
        (
            "a + b <= 200",
            "a >= 50",
            "b - a >= 0",
        ),
    ),
]

TOO_HARD: list[tuple[str, str, tuple[str, ...]]] = [
    (
        "An observatory takes images with a wide-field camera and a narrow-field camera. The wide-"
        "field camera uses 12 units of power and 3 units of memory per image. The narrow-field "
        "camera uses 7 units of power and 5 units of memory per image. Due to a research agreement,"
        " at least 20 wide-field images and at least 15 narrow-field images must be taken. If the "
        "observatory has 800 units of power and 300 units of memory, how many of each image should "
        "be taken to maximize the total number of images?",
        "max a + b",
        (
            "a >= 20",
            "b >= 15",
            "12 a + 7 b <= 800",
            "3 a + 5 b <= 300",
        ),
    ),
    (
        "A shipping company uses two types of containers, A and B. Container A can hold 10 tons and"
        " container B can hold 25 tons. Container A costs $150 and container B costs $320. The "
        "company must ship at least 600 tons. The number of type B containers must not exceed the "
        "number of type A containers. What is the minimum cost of shipping?",
        "min 150 a + 320 b",
        (
            "10 a + 25 b >= 600",
            "b - a <= 0",
        ),
    ),
    (
        "A library wants to buy novels and textbooks. Novels cost $12 each and textbooks cost $45 "
        "each. The budget is $3,600. The shelves have space for 150 books. At least 20 textbooks "
        "must be bought. If a novel is borrowed 9 times a year and a textbook is borrowed 14 times "
        "a year, how many of each should be bought to maximize the total number of times that books"
        " are borrowed?",
        "max 9 a + 14 b",
        (
            "12 a + 45 b <= 3600",
            "a + b <= 150",
            "b >= 20",
        ),
    ),
    (
        "An event planner books singers and bands. A singer performs for 30 minutes and a band "
        "performs for 50 minutes. A singer costs $200 and a band costs $450. The event lasts at "
        "least 400 minutes, and the planner can spend at most $4000. There can be no more than 6 "
        "bands. To minimize the number of performances, how many singers and bands should be "
        "booked?",
        "min a + b",
        (
            "30 a + 50 b >= 400",
            "200 a + 450 b <= 4000",
            "b <= 6",
        ),
    ),
    (
        "A factory makes bolts and nuts. A bolt takes 3 minutes on the lathe and 1 minute on the "
        "drill. A nut takes 2 minutes on the lathe. The lathe is available for 8 hours and the "
        "drill for 2 hours. A bolt earns $2 and a nut earns $1. Maximize earnings.",
        "max 2 a + b",
        (
            "3 a + 2 b <= 480",
            "a <= 120",
        ),
    ),
    (
        "A tour operator uses large coaches and small coaches. A large coach holds 48 passengers "
        "and a small coach holds 20 passengers. The cost of a large coach is $650 and the cost of a"
        " small coach is $300. 300 passengers have booked the trip. There are 10 drivers, and each "
        "coach needs one driver. How many coaches of each size should be used to minimize the cost?",
        "min 650 a + 300 b",
        (
            "48 a + 20 b >= 300",
            "a + b <= 10",
        ),
    ),
]

OPEN: list[str] = [
    (
        "A pen company makes x1 blue pens at a profit of $2 each and x2 gold pens at a profit of $7 "
        "each (x1 is at most 50). The company can only sell at most 100 pens in total. How many of "
        "each maximize profit?"
    ),
    (
        "In a quiz, a history question is worth 4 points and a music question is worth 7 points. You "
        "must answer at least 3 history questions, but time restricts answering more than 12 of "
        "either type. How many of each question maximize the score?"
    ),
    (
        "A festival advertises on trams and in cinemas. An ad on a tram costs $400 and reaches 9000 "
        "people, and an ad in a cinema costs $700 and reaches 15000 people. The operator limits the "
        "number of ads from a single client to 12. If the budget is $20000, how many ads of each kind"
        " maximize the reach?"
    ),
    (
        "Amir has one mower and two pumps. Each machine can be used for 9 hours a day. An acre of "
        "clover requires 0.5 hours on the mower and 0.2 hours on the pump. An acre of flax requires "
        "0.4 hours on the mower and 0.6 hours on the pump. The revenue per acre of clover is $80 and "
        "the revenue per acre of flax is $90. How many acres of each maximize the revenue?"
    ),
    (
        "Soup A requires 4 units of red lentils and 2 units of green lentils. Soup B requires 1 unit "
        "of red lentils and 5 units of green lentils. The kitchen has 300 units and 200 units of "
        "lentils available, respectively. If the profit per soup A is $6 and the profit per soup B is"
        " $5, how many of each maximize the profit?"
    ),
    (
        "A kiosk sells lemon tarts and plum tarts. It can make at most 50 lemon tarts or 30 plum "
        "tarts. The price of a lemon tart is $2 and the price of a plum tart is $3. How many of each "
        "maximize the revenue?"
    ),
    (
        "A bar must make at least 15 cups of mint tea but cannot serve more than 40 cups. It can make"
        " at most 60 cups. The profit per cup of mint tea is $2 and the profit per cup of ginger tea "
        "is $3. How many cups of each maximize the profit?"
    ),
    (
        "A soap factory makes liquid soap and bar soap in batches. A batch of liquid soap requires "
        "40 units of oil and 25 units of lye. A batch of bar soap requires 30 units of oil and 45 "
        "units of lye. The factory has 1800 units of oil and 1700 units of lye. A batch of liquid "
        "soap gives 60 bottles and a batch of bar soap gives 80 packs. The number of batches of bar"
        " soap must be larger than the number of batches of liquid soap. If each batch of liquid "
        "soap earns $90 and each batch of bar soap earns $110, how many batches of each should be "
        "made to maximize profit?"
    ),
    (
        "A fishing company owns trawlers and longliners. A trawler catches 18 tons of fish per week"
        " and burns 9 barrels of fuel per week. A longliner catches 7 tons of fish per week and "
        "burns 3 barrels of fuel per week. The company can buy at most 150 barrels of fuel per week"
        " and has crews for 30 ships. How many of each should go to sea to maximize the catch?"
    ),
    (
        "A travel agency sells city tours and mountain tours. Each city tour requires 1 guide and 2"
        " drivers. Each mountain tour requires 2 guides and 1 driver. The agency has 14 guides and "
        "16 drivers. The agency earns 400 euros per city tour and 550 euros per mountain tour. How "
        "many tours of each kind should it run?"
    ),
    (
        "A television channel sells 30-second slots and 60-second slots. A 30-second slot earns "
        "$4,000 and a 60-second slot earns $7,000. There are at most 1800 seconds for advertising. "
        "At least 10 slots of 60 seconds must be sold. How many slots of each type maximize "
        "revenue?"
    ),
    (
        "A shop makes tables and chairs. Each table takes 3 hours and each chair takes 1 hour. "
        "There are 40 hours available. Tables sell for $70 and chairs sell for $30. The wood of a "
        "table costs $20 and the wood of a chair costs $5. The budget for wood is $200. Maximize "
        "profit."
    ),
    (
        "A shop makes tables and chairs. Each table takes 3 hours and each chair takes 1 hour. "
        "There are 40 hours available. Tables earn $70 and chairs earn $30. There are 12 customers "
        "to be served. Maximize profit."
    ),
    (
        "A shop makes tables and chairs. Each table takes 3 hours and each chair takes 1 hour. "
        "There are 40 hours available. Tables earn $70 and chairs earn $30. The truck can carry 900"
        " kg. Maximize profit."
    ),
    (
        "A truck and a van move sand. A truck carries 9 tons per trip and a van carries 4 tons per "
        "trip. The truck can carry 90 tons a day. A truck trip costs $50 and a van trip costs $20. "
        "At least 200 tons must be moved. Minimize cost."
    ),
    (
        "A pump and a hose fill a pool. The pump moves 30 liters per minute and the hose moves 10 "
        "liters per minute. The pump uses 5 units of power per minute and the hose uses 1 unit of "
        "power per minute. There are 100 units of power. Maximize the number of liters moved per "
        "minute."
    ),
    (
        "A shop packs mixed bags and pure bags. A mixed bag uses 2 kg of nuts and 1 kg of raisins. "
        "A pure bag uses 3 kg of almonds. There are 60 kg of nuts and 20 kg of raisins. A mixed bag"
        " earns $5 and a pure bag earns $6. Maximize the earnings."
    ),
    (
        "A clinic gives vaccine A and vaccine B. A dose of vaccine A takes 5 minutes and a dose of "
        "vaccine B takes 3 minutes. There are 600 minutes. Vaccine A can be used for at most 80 "
        "people. Maximize the number of doses."
    ),
    (
        "A farm grows beans on 40 acres and peas on 60 acres. Beans earn $50 per acre and peas earn"
        " $40 per acre. Beans need 3 hours per acre and peas need 2 hours per acre. There are 150 "
        "hours. Maximize the earnings."
    ),
    (
        "Anna invests $5000 in bonds and $3000 in stocks. Bonds return 3% and stocks return 7%. "
        "Maximize the return."
    ),
    (
        "The company charges $5 for a small parcel and $9 for a large parcel. A small parcel takes "
        "2 minutes and a large parcel takes 5 minutes. There are 300 minutes. Minimize the charges."
    ),
    (
        "A shop makes red boxes and blue boxes. A red box takes 2 hours and a blue box takes 3 "
        "hours. There are 60 hours of red paint time and 50 hours of blue paint time. A red box "
        "earns $4 and a blue box earns $6. Maximize profit."
    ),
    (
        "Each worker on the day shift makes 20 parts per day and each worker on the night shift "
        "makes 15 parts per day. A day worker costs $100 and a night worker costs $140. At least "
        "600 parts must be made per day. At least 10 night workers are needed. Minimize the cost."
    ),
    (
        "A team of 6 people cleans rooms and halls. A room takes 1 hour and a hall takes 3 hours. "
        "Each person works 8 hours. A room pays $20 and a hall pays $70. Maximize the income."
    ),
    (
        "A shop rents skis and boards. Skis bring $20 a day and boards bring $25 a day. It has 50 "
        "pairs of skis and 30 boards. At most 60 customers come a day. Maximize the income."
    ),
]
