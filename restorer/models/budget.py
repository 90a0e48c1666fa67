"""A limit on what a network allocates while it is built from a state dict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import zip_longest
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from restorer.errors import CheckpointError

# Networks allocate each tensor, masks, and tables of positions: spandrel's HAT-L takes 163 MB for
# 157 MB of tensors, SwinIR-L 210 for 135 and DAT 400 for 146, with 5 to 8 operations a tensor.
_BYTES_PER_BYTE, _MORE_BYTES = 4, 1 << 29
_OPERATIONS_PER_TENSOR, _MORE_OPERATIONS = 20, 10_000


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

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Return False; otherwise torch imports its compiler for the mode, which takes 2 s."""
        return False

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Charge an operation, then run it."""
        self._operations -= 1
        if self._operations < 0:
            raise _too_large()
        if not _allocates(func):
            return func(*args, **(kwargs or {}))
        if max(_numels(args), default=0) * 8 > self._bytes:
            raise _too_large()
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self._bytes -= result.nbytes
        return result


def _too_large() -> CheckpointError:
    return CheckpointError(
        "state dict: its names or shapes require a network that is far larger than the file"
    )


@cache
def _allocates(func: Any) -> bool:
    """Whether an operation returns new memory, neither a view nor its changed argument."""
    return all(value.alias_info is None for value in func._schema.returns)


def _numels(args: tuple[Any, ...]) -> Iterator[int]:
    """Yield how many elements the result may have: by its arguments, and after broadcasting."""
    shapes = [arg.shape for arg in args if isinstance(arg, Tensor)]
    sides = [
        set(each) - {1} for each in zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1)
    ]
    if all(len(side) < 2 for side in sides):  # not, for example, a product of matrices
        yield math.prod(max(side, default=1) for side in sides)
    sizes = next((arg for arg in args if isinstance(arg, (list, tuple))), ())
    if all(isinstance(size, int) for size in sizes):
        yield math.prod(sizes)
    if not shapes:  # such as arange(end) and eye(side)
        yield from (arg for arg in args if isinstance(arg, int))
