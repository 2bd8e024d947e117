"""3DPW (von Marcard et al., ECCV 2018) in its own format: the usual benchmark of papers. The data are not included."""
