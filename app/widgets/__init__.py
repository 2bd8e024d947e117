"""The parts of the window, each small and in its own file. Only these and app/window*.py import Qt."""
