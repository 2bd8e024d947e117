"""Finished and unfinished takes on disk: recorder, crash-safe file, recovery, video beside the take, player."""
