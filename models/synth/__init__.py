"""Training windows from motion clips: pose variety, virtual cameras, simulated detector noise. Batched torch."""
