"""Networks of others: fetched once, checked by their sha256, run through LiteRT. Shared by pose2d and details."""
