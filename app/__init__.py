"""User interface: the `vtm` command line and the Qt window. Imports engine/ and models/."""
