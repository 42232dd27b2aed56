"""Problem in, checked answer out."""

from qualms.formats import read_problem
from qualms.problems import QUBO, Ising, MaxCut
from qualms.solve.result import Result
from qualms.solve.solve import solve
from qualms.solve.solvers import SOLVERS, Stop

__all__ = ["QUBO", "SOLVERS", "Ising", "MaxCut", "Result", "Stop", "read_problem", "solve"]
