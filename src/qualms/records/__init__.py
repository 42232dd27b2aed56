"""What a run leaves: records, their quadrant, their store, statistics over them."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.data.digest import digest
    from qualms.records.quadrant import CLASSICAL, Quadrant
    from qualms.records.record import Record
    from qualms.records.stats import Interval, interval, paired
    from qualms.records.store import RunStore, read_records

__all__ = ["CLASSICAL", "Interval", "Quadrant", "Record", "RunStore", "digest", "interval", "paired", "read_records"]

show(
    __name__,
    {
        "qualms.data.digest": ["digest"],
        "qualms.records.quadrant": ["CLASSICAL", "Quadrant"],
        "qualms.records.record": ["Record"],
        "qualms.records.stats": ["Interval", "interval", "paired"],
        "qualms.records.store": ["RunStore", "read_records"],
    },
)
