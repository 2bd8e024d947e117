"""Third-party networks: downloaded once, checked by sha256, run through LiteRT. Shared by pose2d and details."""
