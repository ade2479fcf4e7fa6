"""The supervisor: one process that runs web, worker and beat, and everything else the console needs, as its children.

In: the command line and the environment. Out: a console that answers at its address, log lines with the process name,
run.json by which other commands find it. Promises: children die with it, however it dies; a crashed child is started
again; a second console on the same data is refused; Ctrl-C ends all of it in order.

It loads Django once and forks its children from that: they share the memory of everything that was imported, which
is what keeps the whole console under 300 MB, and they start without importing anything again.
"""
