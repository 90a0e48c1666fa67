"""Run networks on arrays: devices, precision, tiles and whole pictures. The door to torch."""
