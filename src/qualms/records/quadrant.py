"""What a run really was: which data, which compute."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from qualms.errors import ConfigError

DATA = ("classical", "quantum")
COMPUTE = ("classical", "quantum-inspired", "simulated quantum", "quantum hardware")


@dataclass(frozen=True)
class Quadrant:
    """The pragmatic guide's four quadrants, with the two in-between classes of compute named.

    Attributes
    ----------
    data : str
        "classical" or "quantum".
    compute : str
        "classical", "quantum-inspired", "simulated quantum" or "quantum hardware". A simulator is never
        hardware.
    """

    data: str
    compute: str

    def __post_init__(self) -> None:
        if self.data not in DATA or self.compute not in COMPUTE:
            raise ConfigError(f"there is no such quadrant: data {self.data!r} × compute {self.compute!r}")

    @property
    def is_quantum(self) -> bool:
        """Whether circuits or other quantum systems computed, on hardware or in simulation.

        What does so has classical twins.
        """
        return self.compute in ("simulated quantum", "quantum hardware")

    def to_dict(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.data} data × {self.compute} compute"


CLASSICAL = Quadrant("classical", "classical")


def highest(*quadrants: Quadrant) -> Quadrant:
    """The one whose compute is furthest from classical; the first of equals."""
    return max(quadrants, key=lambda q: COMPUTE.index(q.compute))
