"""Image features of the person's crop, for weights whose visual branch has a backbone of its own."""
