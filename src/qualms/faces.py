"""Packages that show names of their modules, and import a module when one of its names is first asked for."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def show(package: str, names: Mapping[str, Sequence[str]]) -> None:
    """Let a package show names of modules without importing these.

    A package calls this in its `__init__.py`, where it also imports the same names under ``if
    TYPE_CHECKING:``, for type checkers and editors, and lists them in ``__all__``. Its submodules and
    subpackages are there as attributes as well, imported when they are asked for.

    Parameters
    ----------
    package : str
        ``__name__`` of the package.
    names : Mapping[str, Sequence[str]]
        The names that it shows, by the module that defines them.
    """
    module = sys.modules[package]
    module.__dict__["_shown"] = {name: home for home, shown in names.items() for name in shown}
    module.__class__ = _Face


class _Face(ModuleType):
    """PEP 562's `__getattr__`, with one thing that it cannot do: a name stays the package's where a submodule
    has it too.
    """

    _shown: dict[str, str]

    def __getattr__(self, name: str) -> Any:
        if name in self._shown:
            value = getattr(import_module(self._shown[name]), name)
            super().__setattr__(name, value)  # from now on without this function
            return value
        if not name.startswith("_") and find_spec(f"{self.__name__}.{name}"):
            return import_module(f"{self.__name__}.{name}")
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)

    def __setattr__(self, name: str, value: object) -> None:
        """The import system binds every submodule to its package; `qualms.study.compare` is the function all
        the same, whichever comes first.
        """
        if not (name in self._shown and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._shown})
