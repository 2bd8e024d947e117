"""Hands and face: crops placed by the body's points, MediaPipe's networks on them, and checks of their answers."""
