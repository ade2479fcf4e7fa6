"""Probes: the list of targets, a target with its gate, charts and runs, and one run with its samples."""
