"""Home of the desktop window (extra ``gui``); empty until the window arrives."""
