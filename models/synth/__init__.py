"""Training windows made from motion clips: pose variety, virtual cameras, detector-like noise. Batched torch."""
