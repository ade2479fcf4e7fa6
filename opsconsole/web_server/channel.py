"""One connection. Everything here but `service` runs in the thread that receives and sends."""

from __future__ import annotations

import contextlib
import logging
import socket
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel

from detections.ingest.protocol.errors import Refused
from opsconsole.web_server.admission import FIRST_BYTES, Admission
from opsconsole.web_server.deadlines import Arrival, Sending
from opsconsole.web_server.parser import StrictParser
from opsconsole.web_server.refusals import cut_short, too_late
from opsconsole.web_server.tasks import RefusalTask, RequestTask

logger = logging.getLogger(__name__)

# After a refusal the client may still be sending. If the connection were closed at once, TCP would reset it, and the
# client would not see the answer.
LINGER_SECONDS = 2.0


class RequestChannel(HTTPChannel):
    """Receives requests, hands whole ones to the threads, sends answers; ends what takes too long.

    A request is *arriving* from its first byte to its last; `arrival` has its times.
    """

    parser_class = StrictParser
    task_class = RequestTask
    error_task_class = RefusalTask
    request: StrictParser | None
    will_close: bool
    close_when_flushed: bool

    def __init__(self, server: Any, sock: socket.socket, addr: Any, adj: Any, map: Any = None) -> None:
        self.connections = server.connections
        self.counted_as: str = self.connections.limits.counted_as(addr[0])
        self.quiet_since: float = self.connections.clock()  # when the last answer was given
        self.arrival: Arrival | None = None
        self.sending: Sending | None = None
        self.sent = 0  # bytes
        self.linger = False  # whether closing waits for the client to read a refusal
        self._lingers_since: float | None = None
        self._asking = self._asked = self._admitted = False
        self._pending: Refused | None = None  # of the arriving request, until those before it are answered
        super().__init__(server, sock, addr, adj, map=map)

    def readable(self) -> bool:
        if self._lingers_since is not None:
            return True
        return not self._asking and self._pending is None and bool(super().readable())

    def writable(self) -> bool:
        return self._lingers_since is None and bool(super().writable())

    def handle_read(self) -> None:
        if self._lingers_since is not None:
            self.recv(self.adj.recv_bytes)  # dropped; closes at the end of the stream
        elif self._pending is None:  # it may have been refused since it was found readable
            super().handle_read()

    def received(self, data: bytes) -> bool:
        """Takes bytes of requests; whole ones go to the threads."""
        before = self.request
        taken = bool(super().received(data))
        request, now = self.request, self.connections.clock()
        if request is None or not (request.headers_finished or request.header_plus.strip()):
            self.arrival = None  # nothing, or only line ends between requests
        else:
            if request is not before or self.arrival is None:
                self._begin(now)
            if self.arrival is not None:
                self.arrival.received(now, request.body_bytes_received if request.headers_finished else None)
                self._ask(request)
        self.connections.note_buffered(len(data))
        return taken

    def _begin(self, now: float) -> None:
        self.arrival = Arrival(now, now)
        self._asking = self._asked = self._admitted = False
        if refused := self.connections.crowded(self):
            self.refuse(refused)

    def _ask(self, request: StrictParser) -> None:
        """Has the application look at a request whose body is large, when its head is there and once more later."""
        if self._admitted or self._asking or self._pending is not None or request.body_rcv is None:
            return
        if len(request.body_rcv) >= FIRST_BYTES or (request.content_length > FIRST_BYTES and not self._asked):
            self._asking = self._asked = True
            self.server.add_task(Admission(self, request))

    def answered(self, request: StrictParser, admitted: bool, refused: Refused | None) -> None:
        """The application's word on the body of `request`, which is arriving."""
        if request is not self.request:
            return
        self._asking = False
        self._admitted = admitted and refused is None
        if refused is not None:
            self.refuse(refused)

    def send_continue(self) -> None:
        """Answers `Expect: 100-continue`; not where the request is whole, or refused."""
        request = self.request
        if request is not None and (request.completed or self._pending is not None):
            request.expect_continue = False
        elif request is not None:
            super().send_continue()

    def refuse(self, refused: Refused) -> bool:
        """Answers the request that is arriving, and ends the connection.

        False where that is not possible: the connection ends anyway, or one before it is being answered (pipelining) or
        has an answer so large that this thread would wait for its client. Then no more is received, and the refusal
        follows.
        """
        with self.requests_lock:  # a thread that ends the request before looks at this one
            request = self.request
            if request is None or self.will_close or self.close_when_flushed:
                return False
            if self.requests or self.total_outbufs_len > self.adj.outbuf_high_watermark:
                self._pending = self._pending or refused
                return False
            self.request = self.arrival = self._pending = None
        self.connections.refused.add(refused.status, self.addr[0])
        self._asking = False
        request.error = refused
        with contextlib.suppress(ClientDisconnected):
            RefusalTask(self, request).service()
        request.close()
        self.close_when_flushed = True
        return True

    def _refuse_pending(self) -> bool:
        return self._pending is not None and self.refuse(self._pending)

    def service(self) -> None:
        """Answers one request, in a thread."""
        self.quiet_since = self.connections.clock()
        try:
            super().service()
        except Exception:  # not even its error could be answered, so that the connection would wait for ever
            logger.exception("a connection could not be answered")
            self.will_close = True
            self.server.pull_trigger()
        if self._pending is not None:
            self.server.trigger.pull_trigger(self._refuse_pending)
        self.quiet_since = self.connections.clock()

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Sends what the socket takes. Never closes, whatever `do_close` says.

        The caller may hold the locks that closing takes. What is not sent stays in the buffers, so that the connection
        is polled, and the error of the socket closes it at the next turn.
        """
        sent = int(super().send(data, do_close=False))
        self.sent += sent
        return sent

    def handle_close(self) -> None:
        if self.arrival is not None and not self.linger and self.connected and self.refuse(cut_short()):
            return
        if self.linger and self._lingers_since is None and self.connected:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
                self._lingers_since = self.connections.clock()
                self.will_close = self.close_when_flushed = False
                return
        self.drop()

    def handle_error(self) -> None:
        """Ends the connection after an exception. Raises none: it would end the process, with all its connections."""
        logger.exception("a connection failed")
        try:
            self.drop()
        except Exception:
            logger.exception("a connection could not be closed")

    def drop(self) -> None:
        """Closes the connection now; a thread that writes to it is told by ClientDisconnected."""
        if self.socket is not None:
            super().handle_close()

    @property
    def buffered(self) -> int:
        """Bytes of bodies that it holds: of the arriving request, and of those that wait for a thread."""
        bodies = (request.body_rcv for request in (self.request, *self.requests) if request is not None)
        return sum(len(body) for body in bodies if body is not None)

    def waits_since(self) -> float | None:
        """Since when its client is awaited; None while this process has something to do for it."""
        if self._lingers_since is not None:
            return self._lingers_since
        if self.sending is not None:
            return self.sending.since
        if self.requests or self._asking or self.total_outbufs_len:
            return None
        return self.arrival.since if self.arrival is not None else self.quiet_since

    def check(self, now: float) -> None:
        """Ends it where its client has used up its time. Called every second."""
        allowed = self.connections.limits.deadlines
        if self._lingers_since is not None:
            if now >= self._lingers_since + LINGER_SECONDS:
                self.drop()
            return
        self._check_sending(now)
        if self._refuse_pending():
            return
        if self.arrival is not None and (self.requests or self._asking or self.sending is not None):
            self.arrival.wait(now)
        elif self.arrival is not None:
            if late := self.arrival.late(allowed, now):
                self.refuse(too_late(*late))
        elif not self.requests and self.sending is None and now >= self.quiet_since + allowed.idle:
            self.drop()

    def _check_sending(self, now: float) -> None:
        if not self.total_outbufs_len:
            self.sending = None
        elif self.sending is None:
            self.sending = Sending(now, self.sent)
        elif self.sending.late(self.connections.limits.deadlines, self.sent, now):
            self.drop()
