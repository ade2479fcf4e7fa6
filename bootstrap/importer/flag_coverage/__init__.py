"""Which flags a source tree names and no checklist covers."""
