"""Reads a text: a model, a question, or a refusal."""

from __future__ import annotations

import re

from qualms.language.assemble import draft_about
from qualms.language.doubts import doubt, hard_words, odd_number
from qualms.language.draft import Draft, model
from qualms.language.equations import read_equations
from qualms.language.inline import TableTold, cut_table, read_table_in
from qualms.language.matrices import read_matrix
from qualms.language.naming import name_numbers
from qualms.language.optimum import optimum, same_optimum
from qualms.language.paired import paired
from qualms.language.reading import Accepted, Question, Reading, Refusal, Unclear
from qualms.language.things import Thing, candidates
from qualms.language.tokens import Token, sentences, tokenise
from qualms.language.words import words

LONGEST = 12_000  # characters of a text
_ENGLISH = words("the a an of and to in is are for at each per be it that with on as can has have how many")


def read_text(text: str) -> Reading:
    """Reads an optimization problem in plain English, or a system of linear equations.

    Parameters
    ----------
    text : str
        The problem.

    Returns
    -------
    Accepted, Question or Refusal
        A model if everything was understood; otherwise what is missing, or why the text is no problem that
        the grammar can read.
    """
    try:
        system = read_equations(text) if len(text) <= LONGEST else None
    except Unclear as unclear:
        return Question((unclear.question,))
    if system is not None:
        return Accepted(system)
    if (refusal := _refused(text)) is not None:
        return refusal
    for question in (odd_number(text), hard_words(text)):
        if question is not None:
            return Question((question,))
    try:
        rest, grid = cut_table(text)
        if grid is not None and (found_matrix := read_matrix(grid, rest)) is not None:
            return Accepted(found_matrix)
        table = read_table_in(grid, rest, _money(text)) if grid is not None else None
    except Unclear as unclear:
        return Question((unclear.question,))
    split = [paired(s) for s in sentences(name_numbers(tokenise(rest)))]
    drafts: dict[object, Draft] = {}
    asked: list[Unclear] = []
    sets = candidates(split) if table is None else [table.things]
    if not sets:
        return Question(
            ("Which things are to be decided? Name them in one sentence, as in “tables and chairs”.",)
        )
    for things in sets:
        for loose in (False, True):
            try:
                draft = _draft(things, split, loose, table)
            except Unclear as unclear:
                asked.append(unclear)
                continue
            drafts.setdefault(draft.signature(), draft)
            break
    if len(drafts) == 1:
        found = model(next(iter(drafts.values())))
        second = doubt(found)
        return Accepted(found) if second is None else Question((second,))
    if drafts:
        names = [" and ".join(t.name for t in d.things) for d in drafts.values()]
        return Question((f"Are the things to be decided {', or are they '.join(dict.fromkeys(names))}?",))
    best = max(asked, key=lambda u: u.progress)
    return Question((best.question,))


def _draft(
    things: tuple[Thing, ...], split: list[list[Token]], loose: bool, table: TableTold | None
) -> Draft:
    """A draft; "must be twice as many" is read where exactly and at least have the same best answer."""
    try:
        return draft_about(things, split, loose, table)
    except Unclear as unclear:
        if not unclear.two_ways:
            raise
        question = unclear
    exactly, least = (draft_about(things, split, loose, table, exact) for exact in ("=", ">="))
    one, other = optimum(model(exactly)), optimum(model(least))
    if not same_optimum(one, other):
        raise Unclear(_which(question.question, one, other), 6)
    exactly.assume(
        "A multiple that must hold was read exactly; read as at least, the best answer is of the same value."
    )
    return exactly


def _which(question: str, one: float | None, other: float | None) -> str:
    """The question, with what each reading leads to."""
    if one is None or other is None:
        return question
    return f"{question} The best value is {one:g} if exactly, and {other:g} if at least."


def _money(text: str) -> str:
    """The unit of sums of money, where a text uses one sign only."""
    units = [u for sign, u in (("$", "dollars"), ("€", "euros"), ("£", "pounds sterling")) if sign in text]
    return units[0] if len(units) == 1 else ""


def _refused(text: str) -> Refusal | None:
    """Texts that no attempt is made to read."""
    if not text.strip():
        return Refusal("The text is empty.")
    if len(text) > LONGEST:
        return Refusal(f"The text has {len(text):,} characters; {LONGEST:,} are the most that is read.")
    if re.search(r"\d{16}", text.replace(",", "")):
        return Refusal("A number in the text has more than 15 digits.")
    found = re.findall(r"[A-Za-z']+", text.lower())
    letters = sum(c.isalpha() for c in text)
    latin = sum(c.isascii() and c.isalpha() for c in text)
    if letters and latin < 0.8 * letters:
        return Refusal("The text is not in English, the only language that is read so far.")
    if len(found) > 12 and sum(w in _ENGLISH for w in found) < 0.08 * len(found):
        return Refusal("The text does not seem to be English, the only language that is read so far.")
    if not re.search(r"\d", text) and not any(t.kind == "number" for t in tokenise(text)):
        return Refusal("The text has no numbers, so it states no optimization problem.")
    return None
