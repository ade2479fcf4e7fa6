"""Django's ways to the embedded servers: its ordinary PostgreSQL and Redis backends, which make the servers run first.

In: a first connection. Out: the same connection, to servers that run as long as this process does. So `manage.py` and
pytest need no step before them.
"""
