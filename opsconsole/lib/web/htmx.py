"""Responses to htmx: a fragment of a page, or 204 if it has not changed since the last response (no ORM).

Polled elements request the same fragment repeatedly. Each response has a hash of its HTML in `X-Fragment`; app.js sends
it with the next request as `X-Fragment-Seen`. For an unchanged fragment the response is 204, on which htmx swaps
nothing, so that focus is kept. Where rendering is dear, what it depends on is hashed too, after a dot.

A poll (`X-Poll`) does not take queued messages. They wait in the session while a form's response redirects, and a poll
in that moment would take them from the page that should show them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

HASH_HEADER = "X-Fragment"
SEEN_HEADER = "X-Fragment-Seen"
POLL_HEADER = "X-Poll"

# The value of the CSRF field differs at each rendering, which must not make equal fragments differ.
_CSRF_FIELD = re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]*')
# Nor must relative times like "12 s ago", which app.js updates in the browser.
_RELATIVE_TIMES = re.compile(r"(<time [^>]*data-ago[^>]*>)[^<]*")


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx sent the request, which then expects a fragment and not a page."""
    return bool(getattr(request, "htmx", False))


def fragment(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    stamp: str = "",
    facts: str = "",
) -> HttpResponse:
    """Render `template` (a file, or `file.html#partial`) for htmx.

    Returns 204 without a body if the browser already shows this HTML. Except on a poll, messages queued with
    django.contrib.messages are appended and appear in the page's message area. Use status 422 for a form with errors
    and 409 for a conflict. `stamp` replaces the hash of the HTML for views that call `unchanged`; `facts` is
    sent with it for views that call `same_facts`.
    """
    html = render_to_string(template, dict(context or {}), request)
    html_hash = stamp or fragment_hash(html)
    version = f"{html_hash}.{facts}" if facts else html_hash
    queued = [] if POLL_HEADER in request.headers else list(get_messages(request))
    if status == 200 and not queued and request.headers.get(SEEN_HEADER, "").partition(".")[0] == html_hash:
        return HttpResponse(status=204, headers={HASH_HEADER: version})
    if queued:
        html += render_to_string("components/messages.html", {"messages": queued, "oob": True}, request)
    return HttpResponse(html, status=status, headers={HASH_HEADER: version, "Vary": "HX-Request"})


def stamp_of(*parts: object) -> str:
    """16 hex digits that identify the inputs of a fragment, if comparing them is cheaper than rendering it."""
    return blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def unchanged(request: HttpRequest, stamp: str) -> HttpResponse | None:
    """A 204 response if the browser's fragment has this stamp and no message is queued; None if it must be rendered.

    The page has the stamp as `data-fragment` of the polled element, and the view passes it to `fragment`.
    """
    has_messages = POLL_HEADER not in request.headers and len(get_messages(request))
    if request.headers.get(SEEN_HEADER) != stamp or has_messages:
        return None
    return HttpResponse(status=204, headers={HASH_HEADER: stamp})


def same_facts(request: HttpRequest, facts: str) -> HttpResponse | None:
    """A 204 response if the browser's fragment was rendered from these facts, a `stamp_of` all that it may depend on,
    and no message is queued; None if it must be rendered, which may find the same HTML.

    The view passes the facts to `fragment`; they must be read before what it renders.
    """
    seen = request.headers.get(SEEN_HEADER, "")
    return unchanged(request, seen) if seen.partition(".")[2] == facts else None


def fragment_hash(html: str) -> str:
    """16 hex digits that change with the HTML, ignoring CSRF tokens and relative times."""
    stable = _RELATIVE_TIMES.sub(r"\1", _CSRF_FIELD.sub(r"\1", html))
    return blake2b(stable.encode(), digest_size=8).hexdigest()
