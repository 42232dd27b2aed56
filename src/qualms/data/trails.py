"""The data-to-text task that ships: short descriptions of hiking trails, generated from records.

What there is to learn beyond the base model: a domain it has not seen, values that are said in words of their
own (difficulty 5 becomes "only for experienced hikers"), advice in the second person, and reading the record.
The test split holds names and combinations of values that the other splits never show.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from qualms.data.examples import Example, Splits
from qualms.data.grammar import Attribute, Domain, Wording, realise

W = Wording

_HEADS = (
    "Alder Badger Cedar Dale Elk Falcon Glen Heather Ibex Juniper Kestrel Larch Marten Needle Otter "
    "Pine Raven Spruce Thistle Willow Yew"
).split()
_TAILS = "Ridge Loop Pass Traverse Gorge Track Way Circuit Climb Hollow Rim Path".split()
_TEST_HEADS = "Aspen Bracken Curlew Drover Fern Hawthorn Linden Merlin Rowan Sorrel".split()
_PLACES = (
    "Aldmoor Brenfield Carrock Dunwell Eskby Farrow Glenholt Harwick Inverby Kelso Lorton Marrick "
    "Norby Ormsay Penholt"
).split()


def _name(heads: list[str]) -> Callable[[random.Random], str]:
    return lambda rng: f"{rng.choice(heads)} {rng.choice(_TAILS)}"


_DESCRIBED = (
    Attribute(
        "length",
        lambda r: f"{r.randint(2, 34)} km",
        W(adj=("{v}",), vp=("covers {v}", "runs for {v}", "stretches over {v}"), pp=("of {v}",)),
    ),
    Attribute(
        "climb",
        lambda r: f"{r.randrange(50, 1500, 50)} m",
        W(vp=("gains {v}", "climbs {v}", "takes you up {v}"), pp=("with {v} of ascent",)),
    ),
    Attribute(
        "start",
        _PLACES,
        W(pp=("from {v}", "out of {v}"), vp=("sets off from {v}", "begins at {v}", "leaves from {v}")),
    ),
    Attribute(
        "terrain",
        ["forest", "coast", "moor", "rock", "meadow"],
        special={
            "forest": W(adj=("wooded", "shady"), vp=("winds through the trees", "stays under the trees")),
            "coast": W(adj=("seaside", "clifftop"), vp=("follows the shore", "hugs the cliffs")),
            "moor": W(adj=("open", "windswept"), vp=("crosses open heath", "leads over bare uplands")),
            "rock": W(adj=("stony", "rugged"), vp=("picks its way over boulders", "scrambles over rock")),
            "meadow": W(
                adj=("grassy", "flowery"), vp=("wanders through pastures", "crosses fields of flowers")
            ),
        },
    ),
    Attribute(
        "difficulty",
        ["1", "2", "3", "4", "5"],
        special={
            "1": W(
                adj=("gentle", "easy-going"), vp=("suits complete beginners", "asks nothing of your legs")
            ),
            "2": W(adj=("mild", "relaxed"), vp=("suits most walkers", "is easily managed")),
            "3": W(adj=("moderate", "middling"), vp=("calls for some fitness", "makes you work a little")),
            "4": W(adj=("tough", "strenuous"), vp=("demands strong legs", "will test your stamina")),
            "5": W(
                adj=("gruelling", "fierce"),
                vp=("is only for experienced hikers", "should be left to experts"),
            ),
        },
    ),
    Attribute(
        "view",
        ["lake", "valley", "sea", "peaks", "none"],
        special={
            "lake": W(vp=("looks down on still water", "rewards you with a lake"), pp=("above a lake",)),
            "valley": W(
                vp=("opens onto a broad valley", "overlooks the whole valley"), pp=("above the valley",)
            ),
            "sea": W(
                vp=("gives you the ocean at every turn", "looks out to sea"), pp=("in sight of the sea",)
            ),
            "peaks": W(vp=("faces a wall of summits", "shows you the high peaks"), pp=("among the summits",)),
            "none": W(vp=("has little to look at", "offers no real views"), pp=("without much of a view",)),
        },
    ),
)

_ADVICE = {
    "season": {
        "spring": ("Come when the flowers are out.", "It is at its best in April or May."),
        "summer": ("Save it for the warm months.", "Long July days suit it well."),
        "autumn": ("Go when the leaves turn.", "October is the time for it."),
        "winter": ("Snow makes it magical.", "Try it on a frosty day."),
    },
    "dogs": {
        "yes": ("Dogs may run free.", "Your dog will love it."),
        "leash": ("Keep dogs on a lead.", "Your dog must stay leashed."),
        "no": ("Leave the dog at home.", "Dogs are not let in."),
    },
    "water": {
        "yes": ("Fill your bottle at the springs on the way.", "There is drinking water along the route."),
        "no": ("Carry all the water you need.", "There is nothing to drink on the way."),
    },
    "hazard": {
        "bears": ("Make noise, for bears live here.", "Store your food out of reach of bears."),
        "rockfall": ("Wear a helmet below the cliffs.", "Stones come down after rain."),
        "bog": ("Expect wet feet.", "Step with care where the ground is soft."),
        "exposure": ("Turn back if heights make you dizzy.", "A slip would be serious on the narrow ledges."),
    },
}


def _domain(heads: list[str]) -> Domain:
    advice = tuple(
        Attribute(key, tuple(said), special={v: W(sentence=texts) for v, texts in said.items()})
        for key, said in _ADVICE.items()
    )
    return Domain("trail", ("trail", "walk", "hike", "route"), _name(heads), _DESCRIBED + advice)


def _held_out(record: dict[str, str]) -> bool:
    """Combinations that only the test split has: about a fifth of difficulty × terrain × season."""
    key = f"{record.get('difficulty')}/{record.get('terrain')}/{record.get('season')}"
    return random.Random(key).random() < 0.2


def _split(count: int, test: bool, references: int, rng: random.Random) -> list[Example]:
    domain = _domain(_TEST_HEADS if test else _HEADS)
    examples: list[Example] = []
    while len(examples) < count:
        record = domain.draw(rng, least=4, most=8)
        if _held_out(record) == test:
            texts = dict.fromkeys(realise(domain, record, rng) for _ in range(references))
            examples.append(Example(", ".join(f"{k}[{v}]" for k, v in record.items()), tuple(texts)))
    return examples


def load_trails(seed: int = 0) -> Splits:
    """6,000 training, 300 validation and 300 test records; validation and test have up to three texts
    each.
    """
    return Splits(
        train=_split(6000, False, 1, random.Random(f"{seed}/train")),
        validation=_split(300, False, 3, random.Random(f"{seed}/validation")),
        test=_split(300, True, 3, random.Random(f"{seed}/test")),
        name="trails",
    )
