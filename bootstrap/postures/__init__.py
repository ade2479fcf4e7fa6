"""Postures: deviations that somebody accepted on purpose, for as long as a guard holds.

The Raptor runbook has one: staging without Redis.

In: proposals by people and by runbooks, approvals by a second person, facts of deployments (flags, variables, workers).
Out: whether a posture stands, and the severity that a missing variable has under it.
Promises: nobody approves what he proposed himself; whether a posture stands is derived from the facts whenever it is
asked, never stored, so it lapses by itself.
"""
