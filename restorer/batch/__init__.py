"""Batches of files: jobs, their events, the engines that run them, and the journal."""
