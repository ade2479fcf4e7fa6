"""The supervisor: one process that runs web, worker and beat as its children, and leases the embedded servers.

In: the command line and the environment. Out: a console that answers at its URL, log lines prefixed with the process
name, and run.json, by which commands find the console. Children die with the supervisor, also on kill -9; a child that
dies is restarted; a second console on the same data directory is refused; Ctrl-C ends everything in order.

It loads Django once and forks its children. They share the memory of imported modules, which keeps the whole console
near 300 MB, and start without importing anything again.
"""
