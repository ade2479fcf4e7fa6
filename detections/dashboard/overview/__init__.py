"""What needs me now: firing alerts, burning routes, blind spots, the console's own health (the page `/`)."""
