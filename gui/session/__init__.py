"""The state of the window and the decisions that change it, without widgets."""
