"""Rare events in a stream: classical detectors, quantum challengers, and what each is worth."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.learn.fraud.design import FraudDesign
    from qualms.learn.fraud.detect import detect, plan

__all__ = ["FraudDesign", "detect", "plan"]

show(
    __name__,
    {
        "qualms.learn.fraud.design": ["FraudDesign"],
        "qualms.learn.fraud.detect": ["detect", "plan"],
    },
)
