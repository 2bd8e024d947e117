"""`vtm bench`: how fast each stage, each back end and the whole chain is on this machine, and how the cost grows."""
