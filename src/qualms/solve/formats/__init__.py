"""Instance files of every field, read into problems."""

from qualms.solve.formats.read import KINDS, read_problem
from qualms.solve.formats.settings import SETTINGS

__all__ = ["KINDS", "SETTINGS", "read_problem"]
