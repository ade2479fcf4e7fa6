"""Channels that deliver messages: one file per channel, listed in `registry`."""
