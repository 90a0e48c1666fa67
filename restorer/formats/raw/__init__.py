"""Camera RAW files: their samples, their colors, and pictures made of both."""
