"""Reference pictures: found, aligned, searched, merged."""
