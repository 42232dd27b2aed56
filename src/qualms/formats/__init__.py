"""Instance files of every field, read into problems."""

from qualms.formats.read import KINDS, read_problem
from qualms.formats.settings import SETTINGS

__all__ = ["KINDS", "SETTINGS", "read_problem"]
