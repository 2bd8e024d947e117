"""AIST++ in its own format: dances from nine views, read safely; the paper's unseen-view experiment."""
