"""Where a circuit runs."""

from qualms.backends.exact import StatevectorBackend, statevector
from qualms.backends.protocol import Backend
from qualms.errors import ConfigError

_BACKENDS: dict[str, Backend] = {StatevectorBackend.name: StatevectorBackend()}


def get_backend(name: str) -> Backend:
    """The backend of that name.

    Raises
    ------
    ConfigError : if there is none; the message lists those there are. Nothing is ever substituted.
    """
    try:
        return _BACKENDS[name]
    except KeyError:
        raise ConfigError(f"unknown backend {name!r}; there are: {', '.join(_BACKENDS)}") from None


__all__ = ["Backend", "StatevectorBackend", "get_backend", "statevector"]
