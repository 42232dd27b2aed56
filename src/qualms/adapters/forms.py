"""The forms of an adapter by name."""

from __future__ import annotations

from qualms.adapters.config import QSLConfig
from qualms.adapters.factors import Factors
from qualms.adapters.plan import Plan
from qualms.adapters.sublayer import Sublayer
from qualms.adapters.targets import Layout
from qualms.backends import get_backend
from qualms.errors import ConfigError

FORMS: dict[str, type[Plan]] = {"sublayer": Sublayer, "factors": Factors}


def make_plan(config: QSLConfig, layout: Layout, n_in: int, where: str) -> Plan:
    """Check that the adapter fits the map at `where`.

    Raises
    ------
    ConfigError
        If the map has too few dimensions for the qubits, or the backend takes fewer qubits.
    """
    backend = get_backend(config.backend, **config.backend_options)
    plan = FORMS[config.form].made(config, layout, n_in, backend, where)
    widest = max(ansatz.n_qubits for ansatz in plan.circuits)
    if widest > backend.max_qubits:
        raise ConfigError(f"{where}: needs {widest} qubits, the {config.backend} backend takes at most {backend.max_qubits}")
    return plan
