"""Context ``whole``: run attention over the whole picture, stage by stage."""
