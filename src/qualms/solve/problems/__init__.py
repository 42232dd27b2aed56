"""What can be decided, and the files it comes in."""

from qualms.solve.problems.assignment import QuadraticAssignment
from qualms.solve.problems.files import KINDS, read_problem
from qualms.solve.problems.independent_set import IndependentSet
from qualms.solve.problems.knapsack import Knapsack
from qualms.solve.problems.problem import Lowering, Problem
from qualms.solve.problems.quadratic import QUBO, Ising, MaxCut

__all__ = ["KINDS", "QUBO", "IndependentSet", "Ising", "Knapsack", "Lowering", "MaxCut", "Problem", "QuadraticAssignment", "read_problem"]
