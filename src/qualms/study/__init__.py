"""Experiments: data, methods, runs, studies."""

from qualms.study.compare import Event, Study, compare, plan
from qualms.study.recipe import Recipe, load_recipe

__all__ = ["Event", "Recipe", "Study", "compare", "load_recipe", "plan"]
