"""The attention operators themselves, exact, in bounded memory."""
