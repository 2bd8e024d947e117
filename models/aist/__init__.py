"""AIST++ in its own format, dances from nine views, read without running code; the paper's unseen-view experiment."""
