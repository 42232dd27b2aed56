"""HiGHS: linear, mixed-integer and convex quadratic models."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from qualms.errors import ConfigError, MissingExtraError, QualmsError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Bound, NoAnswer, Problem, Solution
from qualms.records.quadrant import CLASSICAL
from qualms.solve.encodings import LinearEncoding, linear_encoding
from qualms.solve.solvers.solver import Clock, Finding
from qualms.solve.solvers.streaming import Tell, streamed

_NODES = 200  # of a round
_CONFLICT = 5.0  # most seconds for naming a conflict
# The presolve of this version calls worse solutions of mixed models optimal (HiGHS issues 2957, 3043, 3094)
_WRONG_PRESOLVE = "1.14."
_FINE = 1e-9  # tolerance of `optimum`, whose differences of objectives are shown to people


def _highspy() -> Any:
    try:
        import highspy
    except ImportError:
        raise MissingExtraError("highspy", "solve", "the solver HiGHS") from None
    return highspy


def _quiet(seconds: float | None = None) -> Any:
    highs = _highspy().Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("small_matrix_value", 1e-12)  # by default HiGHS leaves coefficients below 1e-9 out
    if seconds is not None:
        highs.setOptionValue("time_limit", float(seconds))
    return highs


def to_highs(model: MixedInteger, highs: Any) -> None:
    """Pass a model; squares and products only where all variables are real."""
    h = _highspy()
    lp = h.HighsLp()
    lp.num_col_, lp.num_row_ = model.size, model.rows.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.low, model.high
    lp.row_lower_, lp.row_upper_ = model.row_low, model.row_high
    lp.offset_ = model.offset
    lp.sense_ = h.ObjSense.kMaximize if model.sense == "max" else h.ObjSense.kMinimize
    columns = model.rows.tocsc()
    lp.a_matrix_.format_ = h.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = (
        columns.indptr,
        columns.indices,
        columns.data,
    )
    lp.integrality_ = [h.HighsVarType.kInteger if w else h.HighsVarType.kContinuous for w in model.integer]
    if highs.version().startswith(_WRONG_PRESOLVE) and 0 < model.integer.sum() < model.size:
        highs.setOptionValue("presolve", "off")
    if highs.passModel(lp) == h.HighsStatus.kError:
        raise ConfigError(f"{model.name}: HiGHS refuses the model")
    if highs.getNumNz() != np.count_nonzero(columns.data):
        raise ConfigError(
            f"{model.name}: HiGHS leaves coefficients below 1e-12 out, which "
            "would be another model; scale the rows"
        )
    if len(model.q):
        order = np.lexsort((model.j, model.i))
        value = np.where(model.i == model.j, 2 * model.q, model.q)[order]
        start = np.searchsorted(model.i[order], np.arange(model.size + 1)).astype(np.int32)
        hessian = h.HighsHessian()
        hessian.dim_, hessian.format_ = model.size, h.HessianFormat.kTriangular
        hessian.start_, hessian.index_, hessian.value_ = start, model.j[order].astype(np.int32), value
        if highs.passHessian(hessian) == h.HighsStatus.kError:
            raise ConfigError(f"{model.name}: HiGHS refuses the quadratic terms, because they are not convex")


@dataclass(frozen=True)
class Optimum:
    """What HiGHS says of a model.

    Attributes
    ----------
    status : str
        "optimal", "infeasible", "unbounded", "infeasible or unbounded", or "unknown" where the time ended
        before that.
    x : np.ndarray or None
        (n) The best solution, integers rounded.
    row_duals, column_duals : np.ndarray or None
        (m) and (n). By how much the optimum changes for one more of a row's side or of a variable's bound;
        for an optimal model without integer variables.
    """

    status: str
    x: np.ndarray | None = None
    row_duals: np.ndarray | None = None
    column_duals: np.ndarray | None = None


def optimum(model: MixedInteger, seconds: float) -> Optimum:
    """Solve a linear model, with narrower tolerances than the solver's.

    Parameters
    ----------
    model : MixedInteger
        Without products, or with convex ones of real variables.
    seconds : float
        Of wall time.

    Raises
    ------
    MissingExtraError
        Without highspy.
    ConfigError
        For a model that HiGHS refuses.
    """
    if (model.low > model.high).any() or (model.row_low > model.row_high).any():
        return Optimum("infeasible")  # HiGHS would call that a wrong model
    h, highs = _highspy(), _quiet(max(seconds, 0.01))
    for tolerance in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
        highs.setOptionValue(tolerance, _FINE)
    highs.setOptionValue("mip_feasibility_tolerance", _FINE)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", _FINE)
    to_highs(model, highs)
    highs.run()
    status = highs.getModelStatus()
    if status == h.HighsModelStatus.kUnboundedOrInfeasible:
        highs.setOptionValue("presolve", "off")
        highs.run()
        status = highs.getModelStatus()
    told = {
        h.HighsModelStatus.kOptimal: "optimal",
        h.HighsModelStatus.kModelEmpty: "optimal",
        h.HighsModelStatus.kInfeasible: "infeasible",
        h.HighsModelStatus.kUnbounded: "unbounded",
        h.HighsModelStatus.kUnboundedOrInfeasible: "infeasible or unbounded",
    }.get(status, "unknown")
    if highs.getInfo().primal_solution_status != h.SolutionStatus.kSolutionStatusFeasible:
        return Optimum(told)
    found = highs.getSolution()
    x = np.array(found.col_value, float)
    whole = np.where(model.integer, np.rint(x), x)
    if told != "optimal" or model.integer.any():
        return Optimum(told, whole)
    return Optimum(told, whole, np.array(found.row_dual, float), np.array(found.col_dual, float))


class HighsSolver:
    """Branch and cut of HiGHS (Huangfu and Hall 2018) on the problem's linear model, from the greedy answer,
    or from the answer that a race offers at its beginning: what highspy 1.14 is given while HiGHS works, by
    its callback for that, HiGHS does not use.

    A round is 200 nodes.
    """

    name = "highs"
    quadrant = CLASSICAL
    takes_answers = True

    def refuses(self, problem: Problem) -> str | None:
        try:
            _highspy()
            self._form(problem)
        except QualmsError as error:
            return str(error)
        return None

    @staticmethod
    def _form(problem: Problem) -> LinearEncoding:
        if isinstance(problem, MixedInteger) and not problem.integer.any():
            return LinearEncoding(problem, lambda x: x, lambda x: x)
        return linear_encoding(problem)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        form = self._form(problem)

        def work(tell: Tell, stopped: threading.Event) -> None:
            highs = _quiet(max(clock.left, 0.01))
            highs.setOptionValue("random_seed", int(seed) % 2**31)
            highs.setOptionValue("mip_rel_gap", 0.0)
            highs.setOptionValue("mip_abs_gap", 1e-9)
            if clock.limits.rounds is not None:
                highs.setOptionValue("mip_max_nodes", _NODES * clock.limits.rounds)
            to_highs(form.model, highs)
            highs.cbMipImprovingSolution.subscribe(
                lambda event: tell(_decoded(form, event.data_out.mip_solution))
            )

            def interrupt(event: Any) -> None:
                event.data_in.user_interrupt = stopped.is_set()

            for callback in (highs.cbMipInterrupt, highs.cbSimplexInterrupt, highs.cbIpmInterrupt):
                callback.subscribe(interrupt)
            _start(highs, problem, form, seed, clock.offered())
            highs.run()
            for found in _ending(highs, form, clock):
                tell(found)

        yield from streamed(work)


def _decoded(form: LinearEncoding, x: Any) -> np.ndarray:
    values = np.array(x, float)
    return form.decode(np.where(form.model.integer, np.rint(values), values))


def _start(highs: Any, problem: Problem, form: LinearEncoding, seed: int, offered: Solution | None) -> None:
    if not form.model.integer.any() or (offered is None and _is_model(problem)):
        return
    start = problem.greedy(np.random.default_rng(seed)) if offered is None else offered
    known = _encoded(problem, form, start)
    if known is not None:
        solution = _highspy().HighsSolution()
        solution.col_value = known
        highs.setSolution(solution)


def _encoded(problem: Problem, form: LinearEncoding, answer: Solution | None) -> np.ndarray | None:
    """A feasible answer as the model has it; None where there is none, or the model has no place for it."""
    if answer is None or form.encode is None or problem.violations(answer):
        return None
    try:
        return np.asarray(form.encode(answer), float)
    except ConfigError:
        return None


def _is_model(problem: Problem) -> bool:
    """Whether its linear model is the problem itself, of which a greedy answer is no better a start than what
    HiGHS finds.
    """
    return isinstance(problem, MixedInteger) and not len(problem.q)


def _ending(highs: Any, form: LinearEncoding, clock: Clock) -> Iterator[Finding]:
    """The last answer, the bound, or why there is none."""
    h, model = _highspy(), form.model
    status = highs.getModelStatus()
    if status == h.HighsModelStatus.kUnboundedOrInfeasible:
        highs.setOptionValue("presolve", "off")
        highs.run()
        status = highs.getModelStatus()
    if status == h.HighsModelStatus.kInfeasible:
        yield NoAnswer("infeasible", "HiGHS", _conflict(model, max(0.1, min(_CONFLICT, clock.left))))
        return
    if status in (h.HighsModelStatus.kUnbounded, h.HighsModelStatus.kUnboundedOrInfeasible):
        yield NoAnswer(
            "unbounded" if status == h.HighsModelStatus.kUnbounded else "infeasible or unbounded", "HiGHS"
        )
        return
    info = highs.getInfo()
    if info.primal_solution_status == h.SolutionStatus.kSolutionStatusFeasible:
        yield _decoded(form, highs.getSolution().col_value)
    if not model.integer.any():
        if status == h.HighsModelStatus.kOptimal:
            yield Bound(
                float(info.objective_function_value), "optimum of HiGHS (within 1e-7)", verified=False
            )
    elif np.isfinite(info.mip_dual_bound):
        yield Bound(float(info.mip_dual_bound), "branch and cut of HiGHS", verified=False)


def _conflict(model: MixedInteger, seconds: float) -> tuple[str, ...]:
    """Rows and bounds of which none can be left out, if HiGHS finds them in five seconds; of the model with
    its integer variables taken as real.
    """
    highs = _quiet(seconds)
    try:
        to_highs(model, highs)
        highs.setOptionValue(
            "iis_strategy",
            int(_highspy().IisStrategy.kIisStrategyFromLp)
            | int(_highspy().IisStrategy.kIisStrategyIrreducible),
        )
        status, iis = highs.getIis()
    except (QualmsError, RuntimeError, ValueError):
        return ()
    if status == _highspy().HighsStatus.kError:
        return ()
    rows = [model.row(int(k)) for k in iis.row_index_]
    free = int(_highspy().IisBoundStatus.kIisBoundStatusFree)
    bound = [k for k, side in zip(iis.col_index_, iis.col_bound_, strict=True) if int(side) != free]
    return tuple(rows + [f"bounds of {model.variable(int(k))}" for k in bound]) if rows else ()
