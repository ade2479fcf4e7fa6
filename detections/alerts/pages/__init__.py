"""What the page of an alert shows: evidence over time, next steps, the trace, configuration behind it."""
