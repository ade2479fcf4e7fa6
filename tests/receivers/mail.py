"""A mail server: SMTP (RFC 5321) with STARTTLS, TLS and passwords. It checks messages by RFC 5322."""

from __future__ import annotations

import base64
import binascii
import contextlib
import email
import email.policy
import re
import socket
import socketserver
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self, cast

from tests.receivers.weather import Connection, Weather

MAX_LINE = 998  # RFC 5322, 2.1.1, without the line's end
MAX_BYTES = 10_000_000
ONCE = ("From", "To", "Subject", "Date", "Message-ID")
_ADDRESS = re.compile(r"(?i)(?:FROM|TO):\s*<(?P<address>[^<>\s]*)>(?P<options>.*)")
_MESSAGE_ID = re.compile(r"<[^<>\s@]+@[^<>\s@]+>")


@dataclass(frozen=True)
class Mail:
    """A message as it was handed in. `secure`: over TLS; `user`: who logged in."""

    sender: str
    receivers: tuple[str, ...]
    raw: bytes
    secure: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        return cast("EmailMessage", email.message_from_bytes(self.raw, policy=email.policy.default))

    def text(self, kind: str = "plain") -> str:
        """The part of this subtype of text."""
        part = self.message.get_body((kind,))
        assert part, f"no part text/{kind}"
        return str(part.get_content())


