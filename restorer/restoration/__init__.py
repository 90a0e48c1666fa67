"""From an image to a better image: steps, conditions, strength, references."""
