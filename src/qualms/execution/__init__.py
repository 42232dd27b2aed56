"""Running independent jobs, in processes of this machine or on a cluster, with the same results either
way.
"""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.execution.choice import check_executor, make_executor
    from qualms.execution.event import Event, Listener
    from qualms.execution.executor import Call, Died, Done, Executor, Failed, Outcome, Tell
    from qualms.execution.inline import InlineExecutor
    from qualms.execution.processes import ProcessExecutor
    from qualms.execution.ray import RayExecutor

__all__ = [
    "Call",
    "Died",
    "Done",
    "Event",
    "Executor",
    "Failed",
    "InlineExecutor",
    "Listener",
    "Outcome",
    "ProcessExecutor",
    "RayExecutor",
    "Tell",
    "check_executor",
    "make_executor",
]

show(
    __name__,
    {
        "qualms.execution.choice": ["check_executor", "make_executor"],
        "qualms.execution.event": ["Event", "Listener"],
        "qualms.execution.executor": ["Call", "Died", "Done", "Executor", "Failed", "Outcome", "Tell"],
        "qualms.execution.inline": ["InlineExecutor"],
        "qualms.execution.processes": ["ProcessExecutor"],
        "qualms.execution.ray": ["RayExecutor"],
    },
)
