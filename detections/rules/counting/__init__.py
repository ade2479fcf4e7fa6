"""Counts per scope and minute, and the coverage by which zero differs from no data."""
