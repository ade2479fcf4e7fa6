"""Commands that hear signals, whatever the caller of the tests ignores."""

from __future__ import annotations

import sys

# Signals that the caller ignores, as a shell in the background or nohup do, are ignored by the probe, too.
_HEARS = (
    "import os, signal, sys; [signal.signal(number, signal.SIG_DFL) for number in (1, 2, 15)]; "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
HEARING = (sys.executable, "-c", _HEARS)  # before the command
