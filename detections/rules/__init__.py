"""Rules: versions, states, statistics, and the evaluation of every slot.

In: counts, events and coverage (telemetry), dirty slots (ingest), prerequisites (bootstrap). Out: `Verdict` rows.
Promises: one evaluation per scope, slot and revision, however often a tick is replayed; every firing carries an
evidence record from which its figures can be recomputed.
"""
