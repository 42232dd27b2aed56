"""What can be decided."""

from qualms.solve.problems.assignment import LinearAssignment, QuadraticAssignment
from qualms.solve.problems.colouring import GraphColouring
from qualms.solve.problems.facility import FacilityLocation
from qualms.solve.problems.independent_set import IndependentSet
from qualms.solve.problems.jobshop import JobShop
from qualms.solve.problems.knapsack import Knapsack
from qualms.solve.problems.labs import LABS
from qualms.solve.problems.mixed_integer import MixedInteger
from qualms.solve.problems.partition import NumberPartition
from qualms.solve.problems.portfolio import Portfolio
from qualms.solve.problems.problem import Bound, Linear, Lowering, NoAnswer, Problem
from qualms.solve.problems.quadratic import QUBO, Ising, MaxCut
from qualms.solve.problems.routing import Routing

__all__ = [
    "LABS", "QUBO", "Bound", "FacilityLocation", "GraphColouring", "IndependentSet", "Ising", "JobShop", "Knapsack", "Linear", "LinearAssignment",
    "Lowering", "MaxCut", "MixedInteger", "NoAnswer", "NumberPartition", "Portfolio", "Problem", "QuadraticAssignment", "Routing",
]  # fmt: skip
