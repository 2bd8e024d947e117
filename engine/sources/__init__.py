"""Where frames come from: webcams, files, URLs, the demo clip; camera intrinsics; the list of cameras."""
