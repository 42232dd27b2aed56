"""Mixed batches: which adapter each row of a batch gets, also where `generate` has more rows than it was
given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from peft.utils.other import AuxiliaryTrainingWrapper
from torch import nn


class _Names:
    """One name for each row.

    `generate` with beams or several returned sequences repeats rows at one place; from there on the names are
    repeated too.

    An encoder runs before that place and has one row for each input, a decoder after it. Only the model knows
    how often rows are repeated: the number may come from an argument, a `GenerationConfig`, or the model's
    own.
    """

    def __init__(self, names: list[str]) -> None:
        self._given = names
        self.now = names

    def add_to(self, module: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        names = self.now
        # it does not know adapters that left this module alone
        if isinstance(module, AuxiliaryTrainingWrapper):
            names = [name if name in module._adapters else "__base__" for name in names]
        return args, {**kwargs, "adapter_names": names}

    def repeat(self, times: int) -> None:
        self.now = [name for name in self._given for _ in range(times)]


@contextmanager
def rows_with_names(model: nn.Module, takers: Iterable[nn.Module], names: list[str]) -> Iterator[None]:
    """Inside, every module of `takers` is called with `adapter_names`.

    Parameters
    ----------
    model : nn.Module
        The base model, whose `generate` may be called inside.
    names : list[str]
        One for each row of the batch.
    """
    rows = _Names(names)
    # not transformers' public face; if it is renamed, layers refuse rows without names, and tests fail
    place = "_expand_inputs_for_generation"
    own, expand = vars(model).get(place), getattr(model, place, None)

    def repeating(expand_size: int = 1, *args: Any, **kwargs: Any) -> Any:
        assert expand is not None
        rows.repeat(expand_size)
        return expand(expand_size, *args, **kwargs)

    handles = [m.register_forward_pre_hook(rows.add_to, with_kwargs=True) for m in takers]
    if expand is not None:
        vars(model)[place] = repeating
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        if own is not None:
            vars(model)[place] = own
        else:
            vars(model).pop(place, None)
