"""What was left out, cut or is missing of a data set, in words, from a record's account of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SPLITS = {"train": "training", "validation": "validation", "test": "test"}


def sentences(info: Mapping[str, Any]) -> list[str]:
    """One sentence for everything that a reader of the numbers must know; none if all examples were used
    whole.

    Parameters
    ----------
    info : Mapping[str, Any]
        From `qualms.study.account`. What an older record does not have is not told.
    """
    out = list(info.get("notes", ()))
    if skipped := info.get("skipped", 0):
        out.append(f"{skipped} broken row{'s were' if skipped > 1 else ' was'} left out of the data set.")
    cut = [
        f"{info[f'{s}_cut']:,} of {info[s]:,} {word} examples"
        for s, word in _SPLITS.items()
        if info.get(f"{s}_cut")
    ]
    if cut:
        where = f" at {info['max_length']} tokens" if "max_length" in info else ""
        out.append(f"{_listed(cut)} were cut{where}; -s max_length=… sets another length.")
    for s, word in _SPLITS.items():
        if lacks := info.get(f"{s}_lacks"):
            shown = ", ".join(repr(label) for label in lacks[:5]) + (
                f" and {len(lacks) - 5} more" if len(lacks) > 5 else ""
            )
            out.append(
                f"The {word} examples have none of the class{'es' if len(lacks) > 1 else ''} {shown}: "
                "accuracy and F1 say nothing about it."
            )
        if info.get(f"{s}_constant"):
            out.append(
                f"All {word} examples have the same output: the quality of the texts "
                "does not show whether the input is read."
            )
        if info.get(f"{s}_of", 0) > info.get(s, 0):
            out.append(f"{info[s]:,} of {info[f'{s}_of']:,} {word} examples were used, drawn at random.")
    if leaks := info.get("test_inputs_in_train", 0):
        out.append(f"{leaks} of the test inputs occur in the training data too.")
    return out


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
