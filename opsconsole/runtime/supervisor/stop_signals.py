"""Being told to stop (no ORM)."""

from __future__ import annotations

import signal


class Stopping:
    """Counts Ctrl-C, SIGTERM and the closing of the terminal; the second press means: now."""

    def __init__(self) -> None:
        self.presses = 0

    def listen(self) -> None:
        """Install the handlers. A hangup that was ignored (nohup) stays ignored."""
        for sig in (signal.SIGINT, signal.SIGTERM):  # a shell's background job has SIGINT ignored: not here
            signal.signal(sig, self._press)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._press)

    def __bool__(self) -> bool:
        return self.presses > 0

    def _press(self, _signal: int, _frame: object) -> None:
        self.presses += 1
