"""What runs the console on a machine: embedded servers, the supervisor, and how both watch processes.

In: a data directory and the environment. Out: running servers and processes, and `run.json`, by which commands find
them. Promises: a child dies with its parent, however that dies; one console per data directory.
`embedded` (PostgreSQL and Redis) uses nothing of Django; `supervisor` sits on top of everything else, and `doctor`
looks at all of it.
"""
