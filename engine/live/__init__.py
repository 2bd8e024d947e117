"""The live run: threads of the stages, shared state, load shedding, statistics, control of takes and receive port."""
