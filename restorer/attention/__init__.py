"""Attention operators that compute the exact result in bounded memory."""
