"""`bin/manage doctor`: the parts of a console, one line each, with their state, version and what to do.

    python -m opsconsole.runtime.doctor [--data DIR]

In: a data directory and the environment. Out: lines for people; exit status 1 when a part has failed. Promises: it
writes nothing of its own and outlives everything being down: a check that breaks is itself a failed line. It does not
load the settings before it has checked them. The embedded servers are started, as for any command, when there is a
database to start them on; a directory without one is left as it is.
"""
