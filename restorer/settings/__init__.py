"""What the caller asks of a run, the options that it is made of, and the plan that it becomes."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
