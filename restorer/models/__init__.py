"""From a name or a file to a network with its description."""
