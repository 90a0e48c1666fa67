"""HEIF: pictures as items of an ISO base media file, in AV1 (AVIF) or HEVC (HEIC)."""
