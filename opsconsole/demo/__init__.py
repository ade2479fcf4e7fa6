"""Demo traffic: two made-up applications that send errors with the real SDK to the real ingest.

In: the running console's DSNs. Out: ordinary events, and eight days of history, read and written as
ingest does.
Everything it creates belongs to projects marked `demo`; `manage.py demo --remove` deletes it.
"""
