"""Accuracy tables: on mocap through virtual cameras, on clips with truth through a real detector."""
