"""Examples and their splits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from qualms.data.digest import digest
from qualms.data.numbers import integer, plain


@dataclass(frozen=True)
class Example:
    """An input with its accepted outputs: references for generation, one label for classification."""

    input: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class Skipped:
    """A row left out because it was broken; only in lenient reading."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class Splits:
    """Three disjoint lists of examples.

    Attributes
    ----------
    skipped : tuple[Skipped, ...]
        Rows left out in lenient reading.
    notes : tuple[str, ...]
        A sentence for everything that was not taken as it stands, or may be meant otherwise.
    """

    train: list[Example]
    validation: list[Example]
    test: list[Example]
    name: str
    skipped: tuple[Skipped, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())

    def fingerprint(self) -> str:
        """Hash of all examples in order."""
        return digest(
            [[(e.input, e.references) for e in s] for s in (self.train, self.validation, self.test)]
        )

    def labels(self) -> list[str]:
        """Class names in a fixed order: numbers by value, others alphabetically."""
        found = {e.references[0] for s in (self.train, self.validation, self.test) for e in s}
        return sorted(found, key=lambda label: (integer(label) is None, integer(label) or 0, label))


def take(examples: Sequence[Example], count: int, seed: int = 0) -> list[Example]:
    """`count` examples drawn without replacement, the same ones for the same seed; all of them if there are
    fewer.
    """
    if count >= len(examples):
        return list(examples)
    chosen = sorted(random.Random(plain(seed)).sample(range(len(examples)), count))
    return [examples[i] for i in chosen]
