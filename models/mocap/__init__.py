"""Reading motion capture files as rotations of the 22 joints on the virtual skeleton s̄. NumPy only."""
