"""The table of all options, of steps and of settings."""

from __future__ import annotations

from restorer.settings.options import Option, options_of
from restorer.settings.settings import Settings
from restorer.settings.step import Step

STEP_OPTIONS: tuple[Option, ...] = options_of(Step)
SETTINGS_OPTIONS: tuple[Option, ...] = options_of(Settings)
OPTIONS: tuple[Option, ...] = STEP_OPTIONS + SETTINGS_OPTIONS


def find_option(field: str) -> Option:
    """Return the entry of a field in the table of options.

    Examples:
        >>> restorer.find_option("sigma").kind.low
        0
    """
    return next(option for option in OPTIONS if option.field == field)
