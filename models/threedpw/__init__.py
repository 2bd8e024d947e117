"""3DPW (von Marcard et al., ECCV 2018), read in its own format by who has it: the test that papers report."""
