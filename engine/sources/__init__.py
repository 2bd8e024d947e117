"""Sources of frames: webcams, files, URLs, the demo clip; camera intrinsics; the list of cameras."""
