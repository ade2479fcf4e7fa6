"""Demo traffic: two made-up applications whose errors go through the real SDK into the real ingest.

In: the running console's DSNs. Out: events like anybody's, and eight days of counts written by the counting code.
Promises: everything it makes belongs to projects marked `demo`; `manage.py demo --remove` takes all of it away.
"""
