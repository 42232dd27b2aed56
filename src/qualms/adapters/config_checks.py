"""Which settings of a quantum sublayer can be, and which go together; numbers are kept as Python's own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from qualms.circuits import ENTANGLERS
from qualms.data.numbers import plain, plain_integer, plain_real
from qualms.errors import ConfigError

if TYPE_CHECKING:
    from qualms.adapters.config import QSLConfig


def check(config: QSLConfig) -> None:
    """Raises ConfigError for the first setting that cannot be. Changes numbers of numpy to Python's."""
    _check_choices(config)
    _check_numbers(config)
    _check_layers(config)
    _check_combinations(config)


def _check_choices(config: QSLConfig) -> None:
    hints = get_type_hints(type(config))
    for name in ("form", "down", "readout", "up", "circuit", "start", "fit_to"):
        allowed = get_args(hints[name])
        if getattr(config, name) not in allowed:
            raise ConfigError(
                f"QSLConfig: {name}={getattr(config, name)!r} is unknown; choose one of {', '.join(allowed)}"
            )
    if config.entangler not in ENTANGLERS:
        raise ConfigError(
            f"QSLConfig: entangler={config.entangler!r} is unknown; choose one of {', '.join(ENTANGLERS)}"
        )


def _check_numbers(config: QSLConfig) -> None:
    """Keep numbers as Python's own, so that they can be saved; refuse what is none."""
    for name, least in (
        ("n_qubits", 1),
        ("n_layers", 1),
        ("rank", 1),
        ("init_seed", None),
        ("fit_batches", 1),
        ("fit_steps", 1),
        ("bits", 1),
        ("gains", 0),
    ):
        value = plain_integer(getattr(config, name))
        if getattr(config, name) is None and name == "n_qubits":
            continue
        if value is None or (least is not None and value < least):
            of_circuit = name in ("n_qubits", "n_layers")
            needs = " (a circuit needs at least 1 qubit and 1 layer)" if of_circuit else ""
            what = "an integer" if least is None else f"at least {least}, an integer{needs}"
            raise ConfigError(f"QSLConfig: {name}={getattr(config, name)!r} must be {what}")
        setattr(config, name, value)
    for name in ("scaling", "dropout", "angle_std", "fit_rate", "update_rate"):
        number = plain_real(getattr(config, name))
        if getattr(config, name) is None and name == "angle_std":
            continue
        if number is None or math.isinf(number):
            raise ConfigError(f"QSLConfig: {name}={getattr(config, name)!r} must be a finite number")
        setattr(config, name, float(number))
    for name in (
        "rz",
        "closing_ry",
        "share_down",
        "share_up",
        "normalize",
        "keep_norm",
        "backend_options",
        "trainable_token_indices",
    ):
        setattr(config, name, plain(getattr(config, name)))


def _check_layers(config: QSLConfig) -> None:
    """`layers_to_transform` as one index or a list of them; which of them the model has, `check_targets`
    sees.
    """
    given = config.layers_to_transform
    if given is None:
        if config.layers_pattern:
            raise ConfigError(
                "QSLConfig: layers_pattern says where layers_to_transform counts, which is not given"
            )
        return
    if getattr(given, "ndim", None) == 0 and hasattr(given, "item"):
        given = given.item()
    listed: list[Any] = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    indices = [plain_integer(index) for index in listed]
    if not indices or any(index is None or index < 0 for index in indices):
        raise ConfigError(
            f"QSLConfig: layers_to_transform={given!r} must be one or more "
            "indices of layers, which count from 0"
        )
    if twice := sorted({index for index in indices if indices.count(index) > 1}):  # type: ignore[type-var]
        raise ConfigError(f"QSLConfig: layers_to_transform names {', '.join(map(str, twice))} more than once")
    config.layers_to_transform = indices if isinstance(given, Iterable) else indices[0]  # type: ignore[assignment]


def _check_combinations(config: QSLConfig) -> None:
    for name in ("target_modules", "exclude_modules", "layers_pattern"):
        for text in (
            [given]
            if isinstance(given := getattr(config, name), str)
            else (given or [])
            if name == "layers_pattern"
            else []
        ):
            _check_regular_expression(name, text)
    problems = [
        (
            isinstance(config.target_modules, str)
            and config.layers_to_transform is not None
            and config.target_modules.lower() != "all-linear",
            "layers_to_transform needs target_modules as a list, not as a regular expression",
        ),
        (
            config.n_qubits is None and config.down != "full" and config.form == "sublayer",
            "n_qubits may be left out only with down='full'",
        ),
        (
            not config.normalize and config.readout != "amplitudes" and config.form == "sublayer",
            (
                f"readout={config.readout!r} measures a state, and a state has norm 1: use "
                "normalize=True (keep_norm=True gives the norm back)"
            ),
        ),
        (
            config.rz and (config.readout == "amplitudes" or config.form == "factors"),
            (
                "RZ makes amplitudes complex, and a complex amplitude cannot be added to a real hidden "
                "state: use rz=False or readout 'z' or 'probs'"
            ),
        ),
        (
            config.start == "fitted" and config.form != "factors",
            "start='fitted' fits the two factors of a linear map: use form='factors'",
        ),
        (
            config.start == "fitted" and config.circuit in ("frozen", "orthogonal"),
            f"start='fitted' moves the directions, and circuit={config.circuit!r} leaves them as drawn",
        ),
        (
            config.circuit == "stored" and config.start != "fitted",
            "circuit='stored' keeps directions that were fitted: use start='fitted'",
        ),
        (
            config.gains > 0 and config.circuit != "stored",
            "gains are factors of stored directions: use circuit='stored'",
        ),
        (
            config.circuit == "stored" and config.backend != "statevector",
            f"circuit='stored' has no circuit that backend={config.backend!r} could run: leave it out",
        ),
        (config.bits not in (1, 16, 32), f"bits={config.bits} must be 1, 16 or 32"),
        (config.fit_rate <= 0, f"fit_rate={config.fit_rate} must be above 0"),
        (config.update_rate <= 0, f"update_rate={config.update_rate} must be above 0"),
        (not 0 <= config.dropout < 1, f"dropout={config.dropout} must be in [0, 1)"),
        (
            config.share_up and config.up != "learned",
            "share_up shares a learned up-projection; up must be 'learned'",
        ),
        (
            config.up == "fixed" and config.circuit != "trained" and config.form == "sublayer",
            "up='fixed' without a trained circuit trains nothing",
        ),
    ]
    for wrong, reason in problems:
        if wrong:
            raise ConfigError(f"QSLConfig: {reason}")


def _check_regular_expression(name: str, text: object) -> None:
    """Raises ConfigError for what Python's regular expressions cannot be."""
    try:
        re.compile(str(text))
    except re.error as error:
        raise ConfigError(f"QSLConfig: {name}={text!r} is not a regular expression: {error}") from None
