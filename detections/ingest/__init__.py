"""How events come in: Sentry envelope and store endpoints, the inbox, the digest.

In: HTTP requests of SDKs. Out: telemetry rows, `DirtySlot` rows for the rules, coverage heartbeats.
Promises: what was answered 200 is committed; digest writes events and counts and empties the inbox in one
transaction, so each event counts exactly once whatever is killed; only the inbox holds unscrubbed bytes.
"""
