"""Avatar files: a .vrm read strictly, and a pose fitted to the skeleton that it describes."""
