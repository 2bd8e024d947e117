"""The Qt window: its display, its requests to the pipeline, and its widgets. Only this package imports Qt."""
