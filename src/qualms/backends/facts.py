"""What is published about devices: every number with its source and date, or None where nobody we could read
says it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from qualms.backends.prices import PRICES, Price


@dataclass(frozen=True)
class Fact:
    """A number and where it stands. date : ISO, or as far as the source tells."""

    value: float | None
    source: str
    date: str

    def __str__(self) -> str:
        return "unknown" if self.value is None else f"{self.value:g}"


UNKNOWN = Fact(None, "no source found", "–")


@dataclass(frozen=True)
class Device:
    """A device as its provider, or a paper, describes it.

    Attributes
    ----------
    coupling : str
        "all-to-all", "heavy-hex", "square" or "analog".
    gates : str
        Its two-qubit gate.
    error1, error2, readout_error : Fact
        Of gates on one and two qubits and of reading one; medians, or means where the source gives those.
    shot_seconds : Fact
        One repetition without the gates.
    gate2_seconds : Fact
        A two-qubit gate.
    max_shots : Fact
        Largest number of shots of a circuit.
    power : Fact
        Kilowatts of the whole system.
    calibration : str
        Name of a calibration that ships with qiskit-ibm-runtime.
    price : Price | None
        A key of `qualms.backends.prices.PRICES`, "" where no price is known.
    """

    title: str
    coupling: str
    gates: str
    qubits: Fact
    error1: Fact
    error2: Fact
    readout_error: Fact
    shot_seconds: Fact = UNKNOWN
    gate2_seconds: Fact = UNKNOWN
    max_shots: Fact = UNKNOWN
    power: Fact = UNKNOWN
    calibration: str = ""
    price_key: str = ""
    note: str = ""

    @property
    def price(self) -> Price | None:
        return PRICES.get(self.price_key)

    def facts(self) -> dict[str, Fact]:
        """Every number by name."""
        return {
            f.name: getattr(self, f.name) for f in fields(self) if isinstance(getattr(self, f.name), Fact)
        }


def _ibm(
    kind: str,
    title: str,
    date: str,
    qubits: int,
    e1: float,
    e2: float,
    er: float,
    gate2: float,
    readout: float,
    gates: str,
) -> Device:
    source = f"calibration {kind} in qiskit-ibm-runtime 0.51"
    repetition = Fact(250e-6 + readout, f"default repetition delay and readout, {source}", date)
    return Device(
        title, "heavy-hex", gates, Fact(qubits, source, date), Fact(e1, source, date), Fact(e2, source, date),
        Fact(er, source, date), repetition, Fact(gate2, source, date), Fact(100_000, source, date), UNKNOWN,
        kind, "ibm",
    )  # fmt: skip


def _braket(
    title: str,
    coupling: str,
    gates: str,
    date: str,
    numbers: tuple[float, ...],
    shots: int,
    price: str,
    note: str = "",
) -> Device:
    source = "device capabilities in amazon-braket/amazon-braket-examples"
    qubits, e1, e2, er = (Fact(v, source, date) for v in numbers)
    return Device(
        title,
        coupling,
        gates,
        qubits,
        e1,
        e2,
        er,
        max_shots=Fact(shots, source, date),
        price_key=price,
        note=note,
    )


_FORTE = "device capabilities in amazon-braket/amazon-braket-examples"
_QUERA = "device properties printed in amazon-braket/amazon-braket-examples"
_H2 = "fit of CQCL/quantinuum-hardware-specifications' counts; means"
_HELIOS = "abstract of the Helios paper (Nature 2026); means"

DEVICES: dict[str, Device] = {
    "ibm_boston": _ibm(
        "fake_boston", "IBM Heron r3", "2026-04-17", 156, 1.45e-4, 1.27e-3, 5.13e-3, 68e-9, 2.2e-6, "cz"
    ),
    "ibm_marrakesh": _ibm(
        "fake_marrakesh", "IBM Heron r2", "2025-02-26", 156, 2.30e-4, 3.23e-3, 9.52e-3, 68e-9, 2.584e-6, "cz"
    ),
    "ibm_sherbrooke": replace(
        _ibm(
            "fake_sherbrooke",
            "IBM Eagle r3",
            "2025-02-26",
            127,
            2.36e-4,
            7.50e-3,
            1.98e-2,
            533e-9,
            1.216e-6,
            "ecr",
        ),
        power=Fact(25.0, "a blog's claim for a 127-qubit Eagle system; none of IBM's found", "undated"),
    ),
    "iqm_garnet": _braket(
        "IQM Garnet", "square", "cz", "2026-05-05", (20, 6.88e-4, 4.13e-3, 1.85e-2), 20_000, "garnet"
    ),
    "rigetti_cepheus": _braket(
        "Rigetti Cepheus-1-108Q",
        "square",
        "cz",
        "2026-05-05",
        (107, 1.57e-3, 1.16e-2, 4.1e-2),
        50_000,
        "cepheus",
    ),
    "ionq_forte": replace(
        _braket(
            "IonQ Forte Enterprise 1",
            "all-to-all",
            "zz",
            "2026-05-03",
            (36, 1.0e-4, 7.5e-3, 4.5e-3),
            5_000,
            "forte",
        ),
        note="means; readout includes preparation",
        gate2_seconds=Fact(650e-6, _FORTE, "2026-05-03"),
        shot_seconds=Fact(400e-6, _FORTE + ", readout and reset", "2026-05-03"),
    ),
    "quantinuum_h2": Device(
        "Quantinuum H2-1",
        "all-to-all",
        "zz",
        Fact(56, "MicrosoftDocs/quantum-docs", "2026-08-21"),
        Fact(1.7e-5, _H2, "2025-04-30"),
        Fact(1.03e-3, _H2, "2025-04-30"),
        Fact(9.9e-4, _H2, "2025-04-30"),
        note="sold by credits, by quote",
    ),
    "quantinuum_helios": Device(
        "Quantinuum Helios",
        "all-to-all",
        "zz",
        Fact(98, _HELIOS, "2026"),
        Fact(2.5e-5, _HELIOS, "2026"),
        Fact(7.9e-4, _HELIOS, "2026"),
        Fact(3.3e-4, _HELIOS, "2026"),
    ),
    "quera_aquila": Device(
        "QuEra Aquila",
        "analog",
        "none",
        Fact(256, _QUERA, "2023-08-29"),
        UNKNOWN,
        UNKNOWN,
        Fact(0.05, _QUERA + ", ground state", "2023-08-29"),
        max_shots=Fact(1_000, _QUERA, "2023-08-29"),
        price_key="aquila",
        note="analog: runs no gates",
    ),
}


@dataclass(frozen=True)
class Quote:
    """What a price comes to for some circuits.

    Attributes
    ----------
    name : str
        A key of `qualms.backends.prices.PRICES`.
    price : Price
        The price.
    devices : tuple of str
        Devices of `DEVICES` that charge it.
    circuits, shots : int
        Of the work: circuits, each a job of its own, and shots of each.
    seconds : float or None
        Of the device's time that is charged, without gates, loading and queue; None where the price does not
        depend on it, or no device says how long a repetition takes.
    dollars : float or None
        None where it depends on a time that is not known.
    """

    name: str
    price: Price
    devices: tuple[str, ...]
    circuits: int
    shots: int
    seconds: float | None
    dollars: float | None


def quotes(circuits: int = 1, shots: int = 1000) -> list[Quote]:
    """What every dated price comes to for so many circuits with so many shots each.

    A price for seconds of a device is charged at the shortest repetition of the devices that it is of; plans
    of one vendor ("ibm-flex") share the vendor's devices.
    """
    found = []
    for name, price in PRICES.items():
        if name == "free":
            continue
        devices = tuple(n for n, d in DEVICES.items() if d.price_key in (name, name.partition("-")[0]))
        seconds: float | None = None
        if price.per_second:
            known = [v for d in devices if (v := DEVICES[d].shot_seconds.value) is not None]
            seconds = circuits * shots * min(known) if known else None
        dollars = (
            None
            if price.per_second and seconds is None
            else price.cost(circuits if price.per_task else 0, circuits * shots, seconds or 0.0)
        )
        found.append(Quote(name, price, devices, circuits, shots, seconds, dollars))
    return found
