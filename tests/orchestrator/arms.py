"""Solvers that misbehave, where other processes can import them."""

import os
import signal
import time

import numpy as np

from qualms.problems.problem import Bound
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.solve.solvers.solver import Effort


class Arm:
    """Finds one random answer, and then does what its name says."""

    quadrant = CLASSICAL

    def __init__(self, name):
        self.name = name

    def refuses(self, problem):
        return None

    def run(self, problem, clock, seed):
        rng = np.random.default_rng(seed)
        yield problem.sample(rng)
        match self.name:
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                time.sleep(300)
            case "hoard":
                held = []
                while True:
                    held.append(bytearray(b"x" * 2**26))
            case "boast":
                yield Bound(-1e9 if problem.sense == "min" else 1e-9, "the liar's word", verified=False)
            case "nonsense":
                yield np.full(problem.size, 17)
            case "raise":
                raise ZeroDivisionError("division by zero")
        while not clock.over():
            yield problem.sample(rng)
            time.sleep(0.005)


class Optimum(Arm):
    """Knows the answer, and proves it."""

    def __init__(self, answer, value):
        super().__init__("optimum")
        self.answer, self.value = answer, value

    def run(self, problem, clock, seed):
        yield self.answer
        yield Bound(self.value, "known")
        time.sleep(300)


class Paid(Arm):
    """Would cost money."""

    quadrant = Quadrant("classical", "quantum hardware")

    @property
    def twins(self):
        from qualms.records.twin import Twin

        return (Twin("placebo", "nothing is measured", lambda of: Arm("paid/placebo")),)


class Seeded(Arm):
    """Tells its seed, and one."""

    def run(self, problem, clock, seed):
        yield Effort(seed + 1, "seeds")
        yield from super().run(problem, clock, seed)


class Follower(Arm):
    """Repeats what it is offered, and finds nothing of its own."""

    takes_answers = True

    def __init__(self):
        super().__init__("follower")

    def run(self, problem, clock, seed):
        heard = 0
        while not clock.over() and heard < (clock.limits.rounds or 3):
            offered = clock.offered()
            if offered is not None:
                heard += 1
                yield offered
            time.sleep(0.01)
