"""Closes an incident."""
