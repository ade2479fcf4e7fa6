"""Probes: samples sent to an endpoint, and what must hold of the answers.

`bin/opsconsole-probe` is the one implementation, a file that other projects copy; this room loads it.
"""
