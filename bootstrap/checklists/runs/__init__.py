"""Runs of a checklist in an environment: opened, moved to a newer version, closed, and looked up by name."""
