"""The desktop window (extra ``gui``): ``restore gui`` or ``python -m restorer.gui``."""
