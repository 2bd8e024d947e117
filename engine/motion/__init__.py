"""A take of motion as data, and the file formats it is written to or read from."""
