"""Instance files of every field, read into problems."""

from qualms.solve.formats.read import KINDS, read_problem

__all__ = ["KINDS", "read_problem"]
