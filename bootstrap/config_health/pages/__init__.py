"""What pages show of config health: one environment, the matrix of all, and the panel on the page of a run."""
