"""Networks of ncnn: graphs (``.param``) with their weights (``.bin``), run by PyTorch."""
