"""One file per command of `vtm`, and the commands for those who train. No Qt here."""
