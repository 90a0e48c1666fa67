"""A limit on what a network allocates while it is built from a state dict."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from restorer.errors import CheckpointError

# Networks allocate each tensor once or twice, and masks and tables of positions. HAT-L, one of the
# largest, allocates less than a quarter of this and runs 8 operations for each of its tensors.
_BYTES_PER_BYTE, _MORE_BYTES = 16, 1 << 30
_OPERATIONS_PER_TENSOR, _MORE_OPERATIONS = 50, 10_000


class BuildBudget(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types here
    """A context that raises CheckpointError if building a network for `state` takes too much.

    The shape of one tensor determines those of many others, and a name such as ``body.9999.weight``
    the number of blocks, so a small file can ask for a network that fills the memory. Sizes are
    checked before each operation.
    """

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch has no types here
        self._bytes = _BYTES_PER_BYTE * sum(t.nbytes for t in state.values()) + _MORE_BYTES
        self._operations = _OPERATIONS_PER_TENSOR * len(state) + _MORE_OPERATIONS

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Charge an operation, then run it."""
        self._operations -= 1
        if self._operations < 0:
            raise _too_large()
        tensors = [arg for arg in args if isinstance(arg, Tensor)]
        if max(_numels(tensors, args), default=0) * 8 > self._bytes:
            raise _too_large()
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and not any(_shares(result, each) for each in tensors):
            self._bytes -= result.nbytes
        return result


def _too_large() -> CheckpointError:
    return CheckpointError(
        "state dict: its names or shapes require a network that is far larger than the file"
    )


def _numels(tensors: list[Tensor], args: tuple[Any, ...]) -> Iterator[int]:
    """Yield how many elements the result may have: by its arguments, and after broadcasting."""
    if len(tensors) > 1:
        shapes = [each.shape for each in tensors]
        try:
            yield math.prod(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]  # as above
        except RuntimeError:  # an operation such as a convolution
            yield 0
    sizes = next((arg for arg in args if isinstance(arg, (list, tuple))), ())
    if all(isinstance(size, int) for size in sizes):
        yield math.prod(sizes)
    if not tensors:  # such as arange(end) and eye(side)
        yield from (arg for arg in args if isinstance(arg, int))


def _shares(first: Tensor, second: Tensor) -> bool:
    return first.untyped_storage().data_ptr() == second.untyped_storage().data_ptr()
