"""The pipeline from an event to a person: ingest -> telemetry -> rules -> alerts -> dashboard.

Imports run one way, from dashboard down to telemetry; what must go up goes up as rows.
"""
