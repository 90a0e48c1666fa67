"""PreviewMemory: the previews of pictures that were left, for when they are shown again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .choices import Choices
from .pictures import OpenPicture, Patch
from .state import State

if TYPE_CHECKING:
    from restorer import ReferenceMaps

_MOST_BYTES = 256 * 2**20
_SCREEN_BYTES = 4 * 4 / 3  # of a pixel that is shown, with its smaller sizes


@dataclass(frozen=True)
class KeptPreview:
    """A preview.

    Attributes:
        patches: Its parts.
        choices: The choices that made them, see `Choices.for_networks`.
        maps: Sources of the texture, if references were used.
        stamp: What the file was like, see `_stamp`.
    """

    patches: tuple[Patch, ...]
    choices: Choices
    maps: ReferenceMaps | None
    stamp: tuple[object, ...]

    @property
    def size_bytes(self) -> float:
        """The memory that it takes."""
        return sum(map(_size_bytes, self.patches))


class PreviewMemory:
    """Keeps the latest previews, by the ids of their documents.

    Args:
        most_bytes: The memory that all of them may take.
    """

    def __init__(self, most_bytes: float = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[int, KeptPreview] = OrderedDict()

    def keep(self, state: State) -> None:
        """Keep the preview of the open picture, in place of the oldest ones."""
        opened, id, made = state.opened, state.opened_of, state.patches_of
        if opened is None or id is None or made is None or not state.patches:
            return
        self._kept.pop(id, None)
        self._kept[id] = KeptPreview(state.patches, made, state.maps, _stamp(opened))
        while sum(each.size_bytes for each in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)

    def recall(self, state: State) -> KeptPreview | None:
        """Return the preview of the open picture, if its file and its choices are the same."""
        opened, id = state.opened, state.opened_of
        kept = None if id is None else self._kept.get(id)
        if opened is None or kept is None or state.finished is not None:
            return None
        fits = kept.stamp == _stamp(opened) and kept.choices == state.choices.for_networks()
        return kept if fits else None

    def clear(self) -> None:
        """Forget all, as after a change of the colors of the screen."""
        self._kept.clear()


def _stamp(opened: OpenPicture) -> tuple[object, ...]:
    """Return what tells a picture from others, and from later contents of its file."""
    try:
        time = None if opened.path is None else opened.path.stat().st_mtime_ns
    except OSError:
        time = None
    return opened.place, opened.development, time


def _size_bytes(patch: Patch) -> float:
    pixels = patch.image.pixels.nbytes + patch.final.pixels.nbytes
    return pixels + _SCREEN_BYTES * patch.box.area
