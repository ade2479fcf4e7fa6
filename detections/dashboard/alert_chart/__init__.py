"""What the page of an alert asks of the dashboard: the counts around it, as its rule judged them."""
