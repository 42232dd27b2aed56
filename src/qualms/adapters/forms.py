"""The forms of an adapter by name."""

from __future__ import annotations

from qualms.adapters.config import QSLConfig
from qualms.adapters.factors import Factors
from qualms.adapters.plan import Plan
from qualms.adapters.sublayer import Sublayer
from qualms.adapters.targets import Layout
from qualms.backends import get_backend
from qualms.backends.protocol import check_sublayer

FORMS: dict[str, type[Plan]] = {"sublayer": Sublayer, "factors": Factors}


def make_plan(config: QSLConfig, layout: Layout, n_in: int, where: str) -> Plan:
    """Check that the adapter fits the map at `where`.

    Raises
    ------
    ConfigError
        If the map has too few dimensions for the qubits.
    TooLargeError
        If the backend takes fewer qubits.
    """
    backend = get_backend(config.backend, **config.backend_options)
    plan = FORMS[config.form].made(config, layout, n_in, backend, where)
    check_sublayer(backend, max(ansatz.n_qubits for ansatz in plan.circuits), where)
    return plan
