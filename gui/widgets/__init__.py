"""Widgets that all pages share, the theme and the words."""
