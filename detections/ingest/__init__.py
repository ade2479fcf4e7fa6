"""Receives events: Sentry envelope and store endpoints, the inbox, the digest.

In: HTTP requests of SDKs. Out: telemetry rows, `DirtySlot` rows for the rules, coverage heartbeats.
Promises: what was answered 200 is committed; the digest writes events and counts and empties the inbox in one
transaction, so that each event counts exactly once whatever is killed; only the inbox stores unscrubbed bytes.
"""
