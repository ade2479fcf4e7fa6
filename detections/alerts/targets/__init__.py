"""Targets: the values that their channels need, what the environment makes of them, and how they did."""
