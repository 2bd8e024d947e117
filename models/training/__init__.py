"""Training VTM in the paper's two stages: losses, checkpoints, loops. `python -m models.train` is the command."""
