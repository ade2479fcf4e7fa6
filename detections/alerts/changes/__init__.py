"""What changed before an alert opened: one file a source, listed in the registry."""
