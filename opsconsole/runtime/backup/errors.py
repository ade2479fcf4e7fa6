"""The error of backup and restore (pure)."""

from __future__ import annotations


class BackupError(Exception):
    """A backup cannot be made or restored; the text says why and what to do, in a sentence."""
