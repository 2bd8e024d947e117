"""Rendered people with exact ground truth: sampled motions on the bodies of an external renderer, through Studio."""
