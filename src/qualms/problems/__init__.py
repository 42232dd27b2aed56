"""What can be decided."""

from qualms.problems.assignment import LinearAssignment, QuadraticAssignment
from qualms.problems.colouring import GraphColouring
from qualms.problems.facility import FacilityLocation
from qualms.problems.independent_set import IndependentSet
from qualms.problems.jobshop import JobShop
from qualms.problems.knapsack import Knapsack
from qualms.problems.labs import LABS
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.partition import NumberPartition
from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Bound, NoAnswer, Problem
from qualms.problems.quadratic import QUBO, Ising, MaxCut
from qualms.problems.routing import Routing

__all__ = [
    "LABS", "QUBO", "Bound", "FacilityLocation", "GraphColouring", "IndependentSet", "Ising", "JobShop",
    "Knapsack", "LinearAssignment", "MaxCut", "MixedInteger", "ModelBuilder", "NoAnswer", "NumberPartition",
    "Portfolio", "Problem", "QuadraticAssignment", "Routing",
]  # fmt: skip
