"""The web server: waitress's channels in a gunicorn worker (docs/decisions/0016-web-server.md).

gunicorn forks the processes, restarts and stops them. In each, one thread receives and sends for all connections, and a
request goes to one of the other threads when it has arrived whole. Who sends slowly therefore occupies no thread.

`worker.py` the process; `listener.py` accepts; `channel.py` one connection; `connections.py` what all of them may hold
together; `deadlines.py` until when a client must have sent or taken; `parser.py`, `chunked.py` which requests are
understood; `tasks.py` answers; `admission.py` large bodies; `refusals.py` answers of the server itself.
"""
