"""Problem in, checked answer out."""

from qualms.formats import read_problem
from qualms.problems import QUBO, Ising, MaxCut
from qualms.solve.result import Result
from qualms.solve.solve import solve
from qualms.solve.solvers import SOLVERS, Clock, Limits

__all__ = ["QUBO", "SOLVERS", "Clock", "Ising", "Limits", "MaxCut", "Result", "read_problem", "solve"]
