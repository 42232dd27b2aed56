"""Nested cross-validation of learners beside their twins and serious classical methods."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.learn.comparison.compare import Comparison, compare, plan
    from qualms.learn.comparison.design import Design

__all__ = ["Comparison", "Design", "compare", "plan"]

show(
    __name__,
    {
        "qualms.learn.comparison.compare": ["Comparison", "compare", "plan"],
        "qualms.learn.comparison.design": ["Design"],
    },
)
