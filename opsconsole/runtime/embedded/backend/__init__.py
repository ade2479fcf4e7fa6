"""Django's PostgreSQL backend for the embedded servers: it starts them before it connects.

The servers then run at least as long as this process, so `manage.py` and pytest need no preparation.
"""
