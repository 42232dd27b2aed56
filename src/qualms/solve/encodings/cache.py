"""What is computed of a problem, kept outside of it for as long as it lives."""

from __future__ import annotations

import copy
import functools
import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Make = Callable[[Any], T]


class CachedDispatch(Generic[T]):
    """A function of a problem, dispatched on its class, whose results are kept outside of the problem.

    Problems never change, and are told apart by identity: their arrays have no hash. A result is dropped when
    its problem is. Results hold functions that need the problem's data; a registered function therefore gets
    a shallow copy of the problem, so that what is kept does not keep the problem itself alive. The default,
    for classes that nobody registered, gets the problem as it is and must not let its result refer to it.

    Threads may call it side by side; two that ask for the same result at once may both compute it, and get
    the same.

    Parameters
    ----------
    default : callable
        For classes that nobody registered.
    """

    def __init__(self, default: Make[T]) -> None:
        self._dispatch = functools.singledispatch(default)
        self._default = default
        self._kept: dict[int, tuple[weakref.ref[Any], T]] = {}
        functools.update_wrapper(self, default)

    def register(self, make: Make[T]) -> Make[T]:
        """Use a function for the class that its parameter is annotated with."""
        self._dispatch.register(make)
        return make

    def registered(self, kind: type) -> bool:
        """Whether there is a function for a class or for one that it inherits from."""
        return self._dispatch.dispatch(kind) is not self._default

    def __call__(self, problem: Any) -> T:
        found = self.known(problem)
        if found is not None:
            return found
        make = self._dispatch.dispatch(type(problem))
        made = make(problem if make is self._default else copy.copy(problem))
        key = id(problem)
        entry = weakref.ref(problem, lambda _: self._kept.pop(key, None)), made
        return self._kept.setdefault(key, entry)[1]

    def known(self, problem: Any) -> T | None:
        """The result if it has been computed, else None."""
        entry = self._kept.get(id(problem))
        return entry[1] if entry is not None and entry[0]() is problem else None
