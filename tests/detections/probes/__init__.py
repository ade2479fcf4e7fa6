"""Probes: the command that other projects copy, and the console's own runs."""
