"""The user's own avatar on screen: loaded once, moved by every pose, in the 3D pane and in a window for OBS."""
