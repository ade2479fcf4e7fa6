"""Signals to stop the console (no ORM)."""

from __future__ import annotations

import signal


class StopSignals:
    """Counts SIGINT (Ctrl-C), SIGTERM and SIGHUP (a closed terminal). A second one means not to wait."""

    def __init__(self) -> None:
        self.count = 0

    def listen(self) -> None:
        """Install the handlers. SIGHUP stays ignored if it was (nohup)."""
        for sig in (signal.SIGINT, signal.SIGTERM):  # also where a shell ignores SIGINT for a background job
            signal.signal(sig, self._receive)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._receive)

    def __bool__(self) -> bool:
        return self.count > 0

    def _receive(self, _signal: int, _frame: object) -> None:
        self.count += 1
