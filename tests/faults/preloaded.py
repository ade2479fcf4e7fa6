"""Imported by the process whose forks are the web processes and workers of the tests."""

from opsconsole.runtime.supervisor.preload import preload

preload()
