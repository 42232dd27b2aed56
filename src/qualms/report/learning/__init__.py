"""What is shown of learners: of comparisons by cross-validation, and of detectors on a stream."""

from qualms.report.learning.page import body, found, legend, pictures, sentences, sheet, title
from qualms.report.learning.runs import by_method, rows

__all__ = [
    "body", "by_method", "found", "legend", "pictures", "rows", "sentences", "sheet", "title",
]  # fmt: skip
