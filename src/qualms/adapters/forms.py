"""The forms of an adapter by name."""

from __future__ import annotations

from qualms.adapters.config import QSLConfig
from qualms.adapters.factors import Factors
from qualms.adapters.plan import Plan
from qualms.adapters.stored import StoredFactors
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
    form = StoredFactors if config.circuit == "stored" else FORMS[config.form]
    plan = form.made(config, layout, n_in, backend, where)
    for ansatz in plan.circuits:
        check_sublayer(backend, ansatz.n_qubits, where)
    return plan
