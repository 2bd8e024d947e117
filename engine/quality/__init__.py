"""Quality of a take without ground truth: measures, traffic lights, a readable page."""
