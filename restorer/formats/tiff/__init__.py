"""TIFF: pages, stacks and bands of rows, and the tags that other programs wrote."""
