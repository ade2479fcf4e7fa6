"""The alert's state machine (pure transitions) and its stored episode."""
