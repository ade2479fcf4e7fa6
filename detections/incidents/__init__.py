"""Incidents: the record that people work on, from the alert to the postmortem."""
