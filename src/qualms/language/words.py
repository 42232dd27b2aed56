"""Words: their stems, and the closed lists that the grammar knows."""

from __future__ import annotations

import re
from functools import lru_cache

_IRREGULAR = {
    "men": "man", "women": "woman", "people": "person", "children": "child", "feet": "foot", "geese": "goose",
    "loaves": "loaf", "knives": "knife", "shelves": "shelf", "halves": "half", "leaves": "leaf",
    "mice": "mouse", "teeth": "tooth", "lives": "life", "potatoes": "potato", "tomatoes": "tomato",
    "mangoes": "mango", "heroes": "hero", "hrs": "hour", "hr": "hour", "lbs": "lb", "pound": "lb",
    "pounds": "lb", "mins": "minute", "min": "minute", "kilograms": "kg", "kilogram": "kg", "kgs": "kg",
    "gram": "g", "grams": "g", "gm": "g", "gms": "g", "tonne": "ton", "tonnes": "ton", "sec": "second",
    "secs": "second", "litre": "liter", "litres": "liter", "milligrams": "mg", "milligram": "mg",
    "millilitres": "ml", "milliliters": "ml", "milliliter": "ml", "metre": "meter", "metres": "meter",
    "kilometer": "km", "kilometers": "km", "kilometre": "km", "kilometres": "km", "kms": "km", "ounce": "oz",
    "ounces": "oz", "mls": "ml", "mgs": "mg",
    "labour": "labor", "colour": "color",
    "bus": "bus", "buses": "bus", "busses": "bus", "gas": "gas", "lens": "lens", "axes": "axe",
    "series": "series", "news": "news", "sq": "square", "ft": "foot", "this": "this", "its": "its",
    "his": "his", "is": "is", "was": "was", "has": "has", "as": "as", "us": "us", "yes": "yes",
    "sizes": "size", "houses": "house", "purses": "purse", "vases": "vase", "courses": "course",
    "horses": "horse", "nurses": "nurse", "uses": "use", "cases": "case", "licenses": "license",
    "suites": "suit", "suite": "suit", "licences": "licence",
    "cheeses": "cheese", "expenses": "expense", "roses": "rose",
    "bases": "base", "phases": "phase", "doses": "dose", "hoses": "hose", "blouses": "blouse",
    "cookies": "cookie", "brownies": "brownie", "calories": "calorie", "movies": "movie", "hoodies": "hoodie",
    "smoothies": "smoothie", "pies": "pie", "ties": "tie", "zombies": "zombie", "selfies": "selfie",
    "achieves": "achieve", "gloves": "glove", "olives": "olive", "stoves": "stove", "sleeves": "sleeve",
    "valves": "valve", "curves": "curve", "drives": "drive", "caches": "cache", "shoes": "shoe",
    "canoes": "canoe", "taxies": "taxi", "taxis": "taxi", "fries": "fry", "data": "data", "media": "media",
    "machines": "machine", "axles": "axle", "aches": "ache", "viewership": "viewer", "glasses": "glass",
}  # fmt: skip


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The singular of a noun, in lower case and without a possessive ending."""
    low = word.lower().replace("’", "'")
    low = re.sub(r"'s?$", "", low)
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if low.startswith(("square_", "cubic_")):
        return low.split("_")[0] + "_" + stem(low.split("_", 1)[1])
    if re.search(r"(?<!a)(?<!o)b?uses$", low) and re.search(r"(?:buses|mpuses|nuses|ruses|tuses)$", low):
        return low[:-2]
    if len(low) > 4 and low.endswith("ies"):
        return low[:-3] + "y"
    if len(low) > 4 and re.search(r"(ss|x|ch|sh|zz)es$", low):
        return low[:-2]
    if len(low) > 3 and low.endswith("s") and not low.endswith(("ss", "us", "is")):
        return low[:-1]
    if len(low) == 3 and low.endswith("s") and low[1] not in "aeiou":
        return low[:-1]
    return low


_ENDINGS = tuple(
    "ations ation ings ing ments ment ions ion ers er ors or ed ery age able al ic ly ful ive e y".split()
)


@lru_cache(maxsize=20_000)
def root(word: str) -> str:
    """A crude root, by which a verb and its noun are recognised: "packing", "packaging", "packed"."""
    found = stem(word)
    if re.match(r"carr(?:y|ied|ier)", found):
        return "carry"
    for _ in range(2):
        for ending in _ENDINGS:
            if found.endswith(ending) and len(found) - len(ending) >= 3:
                found = found[: -len(ending)]
                break
        else:
            break
    if len(found) > 3 and found[-1] == found[-2] and found[-1] not in "aeiousl":
        found = found[:-1]
    return found


def words(text: str) -> frozenset[str]:
    """A list as people write it."""
    return frozenset(text.split())


DETERMINERS = words(
    "a an the each every one any per all both either this that these those his her its their our my your"
)
PREPOSITIONS = words(
    "in on at by for from to with into onto of via using through within across among between over under "
    "during "
    "per as than upon around near about without after before like towards toward including"
)
PRONOUNS = words(
    "it they he she we you i them him her us me who which that what whom whose there here himself herself "
    "itself "
    "themselves everyone everything nothing something these those"
)
AUXILIARIES = words(
    "is are was were be been being am has have had having do does did can cannot could may might must shall "
    "should will would need needs wants want"
)
CONJUNCTIONS = words(
    "and or but while whereas if so because since although though however when where then conversely nor yet "
    "unless thus hence therefore additionally furthermore moreover finally also further"
)
ADVERBS = words(
    "only just also too very both either neither not never always usually typically generally mainly "
    "currently "
    "daily weekly monthly yearly annually respectively each together too exactly approximately roughly still "
    "instead now today how many much more most less least fewer such same other another different"
)

# Verbs that stand between a thing and its numbers, or before a list of things. By stem.
VERBS = words(
    "make sell produce manufacture use need require take cost contain provide yield earn get give bring "
    "generate "
    "create consume hold carry transport deliver move ship fit store process buy purchase offer grow plant "
    "prepare bake cook serve build assemble construct design include eat drink mix blend feed weigh charge "
    "pay "
    "spend invest hire employ have run operate work schedule rent lease stock order supply send bring can "
    "must "
    "should will may attract reach return net profit sells makes bringing consist own design print paint cut "
    "sew knit weave clean wash fix repair install teach train complete finish handle treat cure heal attend "
    "accept serve play visit collect gather harvest pick catch cover plan decide want wish like choose "
    "decide "
    "select determine find advertise promote market allocate place put open add combine involve pass go come "
    "help try love enjoy hope expect increase reduce introduce cause deliver emit release extract convert "
    "fly drive ride travel distribute export import support receive obtain result accommodate house seat "
    "feed "
    "seeks seek aim keep maintain insist rely utilize utilise perform conduct administer prescribe recommend "
    "suggest specialize specialise tutor coach brew squeeze roast grind fill label package pack wrap test "
    "ship "
    "is are was be been has was does do output burn average weigh hold last employ"
)  # fmt: skip

MEASURES: dict[str, tuple[str, float]] = {
    "second": ("time", 1),
    "minute": ("time", 60),
    "hour": ("time", 3600),
    "day": ("day", 1),
    "week": ("week", 1),
    "month": ("month", 1),
    "year": ("year", 1),
    "mg": ("mass", 0.001),
    "g": ("mass", 1),
    "kg": ("mass", 1000),
    "lb": ("pound", 1),
    "oz": ("ounce", 1),
    "ton": ("ton", 1),
    "ml": ("volume", 1),
    "liter": ("volume", 1000),
    "gallon": ("gallon", 1),
    "quart": ("quart", 1),
    "pint": ("pint", 1),
    "acre": ("acre", 1),
    "hectare": ("hectare", 1),
    "dollar": ("money", 1),
    "euro": ("money", 1),
    "cent": ("cents", 1),
    "calorie": ("calorie", 1),
    "kwh": ("kwh", 1),
    "foot": ("foot", 1),
    "meter": ("meter", 1),
    "mile": ("mile", 1),
    "km": ("km", 1),
    **{
        f"{shape}_{side}": (f"{shape}_{side}", 1.0)
        for shape in ("square", "cubic")
        for side in ("foot", "m", "meter", "km", "mile", "inch", "yard")
    },
    "inch": ("inch", 1),
    "yard": ("yard", 1),
    "cm": ("cm", 1),
    "ampere": ("ampere", 1),
    "au": ("au", 1),
}
CONTINUOUS = words(
    "second minute hour day week month year mg g kg lb oz ton ml liter gallon quart pint acre hectare "
    "dollar euro "
    "foot meter mile km inch yard cm percent square_foot square_m square_meter square_km square_mile "
    "cubic_foot cubic_meter"
)
NAMELESS = DETERMINERS | PREPOSITIONS | PRONOUNS | AUXILIARIES | CONJUNCTIONS | ADVERBS

CONTAINERS = words(
    "serving unit pack package packet box bag bottle can cup bowl plate glass jar batch container pitcher "
    "piece "
    "dose scoop bar tablet pill pouch carton case crate barrel tank tub bucket sack roll sheet set pair "
    "dozen "
    "order portion slice loaf stick bunch bouquet basket tray truckload load trip shift kit vial tube ream "
    "block "
    "bundle pallet spoon tablespoon teaspoon tin lot share carton spoonful meal session pot copy license "
    "licence "
    "acre hectare kg g lb oz ton mg ml liter gallon quart pint hour minute day dollar week month foot "
    "meter square_foot square_meter square_km square_mile "
    "type kind version model brand style variety number amount quantity ticket cone keg mug strip stack "
    "rack capsule stick"
)

GAIN = words("profit revenue income return gain earning sale earn interest yield sell selling earned earns "
             "sold net value "
             "fundraise raise commission")  # fmt: skip
COST = words("cost price expense spend pay spending budget wage salary payroll buy purchase expenditure "
             "paid maintenance "
             "bill expensive invest charge rent fee")  # fmt: skip

# Words without a meaning of their own in the name of a resource.
EMPTY = (
    DETERMINERS | PREPOSITIONS | PRONOUNS | AUXILIARIES | CONJUNCTIONS | ADVERBS
    | words(
        "take need require use have make cost total available unit time amount number worth contain "
        "provide get give "
        "up at most least maximum minimum limit out be order produce extra per day week month year daily "
        "weekly "
        "addition currently access there additional overall entire whole certain every necessary company "
        "store shop "
        "spend can will must should wants wish want like takes respectively each it average expected "
        "additionally "
        "furthermore however due"
    )
)  # fmt: skip

PERIODS = {
    "day": "day", "daily": "day", "everyday": "day", "week": "week", "weekly": "week",
    "month": "month", "monthly": "month",
    "year": "year", "yearly": "year", "annually": "year", "annual": "year", "hour": "hour", "hourly": "hour",
    "minute": "minute",
}  # fmt: skip

# What ends a name.
STOP = (PREPOSITIONS | PRONOUNS | AUXILIARIES | CONJUNCTIONS | ADVERBS | words("that which not no")) - {"of"}

# Nouns that numbers are put behind, to tell one from another.
NUMBERED = words(
    "type machine method truck pill plant factory model brand grade product supplement mine shop store "
    "lake soda "
    "option process line team site plan drug project fund stock bond mix mixture food meal juice drink alloy "
    "package bowl combo box tin farm route warehouse well field experiment reaction technique facility "
    "refinery system station cream bag"
)

# Words behind a noun that do not go on with its name.
PARTICIPLES = words(
    "sold made grown built sewn cut driven bought spent run taken held eaten drunk sent used worth which"
)

# Roots of words for all things together.
TOTALS = {
    root(w)
    for w in words("total money investment fund portfolio capital amount sum budget overall whole entire")
}
