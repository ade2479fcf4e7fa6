"""The chart on the page of an alert: counts before and after it opened, as its rule counts them."""
