"""Image files: read any known format into an Image, write an Image to any of them.

The content decides how a file is read, the suffix how one is written. What a format cannot hold is
converted, and a note says so. Names are loaded at first use, so that the table of formats costs
nothing.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
