"""The user's avatar on screen: loaded once, animated by every pose, in the 3D pane and in a window for OBS."""
