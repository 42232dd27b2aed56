"""The domains that the shipped base model is pretrained on, none of them a place to eat and none of them a
hiking trail, so that both E2E and the shipped task are new to the model. `DOMAINS` are the first stage's;
`VISITS`, places to go to with advice for the visitor, join in the second.
"""

from __future__ import annotations

import random

from qualms.data.grammar import Attribute, Domain, Wording

W = Wording
A = Attribute

SYLLABLES = (
    "ba be bo bri ca cor da del do dra el en fa fen fi ga gor ha hel ho il in jo ka kel ko la len li lo lu "
    "ma mer mi mo na nel no or pa per pi qua ra ren ri ro sa sel shi sol ta ten tha ti tor ul va ven vi "
    "wen wi xa yo za zel zu"
).split()
ENDS = "n r s l th m nd rt x ck a o e y ton ford ley wick bury dale ham mond sen".split()
FIRST = (
    "Anna Ben Clara David Emma Felix Grace Hugo Iris Jack Kate Liam Maya Noah Olive Paul Ruth Sam Tara "
    "Umar Vera Will Yara Zoe Amir Bianca Carlos Dina Erik Fatima George Hana Ivan Julia Kenji Lena Marco "
    "Nadia Oscar Priya Quinn Rosa Simon Tomas Ursula Viktor"
).split()
SHINY = (
    "Golden Silver Blue Red Green White Black Old New Little Grand Royal Quiet Bright Wild Lucky Northern "
    "Southern Hidden Crystal Iron Copper Amber Velvet Midnight Morning Winter Summer Broken Distant "
    "Crimson Emerald Gentle Hollow Ivory Proud Silent Secret"
).split()
THING = (
    "Lion River Star Garden Bridge Tower Harbour Crown Mill Rose Oak Fox Raven Lantern Anchor Meadow "
    "Castle Mirror Clock Feather Stone Forest Island Shadow Engine Letter Window Horse Swan Thunder Valley "
    "Orchard Compass Falcon Comet Drum Key Wolf Pearl Storm"
).split()
COUNTRIES = (
    "France Spain Italy Japan Brazil Canada Norway Egypt India Kenya Mexico Poland Greece Turkey Chile "
    "Ireland Korea Peru Sweden Austria"
).split()
COLOURS = "black white red blue green silver grey brown yellow orange purple pink gold".split()
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def made_up(r: random.Random) -> str:
    return ("".join(r.choice(SYLLABLES) for _ in range(r.choice((1, 2, 2, 3)))) + r.choice(ENDS)).capitalize()


def person(r: random.Random) -> str:
    return r.choice(FIRST) + " " + (made_up(r) if r.random() < 0.8 else r.choice(THING))


def title(r: random.Random) -> str:
    return r.choice(
        (
            lambda: f"The {r.choice(SHINY)} {r.choice(THING)}",
            lambda: f"{r.choice(SHINY)} {r.choice(THING)}",
            lambda: f"{r.choice(THING)} of {made_up(r)}",
            lambda: f"The {r.choice(THING)} and the {r.choice(THING)}",
            lambda: f"{made_up(r)} {r.choice(THING)}",
            lambda: made_up(r),
        )
    )()


def place(*suffixes: str):
    def draw(r: random.Random) -> str:
        head = r.choice((made_up(r), r.choice(SHINY) + " " + r.choice(THING), made_up(r), r.choice(THING)))
        return (
            ("The " if r.random() < 0.2 else "")
            + head
            + (" " + r.choice(suffixes) if suffixes and r.random() < 0.7 else "")
        )

    return draw


def model(r: random.Random) -> str:
    return (
        f"{made_up(r)} {r.choice(('', 'X', 'Pro ', 'Mini ', 'S', 'Z', 'Air '))}{r.randint(1, 990)}".replace(
            "  ", " "
        )
    )


def number(low: int, high: int, step: int = 1):
    return lambda r: str(r.randrange(low, high + 1, step))


