"""EXIF: blocks and directories, their geometry, maker notes and thumbnails."""
