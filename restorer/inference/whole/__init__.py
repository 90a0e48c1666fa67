"""Context ``whole``: attention that sees the whole picture, stage by stage."""
