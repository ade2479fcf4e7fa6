"""Gates, probe targets and their runs in the API."""
