"""Make all figures of docs/choose.md and docs/how: python tests/benchmarks/manual_pictures.py"""

from __future__ import annotations

import choose_pictures
import how_pictures

if __name__ == "__main__":
    choose_pictures.main([])
    how_pictures.main([])
