"""Hands and face: crops from the body's points, MediaPipe's networks on them, and what is accepted of their answers."""
