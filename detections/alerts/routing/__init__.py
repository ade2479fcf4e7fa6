"""Which targets an alert goes to, and when (pure): notification policies and time windows."""
