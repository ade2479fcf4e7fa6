"""Django's PostgreSQL and Redis backends for the embedded servers: they start the servers before they connect.

The servers then run at least as long as this process, so `manage.py` and pytest need no preparation.
"""
