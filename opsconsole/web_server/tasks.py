"""What a thread does for a request that has arrived: waitress's tasks, with HTTP's rules for keeping a connection."""

from __future__ import annotations

from typing import Any

from waitress.task import ErrorTask, WSGITask

from opsconsole.web_server.refusals import as_refused, rendered


class RequestTask(WSGITask):
    """Calls the application and sends its answer.

    waitress sends a body for HEAD, and closes the connection after 204, 304 and chunked answers.
    """

    def start(self) -> None:
        super().start()
        if self.version == "1.1" and self._closes():
            super().set_close_on_finish()

    def _closes(self) -> bool:
        """Whether the connection ends with this answer: the client or a stop of this process wants it."""
        wanted = self.request.headers.get("CONNECTION", "").lower()
        stopping: bool = self.channel.connections.stopping
        return stopping or "close" in (part.strip() for part in wanted.split(","))

    def set_close_on_finish(self) -> None:
        """Ends the connection after the answer; of HTTP/1.1 only where someone wants it or the answer is cut short."""
        if self.wrote_header or self.version != "1.1" or self._closes():
            super().set_close_on_finish()

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        if self.request.command == "HEAD":
            environ.pop("wsgi.file_wrapper", None)  # it would be sent past `write`
        return environ

    def write(self, data: bytes) -> None:
        super().write(b"" if self.request.command == "HEAD" else data)

    def finish(self) -> None:
        if self.request.command != "HEAD":
            super().finish()
        elif not self.wrote_header:
            self.write(b"")


class RefusalTask(ErrorTask):
    """Answers a request that the server itself refuses, and has the connection closed once the client may know."""

    def execute(self) -> None:
        request, channel = self.request, self.channel
        refused = as_refused(request.error, channel.adj.max_request_body_size - 1, channel.adj.max_request_header_size)
        browser = "ORIGIN" in request.headers
        self.status, headers, body = rendered(refused, getattr(request, "path", ""), browser)
        self.response_headers.extend(headers)
        self.set_close_on_finish()
        self.content_length = len(body)
        channel.linger = True
        self.write(b"" if getattr(request, "command", "") == "HEAD" else body)
