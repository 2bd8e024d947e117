"""Avatar files: a .vrm parsed strictly, and a pose fitted to its skeleton."""
