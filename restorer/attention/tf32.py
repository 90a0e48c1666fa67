"""TF32 on NVIDIA GPUs: convolutions and matrix products of float32 with 10 bits of mantissa.

The libraries use it for convolutions unless they are told not to. Hashes and searches in it select
other pixels, as they do in half precision. PyTorch has one switch for the whole process, so that
threads that need it on and threads that need it off take turns.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch


class _Switch:
    """The switch of the process, with the number of threads that rely on its position."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._users = 0
        self._on = False
        self._found = (True, False)
        self._own = threading.local()

    @contextmanager
    def held(self, on: bool) -> Iterator[None]:
        """Keep the switch in a position; a thread that holds the other one gives it up meanwhile.

        No thread waits while it holds a position, so that no two wait for each other.
        """
        before: bool | None = getattr(self._own, "on", None)
        if before == on:
            yield
            return
        self._change(before, on)
        try:
            yield
        finally:
            self._change(on, before)

    def _change(self, before: bool | None, after: bool | None) -> None:
        if before is not None:
            self._leave()
        if after is not None:
            self._enter(after)
        self._own.on = after

    def _enter(self, on: bool) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._users == 0 or self._on == on)
            if self._users == 0:
                self._found, self._on = _positions(), on
                _set(on, on)
            self._users += 1

    def _leave(self) -> None:
        with self._changed:
            self._users -= 1
            if self._users == 0:
                _set(*self._found)
                self._changed.notify_all()


_switch = _Switch()


def tf32(kind: str, on: bool) -> AbstractContextManager[object]:
    """Return a context with TF32 on or off; devices other than ``cuda`` have none."""
    # Recorded code cannot wait for other threads; a training sets the switch around it.
    if kind != "cuda" or torch.compiler.is_compiling():
        return nullcontext()
    return _switch.held(on)


def exactly(kind: str) -> AbstractContextManager[object]:
    """Return a context in which float32 is computed in float32, without autocast or TF32."""
    full = torch.autocast(kind, enabled=False)
    if kind != "cuda" or torch.compiler.is_compiling():
        return full
    return _without(full)


@contextmanager
def _without(full: AbstractContextManager[object]) -> Iterator[None]:
    with full, _switch.held(False):
        yield


def _positions() -> tuple[bool, bool]:
    """Return the positions for convolutions and for matrix products."""
    try:
        return torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    except RuntimeError:  # set by operator, through an interface that excludes this one
        return True, False


def _set(convolutions: bool, products: bool) -> None:
    torch.backends.cudnn.allow_tf32 = convolutions
    torch.backends.cuda.matmul.allow_tf32 = products
