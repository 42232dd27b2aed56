"""Experiments: data, methods, runs, studies."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.execution.event import Event
    from qualms.study.compare import Study, compare, plan
    from qualms.study.recipe import Recipe, load_recipe

__all__ = ["Event", "Recipe", "Study", "compare", "load_recipe", "plan"]

show(
    __name__,
    {
        "qualms.execution.event": ["Event"],
        "qualms.study.compare": ["Study", "compare", "plan"],
        "qualms.study.recipe": ["Recipe", "load_recipe"],
    },
)
