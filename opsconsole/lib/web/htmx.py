"""Answers to htmx: a fragment of a page, or 204 when it has not changed since the browser last got it (no ORM).

A polled element asks again and again for the same fragment. Each answer carries a short digest of its HTML
(`X-Fragment`); app.js sends it back with the next request (`X-Fragment-Seen`), and an unchanged fragment is answered
with 204, which htmx leaves alone: no swap, no lost focus, no bytes.

A poll (`X-Poll`) leaves messages where they are: those of an act wait in the session while its answer redirects, and a
poll on its way at that moment would take them away from the page that they are for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

DIGEST_HEADER = "X-Fragment"
SEEN_HEADER = "X-Fragment-Seen"
POLL_HEADER = "X-Poll"

# The hidden CSRF field is masked anew at each rendering; it must not make equal fragments differ.
_CSRF_FIELD = re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]*')
# Nor must words like "12 s ago", which app.js keeps up to date in the browser.
_AGO_WORDS = re.compile(r"(<time [^>]*data-ago[^>]*>)[^<]*")


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx sent the request, and so a fragment is to be answered in place of the page."""
    return bool(getattr(request, "htmx", False))


def fragment(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    stamp: str = "",
) -> HttpResponse:
    """Render `template` (a file, or `file.html#partial`) for htmx.

    Returns 204 with an empty body when the browser already shows exactly this HTML. Messages queued with
    django.contrib.messages ride along and appear in the page's message area, but not on a poll. Use status 422 for a
    form with errors, 409 where somebody was first. `stamp` stands for the HTML where the caller compares it by
    `unchanged`.
    """
    html = render_to_string(template, dict(context or {}), request)
    digest = stamp or fragment_digest(html)
    queued = [] if POLL_HEADER in request.headers else list(get_messages(request))
    if status == 200 and not queued and request.headers.get(SEEN_HEADER) == digest:
        return HttpResponse(status=204, headers={DIGEST_HEADER: digest})
    if queued:
        html += render_to_string("components/messages.html", {"messages": queued, "oob": True}, request)
    return HttpResponse(html, status=status, headers={DIGEST_HEADER: digest, "Vary": "HX-Request"})


def stamp_of(*parts: object) -> str:
    """Sixteen hex characters for what a large fragment is made from, where rendering it costs more than asking."""
    return blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def unchanged(request: HttpRequest, stamp: str) -> HttpResponse | None:
    """204 when the browser's fragment bears this stamp and nothing is to be said to it; None: render it.

    The page gives the stamp as `data-fragment` of the polled element, and to `fragment`.
    """
    told = POLL_HEADER not in request.headers and len(get_messages(request))
    if request.headers.get(SEEN_HEADER) != stamp or told:
        return None
    return HttpResponse(status=204, headers={DIGEST_HEADER: stamp})


def fragment_digest(html: str) -> str:
    """Sixteen hex characters that change when the HTML does, whatever CSRF tokens and relative times it holds."""
    steady = _AGO_WORDS.sub(r"\1", _CSRF_FIELD.sub(r"\1", html))
    return blake2b(steady.encode(), digest_size=8).hexdigest()
