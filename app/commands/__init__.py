"""One file per command of `vtm`, and the commands for training. No Qt here."""
