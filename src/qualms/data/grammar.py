"""A small grammar that turns attribute–value records into English.

A *domain* is data: nouns, a way to make names, and attributes that say how each value may be worded as an
adjective, a prepositional phrase or a verb phrase. `realise` plans sentences over those wordings, so any
domain gets several sentence plans, aggregation and paraphrase without templates of its own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Slots = Mapping[str, str]


@dataclass(frozen=True)
class Wording:
    """How one value may be said.

    Each tuple holds alternatives; `{v}` stands for the value, `{n}` for the noun.

    Attributes
    ----------
    adj : tuple[str, ...]
        Before the noun ("cheap").
    pp : tuple[str, ...]
        After the noun or the copula ("in {v}", "made of {v}").
    vp : tuple[str, ...]
        A verb phrase, third person singular ("costs {v}").
    sentence : tuple[str, ...]
        A sentence of its own ("Keep dogs on a lead.").
    """

    adj: tuple[str, ...] = ()
    pp: tuple[str, ...] = ()
    vp: tuple[str, ...] = ()
    sentence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attribute:
    """One key of a record.

    Attributes
    ----------
    key : str
        Name printed in the record.
    values : Sequence[str] | Callable[[random.Random], str]
        Closed list of values, or a function drawing one from a random generator.
    wording : Wording
        How a value is said.
    special : Mapping[str, Wording]
        Wordings of single values, where they differ from `wording` ("yes", "5 out of 5").
    """

    key: str
    values: Sequence[str] | Callable[[random.Random], str]
    wording: Wording = Wording()
    special: Mapping[str, Wording] = field(default_factory=dict)

    def draw(self, rng: random.Random) -> str:
        return self.values(rng) if callable(self.values) else rng.choice(list(self.values))

    def said(self, value: str) -> Wording:
        return self.special.get(value, self.wording)


@dataclass(frozen=True)
class Domain:
    """A kind of thing that can be described: its nouns, its names, its attributes, its pronoun."""

    name: str
    nouns: tuple[str, ...]
    make_name: Callable[[random.Random], str]
    attributes: tuple[Attribute, ...]
    name_key: str = "name"
    pronoun: str = "it"

    def draw(self, rng: random.Random, least: int = 2, most: int = 6) -> dict[str, str]:
        """One random record: the name and `least` to `most` further attributes, in the domain's order."""
        count = rng.randint(min(least, len(self.attributes)), min(most, len(self.attributes)))
        chosen = set(rng.sample(range(len(self.attributes)), count))
        record = {self.name_key: self.make_name(rng)}
        record.update({a.key: a.draw(rng) for i, a in enumerate(self.attributes) if i in chosen})
        return record


# phrases that may open a sentence
_PLACES = ("in ", "near ", "close to ", "next to ", "not far", "on ", "at ", "beside ", "by the ")


def article(phrase: str) -> str:
    """`phrase` with "a" or "an" before it, by its first letter (numbers read aloud: 8, 11, 18, 80…)."""
    first = phrase.split(maxsplit=1)[0].lower()
    vowel = first[0] in "aeiou" and not first.startswith(("uni", "use", "euro", "one"))
    return ("an " if vowel or first.startswith(("8", "11", "18", "hour", "honest")) else "a ") + phrase


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def joined(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _split(domain: Domain, record: Slots, noun: str, rng: random.Random) -> dict[str, list[str]]:
    """Give every attribute of the record one role: adjective, prepositional phrase, verb phrase or
    sentence.
    """
    limits = {"adj": 2, "pp": 2, "vp": 9, "sentence": 9}
    rooms: dict[str, list[str]] = {role: [] for role in limits}
    for attribute in rng.sample(domain.attributes, len(domain.attributes)):
        if attribute.key not in record:
            continue
        value = record[attribute.key]
        said = attribute.said(value)
        open_roles = [r for r, room in rooms.items() if getattr(said, r) and len(room) < limits[r]]
        if not open_roles:  # every role it can take is full: say it with the copula
            rooms["vp"].append("is " + rng.choice(said.adj or said.pp).format(v=value, n=noun))
            continue
        role = rng.choice(open_roles)
        rooms[role].append(rng.choice(getattr(said, role)).format(v=value, n=noun))
    return rooms


def _opening(name: str, noun: str, phrase: str, pps: list[str], verbs: list[str], rng: random.Random) -> str:  # noqa: PLR0911
    """The first sentence. Takes from `pps` and `verbs` what it says."""
    plans = ["is", "is", "called"]
    if pps and pps[0].startswith(_PLACES):
        plans.append("front")
    if verbs:
        plans += ["apposition", "subject", "that"]
        if phrase != noun:
            plans.append("question")
    plan = rng.choice(plans)
    tail = "".join(" " + p for p in pps)
    if plan == "front":
        first = pps.pop(0)
        tail = "".join(" " + p for p in pps)
        pps.clear()
        there = rng.choice(("there is", "you will find", "you can find"))
        return f"{capital(first)} {there} {article(phrase)}{tail} {rng.choice(('called', 'named'))} {name}."
    pps.clear()
    if plan == "is":
        return f"{capital(name)} is {article(phrase)}{tail}."
    if plan == "called":
        return (
            f"{rng.choice(('There is', 'This is'))} {article(phrase)}{tail} "
            f"{rng.choice(('called', 'named'))} {name}."
        )
    verb = verbs.pop(0)
    if plan == "apposition":
        return f"{capital(name)}, {article(phrase)}{tail}, {verb}."
    if plan == "that":
        return f"{capital(name)} is {article(phrase)}{tail} {rng.choice(('that', 'which'))} {verb}."
    if plan == "subject":
        return f"{rng.choice(('The', 'The', 'This'))} {phrase} {name}{tail} {verb}."
    return f"Looking for {article(phrase)}{tail}? {capital(name)} {verb}."


def realise(domain: Domain, record: Slots, rng: random.Random) -> str:
    """One English text that says every attribute of `record`.

    Parameters
    ----------
    domain : Domain
        What the record describes.
    record : Slots
        Attribute values; must hold the domain's name key.
    rng : random.Random
        Decides sentence plan, aggregation and wording.
    """
    noun, name = rng.choice(domain.nouns), record[domain.name_key]
    rooms = _split(domain, record, noun, rng)
    verbs, advice = rooms["vp"], rooms["sentence"]
    sentences = [_opening(name, noun, " ".join([*rooms["adj"], noun]), rooms["pp"], verbs, rng)]
    while verbs:
        take = min(len(verbs), rng.choice((1, 1, 2, 2, 3)))
        clause, verbs = joined(verbs[:take]), verbs[take:]
        it = domain.pronoun
        subject = rng.choice((it, it, f"the {noun.split()[-1]}", name))
        link = rng.choice(("", "", "", "", "In addition, ", "Moreover, ", "also"))
        if link == "also":
            clause, link = ("is also " + clause[3:] if clause.startswith("is ") else "also " + clause), ""
        sentences.append((link + subject if link else capital(subject)) + f" {clause}.")
    if advice and rng.random() < 0.2:  # some writers warn first
        sentences.insert(0, advice.pop())
    return " ".join(sentences + advice)
