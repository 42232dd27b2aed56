"""What is known about quantum methods by kind of problem: dated rows, each with its source."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from qualms.data.mistakes import place, words
from qualms.data.text import read_text
from qualms.errors import DataError

ANY = "any"  # a row about every family of optimization
_ISO = r"\d{4}-\d{2}(-\d{2})?"
_ARXIV = r"arXiv \d{4}\.\d{4,5}"
Text = Annotated[str, Field(min_length=1)]


class Evidence(BaseModel):
    """A finding, ours or a published one.

    Attributes
    ----------
    family : str
        Which problems it is about: a family of `qualms.orchestrator.decision.features.family`, a kind,
        another field ("kernel classifier"), or "any" for every optimization problem.
    claim : str
        What was found, one sentence.
    direction : str
        "advantage" of the quantum method, "none", or "disadvantage".
    basis : str
        What the finding rests on: "end-to-end" measurements of whole runs beside classical methods,
        "noiseless simulation", or "analysis".
    size : str
        Which sizes it covers, in words.
    largest : int or None
        The largest size that it covers; None where it has none.
    date : str
        When it was found, or published, ISO, perhaps without the day.
    source : str
        "arXiv NUMBER", or the path of a result file in this repository.
    conditions : str
        Under which it holds.
    note : str
        What else has to be known to read it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    family: Text
    claim: Text
    direction: Literal["advantage", "none", "disadvantage"]
    basis: Literal["end-to-end", "noiseless simulation", "analysis"]
    size: Text
    largest: int | None = None
    date: Annotated[str, Field(pattern=f"^{_ISO}$")]
    source: Annotated[str, Field(pattern=rf"^({_ARXIV}|(experiments|benchmarks)/[\w./-]+)$")]
    conditions: Text
    note: str = ""

    @field_validator("date")
    @classmethod
    def _is_a_date(cls, told: str) -> str:
        date.fromisoformat(told if len(told) == 10 else f"{told}-01")
        return told

    @model_validator(mode="after")
    def _covers_something(self) -> Evidence:
        if self.largest is not None and self.largest < 1:
            raise ValueError("largest is below 1")
        return self

    @property
    def own(self) -> bool:
        """Whether it is a result file of ours."""
        return not self.source.startswith("arXiv")

    def about(self, family: str, kind: str, size: int) -> bool:
        """Whether it says something about a problem of this family, kind and size."""
        fits = self.family in (ANY, family, kind)
        return fits and (self.largest is None or size <= self.largest)

    def sentence(self) -> str:
        """The claim with its source and date."""
        return f"{self.claim} ({self.source}, {self.date}; {self.conditions})"


def read_evidence(path: Path) -> tuple[Evidence, ...]:
    """Rows of a file, a JSON object a line.

    Raises
    ------
    DataError
        For a line that is not such a row, with its number.
    """
    return _rows(read_text(path).text, str(path))


@lru_cache(maxsize=1)
def shipped_evidence() -> tuple[Evidence, ...]:
    """The rows that come with the package."""
    place = resources.files("qualms") / "assets" / "evidence.jsonl"
    return _rows(place.read_text(encoding="utf-8"), "evidence.jsonl")


def about(rows: Sequence[Evidence], family: str, kind: str, size: int) -> list[Evidence]:
    """The rows about a problem, those about its own family first, and newer ones before older ones."""
    found = [r for r in rows if r.about(family, kind, size)]
    return sorted(sorted(found, key=lambda r: r.date, reverse=True), key=lambda r: r.family == ANY)


def _rows(text: str, path: str) -> tuple[Evidence, ...]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(Evidence.model_validate_json(line))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise DataError(f"{path}:{number}: {place(first) or 'row'}: {words(first)}") from None
    return tuple(found)


def dumped(rows: Sequence[Evidence]) -> str:
    """The rows as such a file."""
    return "".join(json.dumps(r.model_dump(), ensure_ascii=False) + "\n" for r in rows)
