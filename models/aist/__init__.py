"""AIST++ in its own format: dances from nine views, read with nothing executed; the paper's unseen-view experiment."""
