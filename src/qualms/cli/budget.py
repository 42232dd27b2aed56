"""The budget of a race, from options."""

from __future__ import annotations

from typing import Annotated

import typer

from qualms.data.numbers import real
from qualms.errors import ConfigError

Gap = Annotated[
    str | None,
    typer.Option("--gap", help="End when the answer is proven to be this close to the best, as in 0.5%."),
]
Cores = Annotated[int | None, typer.Option("--cores", help="Solvers that run at a time; default: all cores.")]


def share(text: str, option: str) -> float:
    """A share from 0 to 1, told as "0.5%" or "0.005".

    Raises
    ------
    ConfigError
        For anything else, and for a number above 1 without a percent sign, which could mean either.
    """
    told = text.strip()
    found = real(told.removesuffix("%").strip())
    if found is None or not found >= 0 or (not told.endswith("%") and found > 1):
        raise ConfigError(f"{option} {text!r} must be a share such as 0.5% or 0.005")
    return found / 100 if told.endswith("%") else found
