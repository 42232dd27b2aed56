"""Learners on scikit-learn's contract, each beside its classical twin."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.learn.boosting import AnnealedBoostingClassifier
    from qualms.learn.learner import Learner
    from qualms.learn.saving import load, save

__all__ = ["AnnealedBoostingClassifier", "Learner", "load", "save"]

show(
    __name__,
    {
        "qualms.learn.boosting": ["AnnealedBoostingClassifier"],
        "qualms.learn.learner": ["Learner"],
        "qualms.learn.saving": ["load", "save"],
    },
)
