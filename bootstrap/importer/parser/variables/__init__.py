"""Variables of a runbook (pure): found in tables and lists, their rules, what words beside them and items expect."""
