"""Where the search for a method's learning rate starts."""

from __future__ import annotations

from qualms.study.method import Method

# Found for generation on the small base, and for classification on a real encoder.
_RATES = {
    "generate": {
        "full": 1e-3,
        "lora": 6e-3,
        "prefix": 3e-2,
        "qsl": 2e-2,
        "qsl:angles-only": 5e-2,
        "qsl:mergeable": 1e-1,
        "qsl:fitted": 5e-2,
        "qsl:stored": 1e-1,
        "qsl:recommended": 1e-2,
        "beft": 3e-2,
        "c3a": 1.0,
        "fourierft": 3e-1,
        "hra": 1e-1,
        "ia3": 1e-1,
        "ln_tuning": 3e-2,
        "lokr": 3e-3,
        "miss": 3e-3,
        "oft": 3e-2,
        "psoft": 3e-2,
        "pvera": 1e-1,
        "road": 3e-2,
        "tinylora": 3e-3,
        "trainable_tokens": 3e-2,
        "unilora": 3e-1,
        "vblora": 3e-2,
        "vera": 1e-1,
        "waveft": 3e-3,
    },
    "classify": {
        "full": 5e-5,
        "lora": 1e-3,
        "prefix": 1e-2,
        "qsl": 5e-3,
        "qsl:angles-only": 2e-2,
        "qsl:mergeable": 3e-2,
        "qsl:fitted": 3e-2,
        "qsl:stored": 3e-2,
        "qsl:recommended": 5e-4,
        "ia3": 1e-2,
        "unilora": 3e-2,
        "vera": 1e-2,
    },
}
_OTHER_RATE = {"generate": 1e-2, "classify": 2e-3}
_EQUAL_TO = {"lora-equal": "lora", "unilora-equal": "unilora"}  # twins that are another method


def default_rate(method: Method, task: str) -> float:
    """Where the search for the method's learning rate starts."""
    table = _RATES[task]
    return table.get(_EQUAL_TO.get(method.twin or "", method.head), _OTHER_RATE[task])
