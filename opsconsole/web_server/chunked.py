"""Decodes chunked bodies, strictly and in bounded memory.

waitress's own decoder takes a line feed inside the line of a size, which proxies read differently, and has no limit for
the length of such a line, which it copies with every packet.
"""

from __future__ import annotations

import re
from typing import Any

from waitress.buffers import OverflowableBuffer

from detections.ingest.protocol.errors import Refused

MAX_LINE = 1024  # bytes of a size with its extensions, or of a trailer
MAX_TRAILERS = 8 * 1024  # bytes of all trailers, which are dropped
_SIZE = re.compile(rb"[0-9a-fA-F]{1,16}")
_IN_SIZE, _AFTER_CHUNK, _IN_TRAILERS = range(3)


class ChunkedBody:
    """Takes the bytes of a chunked body; a receiver of waitress's parser, which reads `completed` and `error`."""

    def __init__(self, buffer: OverflowableBuffer) -> None:
        self.completed = False
        self.error: Refused | None = None
        self._buffer = buffer
        self._line = bytearray()
        self._in_chunk = 0  # bytes of the chunk that are missing
        self._awaits = _IN_SIZE
        self._trailers = 0

    def __len__(self) -> int:
        return len(self._buffer)

    def getfile(self) -> Any:
        return self._buffer.getfile()

    def getbuf(self) -> OverflowableBuffer:
        return self._buffer

    def received(self, data: bytes) -> int:
        """Returns how many of the bytes belong to the body.

        What they hold is appended at once: the buffer takes as long for a chunk of one byte as for a large one.
        """
        parts, at = bytearray(), 0
        while at < len(data) and not self.completed and self.error is None:
            if self._in_chunk:
                part = data[at : at + self._in_chunk]
                parts += part
                self._in_chunk -= len(part)
                at += len(part)
            else:
                at = self._take_line(data, at)
        if parts:
            self._buffer.append(bytes(parts))
        return at

    def _take_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at) + 1 or len(data)
        self._line += data[at:end]
        if len(self._line) > MAX_LINE:
            self._fail()
        elif self._line.endswith(b"\n"):
            line = bytes(self._line)
            self._line.clear()
            if line.endswith(b"\r\n") and line.count(b"\r") == 1:
                self._take(line[:-2])
            else:
                self._fail()
        return end

    def _take(self, line: bytes) -> None:
        if self._awaits == _IN_TRAILERS:
            self.completed = not line
            self._trailers += len(line)
            if self._trailers > MAX_TRAILERS:
                self._fail()
        elif self._awaits == _AFTER_CHUNK:
            self._awaits = _IN_SIZE
            if line:
                self._fail()
        else:
            self._begin(line.partition(b";")[0])

    def _begin(self, size: bytes) -> None:
        if not _SIZE.fullmatch(size):
            return self._fail()
        self._in_chunk = int(size, 16)
        self._awaits = _AFTER_CHUNK if self._in_chunk else _IN_TRAILERS
        return None

    def _fail(self) -> None:
        self.error = Refused(400, "The body could not be read.", "chunked encoding")