class MailServer:
    """A server on a free port of 127.0.0.1, in threads, from `with` to its end.

    `starttls` offers STARTTLS, `tls` begins with it. With `password` it takes mail only after a login over TLS.
    `refused` says why mail was not taken. `forecast` has a weather or a reply such as `"451 later"` for the next
    messages, given in place of the answer to their first line, `greeting` one for connections; `reject` receivers that
    it does not know.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.tls, self.starttls, self.login = tls, starttls, login
        self.mails: list[Mail] = []
        self.refused: list[str] = []
        self.reject: set[str] = set()
        self.climate: Weather | str | None = None
        self.greeting: Weather | None = None
        self.stopping = threading.Event()
        self._forecast: deque[Weather | str | None] = deque()
        self._errors: list[str] = []
        self._server = _Server(self)
        self.host = "127.0.0.1"
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """For OPSCONSOLE_EMAIL_URL."""
        scheme = "smtps" if self.tls else "submission" if self.starttls else "smtp"
        user = ":".join(self.login) + "@" if self.login else ""
        return f"{scheme}://{user}{self.host}:{self.port}"

    def forecast(self, *weather: Weather | str | None) -> None:
        self._forecast.extend(weather)

    def weather(self) -> Weather | str | None:
        return self._forecast.popleft() if self._forecast else self.climate

    def failed(self, error: str) -> None:
        self._errors.append(error)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        for link in list(self._server.open):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        assert kind or not self._errors, self._errors


def problems(raw: bytes) -> Iterator[str]:
    """Why a mail server on the way may refuse or change the message."""
    lines = raw.split(b"\r\n")
    if any(b"\r" in line or b"\n" in line for line in lines):
        yield "a CR or LF by itself"
    if (longest := max(map(len, lines))) > MAX_LINE:
        yield f"a line of {longest} bytes, more than {MAX_LINE}"
    head = raw.partition(b"\r\n\r\n")[0]
    if not head.isascii():
        yield "headers that are not ASCII"
    message = email.message_from_bytes(raw, policy=email.policy.default)
    for name in ONCE:
        if len(found := message.get_all(name, [])) != 1:
            yield f"{len(found)} headers {name}, not one"
    if not _MESSAGE_ID.fullmatch(str(message.get("Message-ID", "")).strip()):
        yield "a Message-ID that is none"
    for name in ("References", "In-Reply-To"):
        if not all(map(_MESSAGE_ID.fullmatch, str(message.get(name, "")).split())):
            yield f"{name} with something that is no Message-ID"
    yield from (f"{part.get_content_type()}: {defect}" for part in message.walk() for defect in part.defects)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, mail: MailServer) -> None:
        self.mail = mail
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Session)

    def handle_error(self, request: Any, client_address: Any) -> None:
        import sys
        import traceback

        if not isinstance(sys.exc_info()[1], OSError):
            self.mail.failed(traceback.format_exc())


class _Session(socketserver.StreamRequestHandler):
    """One connection."""

    server: _Server

    def handle(self) -> None:
        self.mail = self.server.mail
        self.link: socket.socket = self.request
        self.server.open.add(self.link)
        self.secure, self.user = False, None if self.mail.login else ""
        self._reset()
        if self.mail.tls:
            self._wrap(self.mail.tls)
        try:
            if self.mail.greeting:
                self._weather(self.mail.greeting)
                return
            self._say("220 localhost ESMTP")
            while line := self.rfile.readline(2048):
                if not self._command(line.decode("ascii", "replace").strip()):
                    return
        finally:
            self.server.open.discard(self.link)
            self.link.close()

    def _wrap(self, context: ssl.SSLContext) -> None:
        self.server.open.discard(self.link)
        self.link = context.wrap_socket(self.link, server_side=True)
        self.server.open.add(self.link)
        self.rfile, self.secure = self.link.makefile("rb"), True

    def _weather(self, weather: Weather) -> None:
        with contextlib.suppress(OSError):
            weather(Connection(cast("Any", self.link.makefile("wb", buffering=0)), self.link, self.mail.stopping))

    def _reset(self) -> None:
        self.sender: str | None = None
        self.receivers: list[str] = []

    def _say(self, line: str) -> bool:
        self.link.sendall(line.encode() + b"\r\n")
        return True

    def _refuse(self, line: str) -> bool:
        self.mail.refused.append(line)
        return self._say(line)

    def _command(self, line: str) -> bool:
        """Answer a line. False ends the session."""
        verb, _, rest = line.partition(" ")
        act = getattr(self, f"_{verb.lower()}", None) if verb.isalpha() and len(verb) >= 4 else None
        if act is None or verb.lower() not in VERBS:
            return self._say("500 no such command")
        return bool(act(rest))

    def _ehlo(self, rest: str) -> bool:
        self._reset()
        offers = ["localhost", f"SIZE {MAX_BYTES}", "8BITMIME"]
        if self.mail.starttls and not self.secure:
            offers.append("STARTTLS")
        if self.mail.login and self.secure:
            offers.append("AUTH PLAIN LOGIN")
        return all(self._say(f"250{' ' if each is offers[-1] else '-'}{each}") for each in offers)

    def _helo(self, rest: str) -> bool:
        return self._say("250 localhost")

    def _starttls(self, rest: str) -> bool:
        if not self.mail.starttls or self.secure:
            return self._say("502 not here")
        self._say("220 go ahead")
        self._wrap(self.mail.starttls)
        return True

    def _auth(self, rest: str) -> bool:
        kind, _, first = rest.partition(" ")
        if not self.secure:
            return self._refuse("538 not without TLS")
        try:
            if kind.upper() == "PLAIN":
                _, user, password = self._decoded(first or self._asked("")).split("\0")
            else:
                user = self._decoded(first or self._asked("VXNlcm5hbWU6"))
                password = self._decoded(self._asked("UGFzc3dvcmQ6"))
        except (ValueError, binascii.Error):
            return self._refuse("501 no credentials")
        if (user, password) != self.mail.login:
            return self._refuse("535 wrong password")
        self.user = user
        return self._say("235 welcome")

    def _asked(self, prompt: str) -> str:
        self._say(f"334 {prompt}")
        return self.rfile.readline(2048).decode().strip()

    def _decoded(self, text: str) -> str:
        return base64.b64decode(text, validate=True).decode()

    def _mail(self, rest: str) -> bool:
        weather = self.mail.weather()
        if isinstance(weather, str):
            return self._refuse(weather) and not weather.startswith("421")
        if weather:
            self._weather(weather)
            return False
        found = _ADDRESS.fullmatch(rest)
        if self.user is None:
            return self._refuse("530 login first")
        if not found:
            return self._refuse(f"501 {rest}")
        self.sender = found["address"]
        return self._say("250 ok")

    def _rcpt(self, rest: str) -> bool:
        found = _ADDRESS.fullmatch(rest)
        if not found or self.sender is None:
            return self._refuse(f"501 {rest}")
        if found["address"] in self.mail.reject:
            return self._refuse(f"550 no such user {found['address']}")
        self.receivers.append(found["address"])
        return self._say("250 ok")

    def _data(self, rest: str) -> bool:
        if not self.receivers:
            return self._refuse("503 no receivers")
        self._say("354 end with a dot")
        lines = []
        while (line := self.rfile.readline(MAX_BYTES)) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b".") else line)
        raw = b"".join(lines)
        if wrong := list(problems(raw)):
            return self._refuse(f"554 {'; '.join(wrong)}")
        self.mail.mails.append(Mail(self.sender or "", tuple(self.receivers), raw, self.secure, self.user))
        self._reset()
        return self._say("250 taken")

    def _rset(self, rest: str) -> bool:
        self._reset()
        return self._say("250 ok")

    def _noop(self, rest: str) -> bool:
        return self._say("250 ok")

    def _quit(self, rest: str) -> bool:
        self._say("221 bye")
        return False


VERBS = frozenset({"ehlo", "helo", "starttls", "auth", "mail", "rcpt", "data", "rset", "noop", "quit"})
