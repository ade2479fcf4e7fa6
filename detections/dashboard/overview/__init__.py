"""The overview (the page `/`): firing alerts, failing routes, blind spots, issues, checklists, console health."""
