"""Reference pictures: find, align, search and merge them."""
