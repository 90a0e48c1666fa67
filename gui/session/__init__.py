"""The state of the window and all that changes it, without widgets."""
