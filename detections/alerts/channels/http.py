"""What channels over HTTP have in common: one guarded request, and what its answer means for the message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings

from detections.alerts.channels.notification import DeliveryOutcome, Rejected, Retry, Sent
from opsconsole.env.outbound_url import OutboundRefused
from opsconsole.lib.outbound import guard
from opsconsole.lib.outbound.client import Answer, OutboundError, request
from opsconsole.lib.outbound.guard import check_url
from opsconsole.lib.text.secrets import scrub_text

SHOWN = 200  # characters of an answer that are kept
TEMPORARY = frozenset({408, 425, 429})
LONGEST_PAUSE = timedelta(hours=1)  # that a receiver may ask for


def post(url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta) -> Answer | Retry | Rejected:
    """The answer to a POST, whatever its status; without one, whether it is worth another try."""
    try:
        return request("POST", url, body=body, headers=headers, allow=settings.OUTBOUND_ALLOW, timeout=timeout)
    except OutboundError as error:
        return Retry(str(error)) if error.temporary else Rejected(str(error))


def outcome_of(answer: Answer) -> DeliveryOutcome:
    """2xx: sent; 408, 425, 429 and 5xx: later; all others: not again, a redirect too."""
    said = shown(answer)
    if 200 <= answer.status < 300:
        return Sent(said)
    if answer.status in TEMPORARY or answer.status >= 500:
        return Retry(said, retry_after(answer))
    if 300 <= answer.status < 400:
        return Rejected(f"{said} Redirects are not followed: enter the address that it leads to.")
    return Rejected(said)


def retry_after(answer: Answer) -> timedelta | None:
    """The delay in the header Retry-After, at most an hour; None without seconds there."""
    value = answer.headers.get("retry-after", "").strip()
    if not value.isascii() or not value.isdigit():
        return None
    return min(timedelta(seconds=int(value[:9])), LONGEST_PAUSE)


def shown(answer: Answer) -> str:
    """Status and the beginning of the body, in one line, scrubbed."""
    text = answer.body[: 4 * SHOWN].decode("utf-8", "replace").replace("\0", "")
    return f"{answer.status} {scrub_text(cut(' '.join(text.split()), SHOWN))}".strip()


def cut(text: str, limit: int) -> str:
    """The first `limit` characters, with a mark where there are more: a secret may be cut there."""
    return text if len(text) <= limit else f"{text[:limit]}…"


def url_problem(url: str) -> str:
    """Why the URL cannot be a receiver; empty if it can."""
    try:
        check_url(url, settings.OUTBOUND_ALLOW)
    except OutboundRefused as refused:
        return str(refused)
    return ""


def base_problem(variable: str, url: str) -> str:
    """Why no request reaches a channel's base address, which `variable` sets; empty if nothing is known. Looks up
    nothing."""
    if not refused_for_good(url):
        return ""
    return f"{variable} leads to an address that is refused: name it in OPSCONSOLE_OUTBOUND_ALLOW."


def refused_for_good(url: str) -> bool:
    """Whether no request to the URL is sent, whatever its host's name means."""
    return guard.refused_for_good(url, settings.OUTBOUND_ALLOW)
