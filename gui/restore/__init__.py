"""The panel of what is to be done to the picture."""
