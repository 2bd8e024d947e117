"""Command line of `vtm`: options, their values, and the mapping from options to a Config."""
