"""JPEG XL: boxes, the header of the codestream with its ICC profile, and pixels by libjxl."""
