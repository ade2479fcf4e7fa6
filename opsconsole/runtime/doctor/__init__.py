"""`bin/manage doctor`: one line for each part of a console with its status, version and what to do.

    python -m opsconsole.runtime.doctor [--data DIR]

In: a data directory and the environment. Out: lines of text; exit status 1 when a check has failed. It works whatever
is down: a check that raises is a failed line, and settings are checked before they are loaded. It writes nothing of its
own. Like any command it starts the embedded servers, but only on a directory that has a database.
"""
