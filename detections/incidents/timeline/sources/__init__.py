"""Where lines of a timeline come from, one file a source."""
