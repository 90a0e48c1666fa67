"""Camera sensors: Bayer mosaics, their noise, and camera colors."""