def money(low: int, high: int):
    return lambda r: (
        r.choice("£$€")
        + str(r.choice((r.randint(low, high), r.randrange(low, high + 1, max(1, high // 40)))))
    )


def price_band(r: random.Random) -> str:
    a = r.randint(1, 40) * 5
    return r.choice(
        (
            "cheap",
            "moderate",
            "high",
            f"less than £{a}",
            f"more than £{a}",
            f"£{a}-{a + r.choice((5, 10, 20))}",
        )
    )


PRICE = A(
    "price", money(5, 900), W(vp=("costs {v}", "is priced at {v}", "sells for {v}"), pp=("at {v}", "for {v}"))
)
BAND = A(
    "price range",
    price_band,
    W(
        vp=("has prices of {v}", "charges {v}", "has a price range of {v}"),
        pp=("with a price range of {v}", "in the {v} price range"),
    ),
    {
        "cheap": W(
            adj=("cheap", "low-priced", "inexpensive", "affordable"),
            vp=("is cheap", "has low prices", "will not cost you much"),
        ),
        "moderate": W(
            adj=("moderately priced", "mid-priced"),
            vp=("has average prices", "is moderately priced", "charges moderate prices"),
        ),
        "high": W(
            adj=("expensive", "high-priced", "upmarket"),
            vp=("has high prices", "is in the high price range", "is rather expensive"),
        ),
    },
)
RATING = A(
    "rating",
    ["low", "average", "high", "1 out of 5", "2 out of 5", "3 out of 5", "4 out of 5", "5 out of 5"],
    W(
        vp=("is rated {v}", "has a rating of {v}", "received {v} from its customers", "gets {v} in reviews"),
        pp=("with a rating of {v}", "with a {v} customer rating"),
    ),
    {
        "low": W(
            adj=("poorly rated", "low-rated"),
            vp=("has a low customer rating", "gets poor reviews", "is not well liked"),
            pp=("with a low rating",),
        ),
        "average": W(
            adj=("average-rated",),
            vp=("has an average customer rating", "gets mixed reviews", "is rated average"),
        ),
        "high": W(
            adj=("highly rated", "well reviewed"),
            vp=("has a high customer rating", "gets excellent reviews", "is loved by its customers"),
        ),
    },
)


def yes_no(key: str, yes: W, no: W) -> Attribute:
    return A(key, ["yes", "no"], special={"yes": yes, "no": no})


def near(*suffixes: str) -> Attribute:
    return A(
        "near",
        place(*suffixes),
        W(
            pp=("near {v}", "close to {v}", "next to {v}", "not far from {v}"),
            vp=("stands near {v}", "is close to {v}", "can be found near {v}"),
        ),
    )


AREA = A(
    "area",
    [
        "old town",
        "harbour",
        "north side",
        "market square",
        "suburbs",
        "university quarter",
        "east end",
        "waterfront",
        "city centre",
        "hills",
    ],
    W(
        pp=("in the {v}", "in the {v} area"),
        vp=("is located in the {v}", "lies in the {v}", "can be found in the {v}"),
    ),
)
YEAR = A("year", number(1700, 2024), W(pp=("from {v}",), vp=("dates from {v}", "was made in {v}")))
COLOUR = A("colour", COLOURS, W(adj=("{v}",), vp=("is {v}", "comes in {v}"), pp=("in {v}",)))
WEIGHT = A(
    "weight",
    lambda r: f"{r.randint(1, 60)} {r.choice(('kg', 'pounds'))}",
    W(vp=("weighs {v}", "has a weight of {v}")),
)
CHILDREN = yes_no(
    "family friendly",
    W(
        adj=("family-friendly", "child-friendly"),
        vp=("welcomes families", "is suitable for children", "is family friendly"),
    ),
    W(
        adj=("adults-only",),
        vp=("does not welcome children", "is not family friendly", "is not suitable for families"),
    ),
)
MATERIAL = A(
    "material",
    "oak steel leather glass marble cotton bronze plastic bamboo wool titanium".split(),
    W(adj=("{v}",), pp=("made of {v}",), vp=("is made of {v}", "is made from {v}")),
)
COUNTRY = A("country", COUNTRIES, W(pp=("from {v}", "in {v}"), vp=("comes from {v}", "is found in {v}")))
CREATOR = A("by", person, W(pp=("by {v}",), vp=("was created by {v}", "is the work of {v}")))
LENGTH = A(
    "length", lambda r: f"{r.randint(20, 400)} minutes", W(vp=("lasts {v}", "runs for {v}", "takes {v}"))
)

DOMAINS: tuple[Domain, ...] = (
    Domain(
        "hotel",
        ("hotel", "guest house", "place to stay"),
        place("Hotel", "Inn", "Lodge", "House"),
        (
            AREA,
            BAND,
            RATING,
            near("Station", "Park", "Museum"),
            CHILDREN,
            A("rooms", number(4, 400), W(vp=("has {v} rooms", "offers {v} rooms"), pp=("with {v} rooms",))),
            yes_no(
                "parking",
                W(vp=("offers parking", "has its own car park"), pp=("with parking",)),
                W(vp=("has no parking",), pp=("without parking",)),
            ),
        ),
    ),
    Domain(
        "shop",
        ("shop", "store"),
        place("& Sons", "Store", "Shop", "Market"),
        (
            A(
                "sells",
                (
                    "books shoes toys tools flowers clothes records furniture "
                    "bicycles jewellery stationery hats"
                ).split(),
                W(vp=("sells {v}", "offers {v}", "stocks {v}", "is a good place to buy {v}")),
            ),
            AREA,
            BAND,
            RATING,
            near("Street", "Bank"),
            A("opens", lambda r: f"{r.randint(6, 11)} am", W(vp=("opens at {v}", "is open from {v}"))),
            CHILDREN,
        ),
    ),
    Domain(
        "museum",
        ("museum", "gallery"),
        place("Museum", "Gallery", "Collection"),
        (
            A(
                "subject",
                [
                    "modern art",
                    "railways",
                    "local history",
                    "fossils",
                    "fashion",
                    "ships",
                    "photography",
                    "old maps",
                    "astronomy",
                ],
                W(pp=("of {v}",), vp=("is about {v}", "is devoted to {v}", "shows {v}")),
            ),
            AREA,
            RATING,
            A(
                "ticket",
                money(2, 40),
                W(vp=("charges {v} for a ticket", "costs {v} to enter"), pp=("with tickets at {v}",)),
            ),
            A("closed", DAYS, W(vp=("is closed on {v}", "does not open on {v}"))),
            near("Bridge", "Square"),
            CHILDREN,
        ),
    ),
    Domain(
        "film",
        ("film", "movie"),
        title,
        (
            A("director", person, W(pp=("by {v}", "directed by {v}"), vp=("was directed by {v}",))),
            A(
                "star",
                person,
                W(pp=("starring {v}", "with {v}"), vp=("stars {v}", "features {v} in the main role")),
            ),
            A(
                "genre",
                ["comedy", "drama", "thriller", "horror", "western", "romantic", "science fiction", "war"],
                W(adj=("{v}",)),
            ),
            A("year", number(1925, 2024), W(pp=("from {v}",), vp=("came out in {v}", "was released in {v}"))),
            RATING,
            LENGTH,
        ),
    ),
    Domain(
        "book",
        ("book", "novel"),
        title,
        (
            A("author", person, W(pp=("by {v}",), vp=("was written by {v}", "is the work of {v}"))),
            A("pages", number(80, 1200), W(vp=("has {v} pages", "is {v} pages long"), pp=("of {v} pages",))),
            A(
                "topic",
                [
                    "love",
                    "war",
                    "the sea",
                    "money",
                    "family",
                    "a murder",
                    "growing up",
                    "a long journey",
                    "revenge",
                ],
                W(pp=("about {v}",), vp=("is about {v}", "tells of {v}", "deals with {v}")),
            ),
            A("published", number(1800, 2024), W(vp=("was published in {v}", "first appeared in {v}"))),
            PRICE,
            RATING,
        ),
    ),
    Domain(
        "album",
        ("album", "record"),
        title,
        (
            A(
                "artist",
                lambda r: r.choice((person(r), title(r))),
                W(pp=("by {v}",), vp=("was recorded by {v}",)),
            ),
            A(
                "style",
                "jazz rock folk soul classical electronic blues pop".split(),
                W(adj=("{v}",), vp=("is full of {v} music",)),
            ),
            A(
                "tracks",
                number(4, 30),
                W(vp=("has {v} tracks", "contains {v} songs"), pp=("with {v} songs",)),
            ),
            YEAR,
            RATING,
            PRICE,
        ),
    ),
    Domain(
        "laptop",
        ("laptop", "notebook computer"),
        model,
        (
            A(
                "screen",
                lambda r: f"{r.randint(10, 18)} inch",
                W(adj=("{v}",), vp=("has a {v} screen",), pp=("with a {v} screen",)),
            ),
            A(
                "memory",
                lambda r: f"{2 ** r.randint(2, 7)} GB",
                W(vp=("has {v} of memory", "comes with {v} of memory"), pp=("with {v} of memory",)),
            ),
            A(
                "battery",
                lambda r: f"{r.randint(3, 24)} hours",
                W(vp=("runs for {v} on battery", "has a battery life of {v}")),
            ),
            A(
                "use",
                ["gaming", "business", "school", "travel", "home"],
                W(pp=("for {v} use",), vp=("is meant for {v} use", "was designed for {v}")),
            ),
            PRICE,
            WEIGHT,
            COLOUR,
        ),
    ),
    Domain(
        "phone",
        ("phone", "smartphone", "mobile phone"),
        model,
        (
            COLOUR,
            PRICE,
            RATING,
            A(
                "camera",
                lambda r: f"{r.randint(5, 200)} megapixel",
                W(vp=("has a {v} camera",), pp=("with a {v} camera",)),
            ),
            A(
                "storage",
                lambda r: f"{2 ** r.randint(4, 10)} GB",
                W(vp=("stores {v}", "offers {v} of storage"), pp=("with {v} of storage",)),
            ),
            yes_no(
                "waterproof",
                W(adj=("waterproof",), vp=("can be used under water",)),
                W(vp=("is not waterproof", "does not like water")),
            ),
        ),
    ),
    Domain(
        "car",
        ("car", "vehicle"),
        model,
        (
            COLOUR,
            PRICE,
            A("fuel", "petrol diesel electric hybrid".split(), W(adj=("{v}",), vp=("is a {v} model",))),
            A("seats", number(2, 9), W(vp=("seats {v} people", "has {v} seats"), pp=("with {v} seats",))),
            A(
                "top speed",
                lambda r: f"{r.randint(80, 350)} km/h",
                W(vp=("reaches {v}", "has a top speed of {v}")),
            ),
            YEAR,
            COUNTRY,
        ),
    ),
    Domain(
        "bicycle",
        ("bicycle", "bike"),
        model,
        (
            COLOUR,
            PRICE,
            MATERIAL,
            WEIGHT,
            A("gears", number(1, 30), W(vp=("has {v} gears",), pp=("with {v} gears",))),
            A(
                "kind",
                "mountain road city folding racing".split(),
                W(adj=("{v}",), vp=("was built as a {v} bike",)),
            ),
        ),
    ),
    Domain(
        "scientist",
        ("scientist", "researcher"),
        person,
        (
            A(
                "field",
                "chemistry physics biology geology mathematics medicine linguistics economics".split(),
                W(pp=("working in {v}",), vp=("works in {v}", "studies {v}", "is an expert in {v}")),
            ),
            A("born", number(1750, 1990), W(vp=("was born in {v}",), pp=("born in {v}",))),
            A("birthplace", made_up, W(pp=("from {v}",), vp=("comes from {v}", "grew up in {v}"))),
            A("prize", title, W(vp=("won the {v} Prize", "received the {v} Prize"))),
            A(
                "employer",
                lambda r: made_up(r) + " University",
                W(pp=("at {v}",), vp=("teaches at {v}", "is employed by {v}")),
            ),
        ),
        pronoun="she",
    ),
    Domain(
        "player",
        ("player", "athlete"),
        person,
        (
            A(
                "sport",
                "football tennis basketball rugby hockey cricket volleyball".split(),
                W(adj=("{v}",), vp=("plays {v}",)),
            ),
            A(
                "club",
                lambda r: made_up(r) + r.choice((" United", " City", " Rovers", "")),
                W(pp=("of {v}",), vp=("plays for {v}", "is with {v}")),
            ),
            A("age", number(16, 42), W(vp=("is {v} years old",), pp=("aged {v}",))),
            A("number", number(1, 99), W(vp=("wears number {v}",))),
            A("country", COUNTRIES, W(pp=("from {v}",), vp=("comes from {v}", "has played for {v}"))),
            A("goals", number(0, 300), W(vp=("has scored {v} times", "has {v} goals"))),
        ),
        pronoun="he",
    ),
    Domain(
        "weather",
        ("day",),
        lambda r: made_up(r),
        (
            A(
                "sky",
                ["sunny", "cloudy", "rainy", "foggy", "snowy", "stormy", "clear", "overcast"],
                W(adj=("{v}",), vp=("will be {v}", "expects {v} skies")),
            ),
            A(
                "high",
                lambda r: f"{r.randint(-10, 42)} degrees",
                W(vp=("reaches {v}", "will see up to {v}"), pp=("with a high of {v}",)),
            ),
            A(
                "low",
                lambda r: f"{r.randint(-25, 20)} degrees",
                W(vp=("falls to {v} at night", "has a low of {v}")),
            ),
            A(
                "wind",
                [
                    "a light breeze",
                    "strong wind",
                    "no wind",
                    "gales",
                    "gusts from the west",
                    "a cold north wind",
                ],
                W(pp=("with {v}",), vp=("has {v}", "expects {v}")),
            ),
            A("day", DAYS, W(pp=("on {v}",))),
        ),
        name_key="city",
    ),
    Domain(
        "house",
        ("house", "home", "property"),
        lambda r: f"{r.randint(1, 300)} {made_up(r)} {r.choice(('Street', 'Road', 'Lane', 'Avenue'))}",
        (
            A("bedrooms", number(1, 9), W(vp=("has {v} bedrooms",), pp=("with {v} bedrooms",))),
            A(
                "price",
                lambda r: r.choice("£$€") + f"{r.randint(60, 980)},000",
                W(vp=("is for sale at {v}", "costs {v}"), pp=("for {v}",)),
            ),
            AREA,
            yes_no(
                "garden",
                W(pp=("with a garden",), vp=("has a garden", "comes with its own garden")),
                W(pp=("without a garden",), vp=("has no garden",)),
            ),
            A(
                "built",
                number(1700, 2024),
                W(vp=("was built in {v}", "dates from {v}"), pp=("built in {v}",)),
            ),
            near("School", "Station", "Park"),
        ),
        name_key="address",
    ),
    Domain(
        "job",
        ("job", "position", "post"),
        lambda r: r.choice(
            (
                "nurse driver cook teacher plumber clerk designer editor engineer gardener librarian "
                "mechanic pilot tailor"
            ).split()
        ),
        (
            A(
                "company",
                lambda r: made_up(r) + r.choice((" Ltd", " Group", "")),
                W(pp=("at {v}", "with {v}"), vp=("is offered by {v}",)),
            ),
            A("city", made_up, W(pp=("in {v}",), vp=("is based in {v}",))),
            A(
                "salary",
                lambda r: r.choice("£$€") + f"{r.randint(18, 120)},000",
                W(vp=("pays {v}", "comes with a salary of {v}"), pp=("paying {v}",)),
            ),
            A("hours", ["part-time", "full-time", "weekend", "night"], W(adj=("{v}",))),
            A("starts", MONTHS, W(vp=("starts in {v}", "begins in {v}"))),
            A(
                "experience",
                lambda r: f"{r.randint(1, 12)} years",
                W(vp=("requires {v} of experience", "asks for {v} of experience")),
            ),
        ),
        name_key="role",
    ),
    Domain(
        "course",
        ("course", "class"),
        lambda r: (
            r.choice(("Basic", "Advanced", "Practical", "Modern", "Everyday"))
            + " "
            + r.choice(
                (
                    "Pottery Spanish Statistics Photography Piano Carpentry "
                    "Chess Biology Painting Accounting Drawing"
                ).split()
            )
        ),
        (
            A(
                "teacher",
                person,
                W(pp=("with {v}", "taught by {v}"), vp=("is taught by {v}", "is given by {v}")),
            ),
            A("day", DAYS, W(pp=("on {v}",), vp=("meets on {v}", "takes place every {v}"))),
            A("level", ["beginner", "intermediate", "expert"], W(adj=("{v}",), pp=("at {v} level",))),
            PRICE,
            A("weeks", number(2, 40), W(vp=("lasts {v} weeks", "runs for {v} weeks"))),
            A("places", number(4, 60), W(vp=("has {v} places", "is limited to {v} people"))),
        ),
        name_key="title",
    ),
    Domain(
        "concert",
        ("concert", "show", "gig"),
        lambda r: r.choice((person, title))(r),
        (
            A(
                "venue",
                place("Hall", "Arena", "Theatre"),
                W(pp=("at {v}", "in {v}"), vp=("takes place at {v}",)),
            ),
            A(
                "date",
                lambda r: f"{r.randint(1, 28)} {r.choice(MONTHS)}",
                W(pp=("on {v}",), vp=("is on {v}", "happens on {v}")),
            ),
            A(
                "music",
                "jazz rock folk soul classical electronic choral".split(),
                W(adj=("{v}",), vp=("features {v} music",)),
            ),
            A("ticket", money(5, 150), W(pp=("with tickets at {v}",), vp=("costs {v}",))),
            A("time", lambda r: f"{r.randint(5, 11)} pm", W(vp=("starts at {v}", "begins at {v}"))),
            CHILDREN,
        ),
        name_key="artist",
    ),
    Domain(
        "flight",
        ("flight",),
        lambda r: made_up(r)[:2].upper() + str(r.randint(10, 9999)),
        (
            A("from", made_up, W(pp=("from {v}",), vp=("leaves from {v}", "departs from {v}"))),
            A("to", made_up, W(pp=("to {v}",), vp=("goes to {v}", "lands in {v}", "arrives in {v}"))),
            A(
                "departure",
                lambda r: f"{r.randint(0, 23):02d}:{r.randrange(0, 60, 5):02d}",
                W(pp=("at {v}",), vp=("leaves at {v}", "takes off at {v}")),
            ),
            A(
                "airline",
                lambda r: made_up(r) + r.choice((" Air", " Airways")),
                W(pp=("with {v}",), vp=("is operated by {v}",)),
            ),
            PRICE,
            A(
                "stops",
                number(0, 3),
                W(
                    vp=("has {v} stops",),
                    pp=("with {v} stops",),
                ),
                {"0": W(adj=("direct", "non-stop"), vp=("flies direct",))},
            ),
            A(
                "gate",
                lambda r: r.choice("ABCDE") + str(r.randint(1, 60)),
                W(vp=("leaves from gate {v}", "boards at gate {v}")),
            ),
        ),
        name_key="flight",
    ),
    Domain(
        "planet",
        ("planet", "world"),
        lambda r: made_up(r) + r.choice((" b", " c", " IV", " Prime", "")),
        (
            A(
                "star",
                lambda r: made_up(r),
                W(pp=("around {v}", "orbiting {v}"), vp=("orbits {v}", "circles the star {v}")),
            ),
            A("moons", number(0, 80), W(pp=("with {v} moons",), vp=("has {v} moons",))),
            A(
                "surface",
                ["rocky", "icy", "gaseous", "dusty", "molten", "watery"],
                W(adj=("{v}",), vp=("is {v}",)),
            ),
            A("discovered", number(1780, 2024), W(vp=("was discovered in {v}", "was found in {v}"))),
            A(
                "year length",
                lambda r: f"{r.randint(2, 900)} days",
                W(vp=("takes {v} for one orbit", "has a year of {v}")),
            ),
            COLOUR,
        ),
    ),
    Domain(
        "animal",
        ("animal", "creature", "species"),
        lambda r: (
            "The "
            + r.choice((made_up(r).lower(), r.choice(SHINY).lower(), r.choice(COLOURS)))
            + " "
            + r.choice("frog owl lizard beetle monkey bat deer crab snake heron mouse otter turtle".split())
        ),
        (
            A(
                "eats",
                "insects fish leaves seeds fruit mice worms grass".split(),
                W(vp=("eats {v}", "feeds on {v}", "lives on {v}")),
            ),
            A(
                "habitat",
                "forests deserts swamps mountains rivers caves grassland reefs".split(),
                W(pp=("of {v}", "from the {v}"), vp=("lives in {v}", "is found in {v}")),
            ),
            A(
                "lifespan",
                lambda r: f"{r.randint(1, 90)} years",
                W(vp=("lives for {v}", "reaches an age of {v}")),
            ),
            WEIGHT,
            COLOUR,
            A("active", ["night", "day", "dawn"], W(vp=("is active at {v}", "hunts at {v}"))),
            yes_no(
                "endangered",
                W(adj=("endangered", "rare"), vp=("is endangered",)),
                W(adj=("common",), vp=("is not endangered",)),
            ),
        ),
    ),
    Domain(
        "plant",
        ("plant", "flower", "shrub"),
        lambda r: (
            r.choice((made_up(r), r.choice(SHINY)))
            + " "
            + r.choice("lily fern ivy daisy orchid thistle violet moss poppy sage".split())
        ),
        (
            COLOUR,
            A(
                "height",
                lambda r: f"{r.randint(2, 400)} cm",
                W(vp=("grows to {v}", "reaches {v}"), pp=("with a height of {v}",)),
            ),
            A("flowers in", MONTHS, W(vp=("flowers in {v}", "blooms in {v}"))),
            A(
                "light",
                ["full sun", "shade", "half shade"],
                W(vp=("needs {v}", "grows best in {v}"), pp=("for {v}",)),
            ),
            A("water", ["daily", "weekly", "rarely"], W(vp=("should be watered {v}", "is watered {v}"))),
            COUNTRY,
        ),
    ),
    Domain(
        "dog",
        ("dog",),
        lambda r: r.choice((r.choice(FIRST), made_up(r), r.choice(THING))),
        (
            A("breed", "terrier spaniel poodle collie beagle hound mastiff".split(), W(vp=("is a {v}",))),
            A("age", lambda r: f"{r.randint(2, 14)} years", W(vp=("is {v} old",), pp=("aged {v}",))),
            A("temper", "calm playful shy lively gentle stubborn".split(), W(adj=("{v}",), vp=("is {v}",))),
            yes_no(
                "good with children",
                W(vp=("is good with children", "loves children")),
                W(vp=("is not good with children", "should not live with children")),
            ),
            COLOUR,
            A(
                "shelter",
                place("Shelter", "Rescue"),
                W(pp=("at {v}",), vp=("waits at {v}", "can be visited at {v}")),
            ),
        ),
    ),
    Domain(
        "ship",
        ("ship", "vessel"),
        lambda r: r.choice(("", "SS ", "HMS ")) + title(r),
        (
            A(
                "captain",
                person,
                W(pp=("under Captain {v}",), vp=("is commanded by {v}", "sails under Captain {v}")),
            ),
            A("port", made_up, W(pp=("from {v}", "out of {v}"), vp=("is based in {v}", "sails from {v}"))),
            A(
                "crew",
                number(3, 900),
                W(pp=("with a crew of {v}",), vp=("has a crew of {v}", "carries {v} people")),
            ),
            A(
                "cargo",
                "grain timber coal cotton cars oil wool spices".split(),
                W(pp=("with a cargo of {v}",), vp=("carries {v}", "is loaded with {v}")),
            ),
            A("launched", number(1750, 2024), W(vp=("was launched in {v}",), pp=("launched in {v}",))),
            A("length", lambda r: f"{r.randint(12, 380)} metres", W(vp=("is {v} long", "measures {v}"))),
        ),
    ),
    Domain(
        "bridge",
        ("bridge",),
        place("Bridge", "Viaduct"),
        (
            A(
                "crosses",
                lambda r: "the " + made_up(r),
                W(pp=("over {v}", "across {v}"), vp=("crosses {v}", "spans {v}")),
            ),
            A(
                "length",
                lambda r: f"{r.randint(12, 3800)} metres",
                W(vp=("is {v} long", "measures {v}"), pp=("with a length of {v}",)),
            ),
            A("opened", number(1700, 2024), W(vp=("opened in {v}", "was opened in {v}"))),
            MATERIAL,
            A("architect", person, W(pp=("by {v}",), vp=("was designed by {v}",))),
            A("city", made_up, W(pp=("in {v}",), vp=("stands in {v}",))),
        ),
    ),
    Domain(
        "city",
        ("city", "town"),
        made_up,
        (
            A("country", COUNTRIES, W(pp=("in {v}",), vp=("lies in {v}", "is located in {v}"))),
            A(
                "population",
                lambda r: f"{r.randint(1, 980)},000",
                W(pp=("of {v} people",), vp=("has {v} inhabitants", "is home to {v} people")),
            ),
            A("mayor", person, W(vp=("is led by {v}", "has {v} as its mayor"))),
            A("river", made_up, W(pp=("on the {v}",), vp=("lies on the {v}", "is crossed by the river {v}"))),
            A(
                "known for",
                [
                    "its cathedral",
                    "glass",
                    "its university",
                    "old markets",
                    "festivals",
                    "shipbuilding",
                    "its gardens",
                ],
                W(vp=("is known for {v}", "is famous for {v}"), pp=("known for {v}",)),
            ),
            A("founded", number(200, 1900), W(vp=("was founded in {v}",), pp=("founded in {v}",))),
        ),
    ),
    Domain(
        "painting",
        ("painting", "picture"),
        title,
        (
            A("painter", person, W(pp=("by {v}",), vp=("was painted by {v}",))),
            A(
                "shows",
                [
                    "a harbour",
                    "two sisters",
                    "a battle",
                    "a bowl of fruit",
                    "an old man",
                    "a winter landscape",
                    "horses",
                    "a storm at sea",
                ],
                W(pp=("of {v}",), vp=("shows {v}", "depicts {v}")),
            ),
            YEAR,
            A("medium", "oil watercolour ink pastel".split(), W(adj=("{v}",), vp=("was done in {v}",))),
            A(
                "museum",
                place("Museum", "Gallery"),
                W(pp=("in {v}",), vp=("hangs in {v}", "can be seen in {v}")),
            ),
            A(
                "value",
                lambda r: r.choice("£$€") + f"{r.randint(2, 900)},000",
                W(vp=("is worth {v}", "was sold for {v}")),
            ),
        ),
    ),
    Domain(
        "watch",
        ("watch",),
        model,
        (
            COLOUR,
            PRICE,
            MATERIAL,
            RATING,
            COUNTRY,
            yes_no(
                "waterproof",
                W(adj=("waterproof",), vp=("can be worn under water",)),
                W(vp=("is not waterproof",)),
            ),
            A(
                "strap",
                "leather steel rubber fabric".split(),
                W(pp=("with a {v} strap",), vp=("has a {v} strap", "comes with a {v} strap")),
            ),
        ),
    ),
    Domain(
        "chair",
        ("chair", "armchair", "seat"),
        lambda r: model(r) if r.random() < 0.5 else title(r),
        (
            COLOUR,
            PRICE,
            MATERIAL,
            WEIGHT,
            CREATOR,
            A(
                "room",
                ["kitchen", "garden", "office", "living room", "nursery"],
                W(pp=("for the {v}",), vp=("is made for the {v}", "looks good in the {v}")),
            ),
        ),
    ),
    Domain(
        "game",
        ("game", "board game"),
        title,
        (
            A(
                "players",
                lambda r: f"{r.randint(1, 3)}-{r.randint(4, 9)}",
                W(pp=("for {v} players",), vp=("is for {v} players", "can be played by {v} people")),
            ),
            A("age", number(3, 18), W(vp=("is suitable from age {v}",), pp=("for ages {v} and up",))),
            LENGTH,
            PRICE,
            RATING,
            CREATOR,
            A(
                "theme",
                ["pirates", "space", "farming", "trains", "magic", "detectives", "history"],
                W(pp=("about {v}",), vp=("is about {v}", "deals with {v}")),
            ),
        ),
    ),
    Domain(
        "app",
        ("app", "program"),
        lambda r: made_up(r) + r.choice(("", "ly", "Go", " Notes", " Pro")),
        (
            A(
                "purpose",
                [
                    "learning languages",
                    "editing photos",
                    "tracking sleep",
                    "paying bills",
                    "planning trips",
                    "playing chess",
                    "reading news",
                ],
                W(pp=("for {v}",), vp=("helps you with {v}", "is used for {v}")),
            ),
            A(
                "price",
                lambda r: r.choice(("free", money(1, 60)(r))),
                W(vp=("costs {v}",), pp=("for {v}",)),
                {"free": W(adj=("free",), vp=("is free of charge", "costs nothing"))},
            ),
            A(
                "developer",
                lambda r: made_up(r) + r.choice((" Labs", " Studio", " Inc")),
                W(pp=("by {v}", "from {v}"), vp=("was developed by {v}", "is made by {v}")),
            ),
            A(
                "downloads",
                lambda r: f"{r.randint(1, 900)},000",
                W(vp=("has {v} downloads", "was downloaded {v} times")),
            ),
            RATING,
            A(
                "system",
                ["Linux", "Windows", "Android", "all systems"],
                W(pp=("for {v}",), vp=("runs on {v}",)),
            ),
        ),
    ),
    Domain(
        "festival",
        ("festival", "fair"),
        lambda r: place("Festival", "Fair", "Days")(r),
        (
            A("month", MONTHS, W(pp=("in {v}",), vp=("takes place in {v}", "is held every {v}"))),
            A("city", made_up, W(pp=("in {v}",), vp=("is held in {v}",))),
            A(
                "theme",
                ["music", "film", "books", "science", "kites", "theatre", "crafts"],
                W(adj=("{v}",), vp=("celebrates {v}", "is all about {v}")),
            ),
            A(
                "visitors",
                lambda r: f"{r.randint(1, 400)},000",
                W(vp=("draws {v} visitors", "attracts {v} people"), pp=("with {v} visitors",)),
            ),
            A("days", number(2, 14), W(vp=("lasts {v} days", "goes on for {v} days"))),
            CHILDREN,
            A("ticket", money(5, 300), W(vp=("costs {v}",), pp=("with tickets at {v}",))),
        ),
    ),
)


def said(key: str, **sentences: tuple[str, ...]) -> Attribute:
    """An attribute whose values are each said in sentences of their own; underscores in a value stand for
    spaces.
    """
    values = {k.replace("_", " "): v for k, v in sentences.items()}
    return A(key, list(values), special={k: W(sentence=v) for k, v in values.items()})


def worded(key: str, **wordings: W) -> Attribute:
    """An attribute whose values are each said in words of their own."""
    values = {k.replace("_", " "): v for k, v in wordings.items()}
    return A(key, list(values), special=values)


PETS = said(
    "pets",
    allowed=("You may bring your dog.", "Dogs are welcome.", "Your dog may run free on the grass."),
    on_lead=("Keep your dog on a lead.", "Dogs must be leashed."),
    forbidden=("Dogs must stay at home.", "No dogs, please."),
)
BEST = said(
    "best time",
    spring=("Come in spring.", "It is loveliest in April."),
    summer=("Visit in summer.", "Come on a warm day in July."),
    autumn=("Autumn is the best time to come.", "Go in October when the leaves are red."),
    winter=("Come in winter.", "It is magical under snow."),
    morning=("Come early in the morning.", "Be there before the crowds."),
    evening=("Go in the evening.", "It is at its best at sunset."),
)
DRINKS = said(
    "drinking water",
    available=("You can fill your bottle there.", "There is drinking water on the way."),
    none=("Carry your own water.", "Bring enough to drink.", "There is nothing to drink there."),
)
WARNING = said(
    "warning",
    slippery=("The stones are slippery.", "Watch your step."),
    cold=("Bring a warm jacket.", "It gets cold, so dress well."),
    insects=("Insects are a nuisance.", "Do not forget your insect spray."),
    wild_animals=("Wild animals live there, so keep your food closed.", "Stay away from the wild animals."),
    crowds=("Expect a crowd.", "It gets very full."),
    mud=("Wear boots, for it is muddy.", "Your feet will get wet."),
    falling_rocks=("Wear a helmet under the rocks.", "Rocks may fall after rain."),
    heights=("Do not go if heights make you dizzy.", "The edge is narrow and the drop is deep."),
    deep_water=("The water is deep.", "Only good swimmers should go in."),
    traffic=("Mind the cars.", "Cross the road with care."),
)
SIGHT = worded(
    "view",
    mountains=W(
        pp=("among the mountains",),
        vp=("looks out on the mountains", "shows you the high peaks", "faces the summits"),
    ),
    lake=W(pp=("beside a lake", "above a lake"), vp=("overlooks a lake", "looks down on the water")),
    ocean=W(
        pp=("above the sea", "in sight of the ocean"),
        vp=("looks out to sea", "gives you the ocean at your feet"),
    ),
    valley=W(pp=("above the valley",), vp=("opens onto the valley", "overlooks a broad valley")),
    city=W(pp=("above the roofs",), vp=("looks over the whole city", "shows you the roofs of the town")),
    nothing=W(pp=("without a view",), vp=("has no view", "offers little to look at")),
)
GROUND = worded(
    "ground",
    sand=W(adj=("sandy",), vp=("leads over sand", "lies on soft sand")),
    grass=W(adj=("grassy", "green"), vp=("crosses meadows", "wanders over grass", "lies among pastures")),
    woods=W(
        adj=("wooded", "shady"),
        vp=("stays under the trees", "winds through woods", "is hidden in the forest"),
    ),
    stones=W(adj=("stony", "rocky", "rugged"), vp=("climbs over boulders", "picks its way between rocks")),
    heath=W(adj=("open", "windy", "bare"), vp=("crosses the heath", "lies on bare uplands")),
    cliffs=W(adj=("clifftop",), vp=("follows the cliffs", "hugs the shore")),
    flowers=W(adj=("flowery",), vp=("is full of flowers", "crosses fields of flowers")),
)
EFFORT = worded(
    "effort",
    very_low=W(
        adj=("gentle", "effortless", "easy-going"),
        vp=("is easy for everybody", "suits complete beginners", "asks nothing of you"),
    ),
    low=W(adj=("easy", "relaxed", "mild"), vp=("is easily done", "suits most people", "is easily managed")),
    medium=W(
        adj=("moderate", "middling"),
        vp=("needs some fitness", "makes you work a little", "calls for some strength"),
    ),
    high=W(
        adj=("hard", "tough", "strenuous"),
        vp=("is hard work", "demands strong arms and legs", "will test your stamina"),
    ),
    extreme=W(
        adj=("fierce", "gruelling", "punishing"),
        vp=("is for experts only", "should be left to experienced people"),
    ),
)
DISTANCE = A(
    "distance",
    lambda r: f"{r.randint(1, 60)} km",
    W(adj=("{v}",), vp=("is {v} long", "covers {v}", "runs for {v}", "stretches over {v}"), pp=("of {v}",)),
)
HEIGHT = A(
    "height",
    lambda r: f"{r.randrange(20, 4000, 10)} m",
    W(vp=("rises {v}", "climbs {v}", "gains {v}", "takes you up {v}"), pp=("at {v}", "with {v} of height")),
)
FROM = A(
    "starts at",
    lambda r: made_up(r),
    W(
        pp=("from {v}", "out of {v}"),
        vp=("starts at {v}", "begins at {v}", "sets off from {v}", "leaves from {v}"),
    ),
)
ENTRY = A("entry", money(1, 60), W(pp=("for {v}",), vp=("costs {v}", "charges {v}")))

VISITS: tuple[Domain, ...] = (
    Domain(
        "park",
        ("park", "garden", "green space"),
        place("Park", "Gardens", "Green"),
        (AREA, GROUND, PETS, BEST, CHILDREN, near("Bridge", "Mill"), ENTRY, SIGHT),
    ),
    Domain(
        "beach",
        ("beach", "bay"),
        place("Beach", "Bay", "Sands"),
        (
            A("sand", "white black golden coarse fine".split(), W(adj=("{v}",), vp=("has {v} sand",))),
            PETS,
            BEST,
            WARNING,
            DRINKS,
            DISTANCE,
            SIGHT,
        ),
    ),
    Domain(
        "campsite",
        ("campsite", "camping ground"),
        place("Camp", "Meadow", "Farm"),
        (
            BAND,
            GROUND,
            SIGHT,
            PETS,
            DRINKS,
            WARNING,
            BEST,
            A("tents", number(5, 300), W(vp=("has room for {v} tents",), pp=("with {v} places",))),
        ),
    ),
    Domain(
        "ski slope",
        ("slope", "ski run"),
        place("Run", "Slope", "Bowl"),
        (
            DISTANCE,
            HEIGHT,
            EFFORT,
            SIGHT,
            WARNING,
            A(
                "lift",
                lambda r: made_up(r) + " Lift",
                W(pp=("above {v}",), vp=("starts at {v}", "is reached by {v}")),
            ),
            BEST,
        ),
    ),
    Domain(
        "cycle route",
        ("cycle route", "bike tour", "ride"),
        place("Circuit", "Tour", "Round"),
        (DISTANCE, HEIGHT, FROM, EFFORT, GROUND, SIGHT, DRINKS, WARNING, BEST),
    ),
    Domain(
        "boat tour",
        ("boat tour", "cruise"),
        title,
        (FROM, DISTANCE, ENTRY, SIGHT, WARNING, BEST, LENGTH, PETS),
    ),
    Domain(
        "cave",
        ("cave", "grotto"),
        place("Cave", "Hole", "Caverns"),
        (DISTANCE, EFFORT, ENTRY, WARNING, LENGTH, CHILDREN, near("Village", "Gorge")),
    ),
    Domain(
        "castle",
        ("castle", "ruin", "fortress"),
        place("Castle", "Keep", "Hall"),
        (SIGHT, ENTRY, YEAR, HEIGHT, PETS, BEST, WARNING, GROUND),
    ),
    Domain(
        "zoo",
        ("zoo", "animal park"),
        place("Zoo", "Animal Park"),
        (
            A(
                "animals",
                number(20, 900),
                W(pp=("with {v} animals",), vp=("keeps {v} animals", "is home to {v} animals")),
            ),
            ENTRY,
            PETS,
            BEST,
            CHILDREN,
            DRINKS,
            AREA,
        ),
    ),
    Domain(
        "viewpoint",
        ("viewpoint", "lookout"),
        place("Point", "Rock", "Lookout"),
        (SIGHT, HEIGHT, GROUND, EFFORT, WARNING, BEST, DRINKS, FROM),
    ),
    Domain(
        "swimming lake",
        ("lake", "pond"),
        place("Lake", "Water", "Mere"),
        (
            A("depth", lambda r: f"{r.randint(1, 90)} m", W(adj=("{v} deep",), vp=("is {v} deep",))),
            PETS,
            WARNING,
            BEST,
            SIGHT,
            GROUND,
            CHILDREN,
        ),
    ),
    Domain(
        "climbing wall",
        ("climbing wall", "crag"),
        place("Wall", "Crag"),
        (
            HEIGHT,
            EFFORT,
            WARNING,
            SIGHT,
            A("climbs", number(3, 200), W(pp=("with {v} climbs",), vp=("offers {v} climbs",))),
            FROM,
            BEST,
            GROUND,
        ),
    ),
    Domain(
        "river trip",
        ("river trip", "canoe trip"),
        lambda r: made_up(r) + r.choice((" Rapids", " River", " Bend")),
        (DISTANCE, FROM, EFFORT, WARNING, DRINKS, BEST, SIGHT, LENGTH),
    ),
    Domain(
        "city tour",
        ("city tour", "guided tour"),
        title,
        (
            FROM,
            DISTANCE,
            ENTRY,
            SIGHT,
            LENGTH,
            BEST,
            PETS,
            WARNING,
            A("guide", person, W(pp=("with {v}",), vp=("is led by {v}",))),
        ),
    ),
)
