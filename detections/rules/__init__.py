"""Detections: rules with versions, their state, the statistics, and what each slot was judged to be.

In: counts, events and coverage (telemetry), dirty slots (ingest), prerequisites (bootstrap). Out: `Verdict` rows.
Promises: one evaluation per scope, slot and revision, however often a tick is replayed; every firing carries an
evidence record from which its numbers can be recomputed.
"""
