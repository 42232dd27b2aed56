"""Quantum steps inside classical searches: each hands pieces that fit a circuit to an inner solver, and has
its placebo.
"""

from qualms.solve.solvers.hybrid.neighbourhood import NeighbourhoodSolver
from qualms.solve.solvers.hybrid.portfolio import ResidualPortfolioSolver
from qualms.solve.solvers.hybrid.routing import SegmentRoutingSolver

__all__ = ["NeighbourhoodSolver", "ResidualPortfolioSolver", "SegmentRoutingSolver"]
