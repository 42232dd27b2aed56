"""What a run leaves: records, their quadrant, their store, statistics over them."""

from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.records.record import Record, digest
from qualms.records.stats import Interval, interval, paired
from qualms.records.store import RunStore, read_records

__all__ = ["CLASSICAL", "Interval", "Quadrant", "Record", "RunStore", "digest", "interval", "paired", "read_records"]
