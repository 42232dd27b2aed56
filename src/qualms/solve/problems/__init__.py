"""What can be decided, and the files it comes in."""

from qualms.solve.problems.files import KINDS, read_problem
from qualms.solve.problems.problem import Lowering, Problem
from qualms.solve.problems.quadratic import QUBO, Ising, MaxCut

__all__ = ["KINDS", "QUBO", "Ising", "Lowering", "MaxCut", "Problem", "read_problem"]
