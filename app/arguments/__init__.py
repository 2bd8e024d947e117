"""The command line of `vtm`: options, their values, and the way from options to a Config."""
