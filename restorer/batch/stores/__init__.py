"""Files at addresses such as ``s3://bucket/folder``; the rest of the program sees local files."""
