"""A noise study: what was measured under shots, device noise and mitigation."""

from qualms.report.noise.claims import sentences
from qualms.report.noise.page import body, found, pictures, title
from qualms.report.noise.table import exact, groups, legend, rows, sheet

__all__ = ["body", "exact", "found", "groups", "legend", "pictures", "rows", "sentences", "sheet", "title"]
