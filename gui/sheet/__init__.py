"""The contact sheet: one region through several models."""
