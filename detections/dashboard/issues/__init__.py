"""Issues: the list with its search, one issue with its events, stack traces and the raw JSON."""
