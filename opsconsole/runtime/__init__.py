"""Runs the console on one machine: embedded servers, the supervisor, and process monitoring for both.

In: a data directory and the environment. Out: running servers and processes, and `run.json`, by which commands find
them. A child dies with its parent, also on kill -9; a data directory has one console at a time.
`embedded` (PostgreSQL and Redis) does not use Django, except in its `backend`; `supervisor` runs everything; `doctor`
checks everything.
"""
