"""What a measurement used of a data set, as plain numbers for records: what was left out, cut or is missing
is told beside every result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qualms.data.examples import Example, Splits
from qualms.study.encoding import Encoded, count_cut


def about_data(splits: Splits, max_length: int) -> dict[str, Any]:
    """What holds for the data set as a whole."""
    return {"skipped": len(splits.skipped), "notes": list(splits.notes), "max_length": max_length}


def about_split(
    name: str,
    used: Sequence[Example],
    of: int,
    items: Sequence[Encoded],
    task: str,
    labels: Sequence[str] = (),
) -> dict[str, Any]:
    """What was used of a split.

    Parameters
    ----------
    name : str
        "train", "validation" or "test".
    used : Sequence[Example]
        The examples.
    of : int
        How many the split has.
    items : Sequence[Encoded]
        What the encoder made of them.
    labels : Sequence[str], optional
        The classes of a classification.

    Returns
    -------
    dict[str, Any]
        {name: used, name_of: of, name_cut: longer than max_length}; for classification name_lacks, the
        classes without an example; for generation name_constant, whether all outputs are the same, so
        that a model need not read its input.
    """
    found: dict[str, Any] = {name: len(used), f"{name}_of": of, f"{name}_cut": count_cut(used, items, task)}
    if task == "classify":
        there = {e.references[0] for e in used}
        return {**found, f"{name}_lacks": [label for label in labels if label not in there]}
    return {**found, f"{name}_constant": len(used) > 1 and len({e.references for e in used}) == 1}
