"""The pages of alerts: evidence timeline, next steps and trace of an alert, and the routing page."""
