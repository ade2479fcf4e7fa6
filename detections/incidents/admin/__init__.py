"""Incidents in the admin."""
