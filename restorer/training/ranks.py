"""Processes that train together, started by ``torchrun``, one per GPU.

Each takes its share of every batch, and the gradients are summed. This is data parallelism without
the wrapper `DistributedDataParallel`: networks that share parameters take turns, so that a
wrapper would have to search for unused parameters in every iteration.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

from restorer.errors import SettingsError
from restorer.inference.devices import choose_device

_TIMEOUT = timedelta(hours=2)  # other processes wait while the first one validates


@dataclass(frozen=True)
class Ranks:
    """This process among all processes of a training; by default, the only one.

    Attributes:
        rank: Number of this process; the first one writes all files.
        count: Number of processes.
        local_rank: Number of this process on its machine.
        local_count: Number of processes on this machine.
        device: Device of this process.
    """

    device: str
    rank: int = 0
    count: int = 1
    local_rank: int = 0
    local_count: int = 1

    def share(self, batch: int) -> list[int]:
        """Return the numbers of the patches of a batch that this process computes.

        Raises SettingsError for a batch with fewer patches than processes.
        """
        if batch < self.count:
            raise SettingsError(f"batch {batch}: has fewer patches than processes ({self.count})")
        return list(range(self.rank, batch, self.count))

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace the tensors by their sums over all processes."""
        if self.count == 1:
            return
        whole = torch.cat([tensor.flatten() for tensor in tensors])
        dist.all_reduce(whole)
        parts = torch.split(whole, [tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view(tensor.shape))

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any process; all must call this equally often."""
        if self.count == 1:
            return flag
        found = torch.tensor(float(flag), device=self.device)
        dist.all_reduce(found, dist.ReduceOp.MAX)
        return bool(found)


def is_first_process() -> bool:
    """Whether this process is the only one or the first one, which reports to the user."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Join the processes that ``torchrun`` started; leave them at the end.

    Args:
        device: As for `choose_device`; with several processes, ``cpu`` or ``cuda``, of which each
            takes a GPU of its own.

    Raises SettingsError for a device that the machine lacks, and for a particular GPU with several
    processes.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Ranks(choose_device(device))
        return
    local = int(os.environ["LOCAL_RANK"])
    if device not in ("cpu", "cuda"):
        raise SettingsError(f"device {device}: with {count} processes, choose cuda or cpu")
    own = choose_device(f"cuda:{local}" if device == "cuda" else device)
    if device == "cuda":
        torch.cuda.set_device(own)
    dist.init_process_group("nccl" if device == "cuda" else "gloo", timeout=_TIMEOUT)
    try:
        yield Ranks(
            own,
            dist.get_rank(),
            count,
            local,
            int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
        )
    finally:
        dist.destroy_process_group()
