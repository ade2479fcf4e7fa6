"""What happened: projects, events, issues, series and their counts per minute and hour, coverage.

In: digested events (from ingest). Out: queries for rules and pages.
Promises: the only writer of its tables; a count equals the events it counts; each event once (receipts).
"""
