"""What a run leaves: records, their quadrant, their store, statistics over them."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.data.digest import digest
    from qualms.records.metrics import Metric
    from qualms.records.quadrant import CLASSICAL, Quadrant
    from qualms.records.record import Cost, Record
    from qualms.records.stats import Interval, interval, paired
    from qualms.records.store import RunStore, read_records
    from qualms.records.twin import Twin, twins_of

__all__ = [
    "CLASSICAL", "Cost", "Interval", "Metric", "Quadrant", "Record", "RunStore",
    "Twin", "digest", "interval", "paired", "read_records", "twins_of",
]  # fmt: skip

show(
    __name__,
    {
        "qualms.data.digest": ["digest"],
        "qualms.records.metrics": ["Metric"],
        "qualms.records.quadrant": ["CLASSICAL", "Quadrant"],
        "qualms.records.record": ["Cost", "Record"],
        "qualms.records.stats": ["Interval", "interval", "paired"],
        "qualms.records.store": ["RunStore", "read_records"],
        "qualms.records.twin": ["Twin", "twins_of"],
    },
)
