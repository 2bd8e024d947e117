"""How good a take is, judged without a truth: measures, traffic lights, a page to read."""
