"""Channels: how a message reaches people. One file per channel, listed in registry.py."""
