"""Counts per scope and window, with the coverage that tells zero from no data."""
