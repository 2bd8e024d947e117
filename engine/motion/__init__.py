"""A take of motion as data, and every file format it is written in or read from."""
