"""Rendered people with exact truth: sampled motions on the bodies of an outside renderer. Studio is the way in."""
