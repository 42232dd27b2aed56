"""Telling PEFT of the quantum sublayer when PEFT is imported, and not before: importing it takes seconds, and
not everyone needs it.

PEFT has no plugins: `PeftModel.from_pretrained` knows the methods that are in its tables, and ours gets there
when `qualms.adapters` is imported. So that has to follow every import of PEFT, before or after our own. One
that came before is seen in `sys.modules`; for one that comes after, a finder stands at the head of
`sys.meta_path`, the only place where Python lets a library take part in another one's import. It is kept
harmless:

- It answers for the name "peft" alone, and with what the finders behind it find. Once loaded, PEFT has its
  own loader.
- It leaves when PEFT has been loaded. A mere search for PEFT (`importlib.util.find_spec`), or an import that
  fails, changes nothing.
- If our registration fails, PEFT's import does not: a warning says why.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # importlib.abc takes longer to import than all of this
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_PEFT, _OURS = "peft", "qualms.adapters"


def register_with_peft() -> None:
    """Register `qualms.adapters` with PEFT: now where PEFT is imported already, else as soon as it is."""
    if _PEFT in sys.modules:
        _register()
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _register() -> None:
    if _OURS in sys.modules:
        return  # it registers itself at the end of its own import, which may be what imports PEFT
    try:
        import_module(_OURS)
    except Exception as error:
        warnings.warn(
            f"PEFT does not know adapters of type QUALMS_QSL: importing {_OURS} failed: {error!r}",
            RuntimeWarning,
            stacklevel=2,
        )


class _Finder:
    """Finds PEFT as the finders behind it do, with a loader that goes on to register us."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _PEFT:
            return None
        others = (finder.find_spec(fullname, path, target) for finder in sys.meta_path if finder is not self)
        spec = next((found for found in others if found is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(self, spec.loader)  # type: ignore[assignment]
        return spec


class _Loader:
    """PEFT's own loader in all but one thing: what it does after PEFT has run."""

    def __init__(self, finder: _Finder, loader: Any) -> None:
        self._finder, self._loader = finder, loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        _register()
