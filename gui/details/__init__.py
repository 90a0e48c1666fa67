"""Details of the open picture: histogram, comparison with a ground truth, file information."""
