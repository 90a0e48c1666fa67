"""Export: results as files for others, as pictures of before and after, and on other programs."""
