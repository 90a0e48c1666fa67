"""The queue: files that wait, run and end."""
