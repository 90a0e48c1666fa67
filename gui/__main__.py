"""``python -m restorer.gui [FILES ...]``."""

from __future__ import annotations

import sys
from pathlib import Path

from .app import main

sys.exit(main([Path(name) for name in sys.argv[1:]]))
