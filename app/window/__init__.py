"""The Qt window: what it shows, what it asks of the pipeline, and its widgets. Only this package imports Qt."""
