"""Image features of the person's crop, for weights whose visual branch is fed by a backbone of its own."""
