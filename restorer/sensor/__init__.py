"""What a camera's sensor records: Bayer mosaics, their noise, and the colors of their camera."""
