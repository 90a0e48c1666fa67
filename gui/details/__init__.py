"""What is known of the open picture: file, tones, distance to a ground truth."""
