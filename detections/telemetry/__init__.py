"""Stores telemetry: projects, events, issues, series with counts per minute and hour, coverage.

In: digested events (from ingest). Out: queries for rules and pages.
Promises: it alone writes its tables; a count equals the number of events; each event counts once (receipts).
"""
