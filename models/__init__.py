"""VTM: joints, geometry, the network, its training data and its measures. Imports no device, thread or Qt."""
