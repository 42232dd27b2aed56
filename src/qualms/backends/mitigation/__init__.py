"""Error mitigation, each method around any backend and around each other:
``ZNEBackend(ReadoutBackend(backend))``.

None of them removes noise: they trade bias for variance and shots. Every wrapper says what it costs
(`circuits_factor`, `variance_factor`), and `evidence` says whether it helped on given circuits.
"""

from qualms.backends.mitigation.evidence import Evidence, evidence
from qualms.backends.mitigation.readout import ReadoutBackend
from qualms.backends.mitigation.twirling import TwirledBackend, twirled
from qualms.backends.mitigation.zne import ZNEBackend, exponential, fold, linear, richardson

__all__ = [
    "Evidence",
    "ReadoutBackend",
    "TwirledBackend",
    "ZNEBackend",
    "evidence",
    "exponential",
    "fold",
    "linear",
    "richardson",
    "twirled",
]
