"""JPEG: its scans, tables and samples, and the further pictures in a file."""
