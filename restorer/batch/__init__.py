"""Many files: jobs, the events that they turn into, engines that run them, and the journal."""
