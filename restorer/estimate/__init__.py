"""Estimate the degradation of an image: noise level and JPEG quality."""
