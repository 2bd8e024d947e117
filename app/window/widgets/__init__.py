"""The widgets of the window, each small and in its own file."""
