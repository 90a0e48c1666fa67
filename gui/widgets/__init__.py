"""Widgets, theme and wording that all pages share."""
