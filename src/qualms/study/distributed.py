"""One run on several processes that `torchrun` or `accelerate launch` has started.

The first process does everything; the others wait for what it announces, and only train with it. They print
nothing, and write nothing but their random state into the checkpoints.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from qualms.errors import ConfigError

# the others wait while the first one measures; a process that is killed is the launcher's to tell
_PATIENCE = timedelta(days=7)


def processes() -> int:
    """How many processes the launcher has started; 1 where there is none."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


def leads() -> bool:
    """Whether this is the first process, or the only one."""
    return processes() == 1 or os.environ["RANK"] == "0"


def announce(value: Any) -> None:
    """Tell the other processes what to do next; None is the end."""
    if processes() > 1:
        _broadcast(value)


def announced() -> Any:
    """What the first process announces next, waited for."""
    return _broadcast(None)


@contextmanager
def leading() -> Iterator[None]:
    """When the work of the first process is over, the others are sent home.

    After an error the launcher ends them.
    """
    yield
    announce(None)


def share_of(batch_size: int) -> int:
    """Examples of a batch that fall to each process.

    Raises
    ------
    ConfigError
        They cannot be shared out evenly.
    """
    if batch_size % processes():
        raise ConfigError(f"batch_size {batch_size}: cannot be shared out evenly to {processes()} processes")
    return batch_size // processes()


def on_processors() -> bool:
    """Whether several processes train without accelerators, which has to be said: they then speak by Gloo."""
    if processes() == 1:
        return False
    import torch

    return not torch.accelerator.is_available()


def keep_integers(model: Any) -> None:
    """Let no process send the others its frozen integers before every step, such as packed directions.

    All have the same, and not every way of sending knows such numbers.
    """
    if processes() > 1:
        names = [name for name, held in model.named_buffers() if not held.is_floating_point()]
        model._ddp_params_and_buffers_to_ignore = names  # where torch's DistributedDataParallel looks


def refuse(command: str) -> None:
    """Raises ConfigError for a command that starts its own processes, where a launcher has started
    several.
    """
    if processes() > 1:
        raise ConfigError(
            f"`qualms {command}` starts its own processes; start it without torchrun or accelerate launch"
        )


def _broadcast(value: Any) -> Any:
    import torch.distributed
    from accelerate import PartialState

    PartialState(cpu=on_processors(), timeout=_PATIENCE)  # connects the processes, the first time
    box = [value]
    torch.distributed.broadcast_object_list(box, src=0)
    return box[0]
