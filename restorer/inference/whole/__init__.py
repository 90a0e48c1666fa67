"""Attention that sees the whole picture: the program of a network, stage by stage."""
