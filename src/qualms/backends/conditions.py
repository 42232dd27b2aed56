"""The conditions under which a study runs circuits: device or noise, shots, mitigation, and the backend that
each stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qualms.backends.density import DensityMatrixBackend, as_noise
from qualms.backends.exact import StatevectorBackend
from qualms.backends.mitigation import ReadoutBackend, TwirledBackend, ZNEBackend
from qualms.backends.noise import NoiseModel
from qualms.backends.protocol import Backend
from qualms.backends.registry import get_backend
from qualms.backends.sampled import SampledBackend
from qualms.data.numbers import plain
from qualms.errors import ConfigError

IDEAL = "ideal"
VENDORS = ("ibm", "braket")
MOST_SHOTS, LARGEST_SCALE, LARGEST_SEED = 10**9, 1000, 2**32 - 1
MITIGATIONS = ("none", "readout", "zne", "zne+readout", "zne+twirling")


@dataclass(frozen=True)
class RunCondition:
    """One way to run the circuits.

    Attributes
    ----------
    device : str
        "ideal"; a device whose calibration is known ("fake_sherbrooke"), simulated; or "ibm:NAME",
        "braket:NAME", the device itself.
    scale : float
        Scale of a calibration's noise.
    shots : int | None
        Shots for every circuit; None for infinitely many.
    mitigation : str
        One of `MITIGATIONS`.
    seed : int
        Seed of the shots.
    """

    device: str
    shots: int | None
    mitigation: str = "none"
    scale: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        # a condition is hashed and written: numpy's numbers become Python's
        for name, value in plain(self.__dict__).items():
            object.__setattr__(self, name, value)

    @property
    def label(self) -> str:
        scale = "" if self.scale == 1 else f" × {self.scale:g}"
        return (
            f"{self.device}{scale}, {'∞' if self.shots is None else f'{self.shots:,}'} "
            f"shots, {self.mitigation}"
        )

    @property
    def vendor(self) -> str | None:
        """ "ibm" or "braket" where the circuits go through a vendor's SDK."""
        head, colon, _ = self.device.partition(":")
        return head if colon else None

    def noise(self) -> NoiseModel | None:
        return (
            None
            if self.device == IDEAL or self.vendor
            else as_noise({"device": self.device, "scale": self.scale})
        )

    def backend(self, folder: Path, max_cost: float = 0.0) -> Backend:
        """The backend, mitigation around it.

        Jobs of devices are kept in `folder`, and may cost `max_cost` dollars.
        """
        noise = self.noise()
        backend: Backend = StatevectorBackend() if noise is None else DensityMatrixBackend(noise)
        if self.vendor:
            name = self.device.partition(":")[2]
            backend = get_backend(
                self.vendor,
                name=name,
                shots=self.shots,
                seed=self.seed,
                folder=folder / "jobs" / name,
                max_cost=max_cost,
            )
        elif self.shots is not None:
            backend = SampledBackend(backend, self.shots, self.seed)
        if "readout" in self.mitigation:
            backend = ReadoutBackend(backend)
        if "zne" in self.mitigation:
            backend = ZNEBackend(backend, (1, 3, 5), "richardson" if self.shots is None else "linear")
        if "twirling" in self.mitigation:
            backend = TwirledBackend(backend, 8, self.seed)
        return backend


def _check_numbers(
    mitigations: Sequence[str], shots: Sequence[int], scales: Sequence[float], seeds: Sequence[int]
) -> None:
    for name, values in (
        ("mitigations", mitigations),
        ("shots", shots),
        ("scales", scales),
        ("seeds", seeds),
    ):
        if len(set(values)) < len(values):
            raise ConfigError(f"{name} {', '.join(map(str, values))}: the same value twice")
    bounds: tuple[tuple[str, Sequence[float], Any, int, int], ...] = (
        ("shots", shots, int, 1, MOST_SHOTS), ("seeds", seeds, int, 0, LARGEST_SEED),
        ("scales", scales, (int, float), 0, LARGEST_SCALE),
    )  # fmt: skip
    for name, numbers, kind, least, most in bounds:
        wrong = [
            v for v in numbers if not isinstance(v, kind) or isinstance(v, bool) or not least <= v <= most
        ]
        if wrong:
            raise ConfigError(f"{name} {wrong[0]}: must be at least {least:,} and at most {most:,}")
    if not (mitigations and scales and seeds):
        raise ConfigError("give at least one mitigation, one scale and one seed")


def conditions(
    devices: Sequence[str],
    shots: Sequence[int],
    mitigations: Sequence[str],
    scales: Sequence[float],
    seeds: Sequence[int],
) -> list[RunCondition]:
    """Every combination that means something: an ideal device has nothing to mitigate, infinitely many shots
    need one seed.

    Raises
    ------
    ConfigError
        For an unknown device or mitigation, shots, scales or seeds that are out of bounds, and for the
        same value twice.
    """
    shots, scales, seeds = plain(list(shots)), plain(list(scales)), plain(list(seeds))
    _check_numbers(mitigations, shots, scales, seeds)
    unknown = [m for m in mitigations if m not in MITIGATIONS]
    if unknown:
        raise ConfigError(f"unknown mitigation {unknown[0]!r}; there are {', '.join(MITIGATIONS)}")
    for device in devices:
        if ":" in device and device.partition(":")[0] not in VENDORS:
            raise ConfigError(f"unknown vendor in device {device!r}; there are {', '.join(VENDORS)}")
        if ":" in device and not shots:
            raise ConfigError(f"device {device!r} needs shots: a real device cannot measure infinitely often")
        RunCondition(device, None).noise()  # raises for a device without a calibration here
    out = []
    for device in dict.fromkeys([IDEAL, *devices]):
        # nothing real has infinitely many shots, or noise to be scaled
        counts = list(shots) if ":" in device else [None, *shots]
        for count in counts:
            for mitigation in mitigations if device != IDEAL else ("none",):
                for scale in scales if device != IDEAL and ":" not in device else (1.0,):
                    out += [
                        RunCondition(device, count, mitigation, scale, s)
                        for s in (seeds if count is not None else seeds[:1])
                    ]
    return out
