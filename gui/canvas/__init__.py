"""The picture before and after: painting, zoom, comparison, film strip."""
