"""What a picture says of its own damage: noise and JPEG compression."""
