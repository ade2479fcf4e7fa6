"""Postures: accepted deviations, in force while a guard is true. The Raptor runbook has one: staging without Redis.

In: proposals by people and by runbooks, approvals by a second person, facts of deployments (flags, variables, workers).
Out: the status of a posture, and the severity of a missing variable under it.
Promises: nobody approves their own proposal; the status is derived from facts whenever it is needed, never stored, so
that a posture lapses by itself.
"""
