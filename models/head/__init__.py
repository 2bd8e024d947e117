"""The head's orientation from the points of the face, joined with the network's."""
