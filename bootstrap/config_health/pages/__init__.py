"""What the pages of environments show: one environment, the matrix over all, and the panel beside a checklist run."""
