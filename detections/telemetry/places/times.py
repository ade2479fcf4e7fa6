"""How long places of series and of environment names are held (pure)."""

from __future__ import annotations

from datetime import timedelta

# After its last event, by the console's clock. A job that fails once a week keeps its place.
KEPT = timedelta(days=8)
# A held place is written anew at most this often.
RENEWED = timedelta(days=1)
