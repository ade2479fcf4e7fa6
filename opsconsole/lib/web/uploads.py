"""Views that take files: refused by their length before a byte of them is parsed (no ORM)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

View = Callable[..., HttpResponse]

# What a form sends beside its file: fields, boundaries, headers.
BESIDE = 256 * 1024
# A browser shows the answer only once it has sent all; what is longer than this is cut off.
DRAINED = 64 * 1024 * 1024
_CHUNK = 256 * 1024


def bounded(most: Callable[[], int], too_large: View) -> Callable[[View], View]:
    """A view whose requests hold at most a file of `most()` bytes; longer ones get `too_large`'s answer.

    The check comes before that of the CSRF token, which parses the form: so the view is exempt from the middleware and
    protected within, as Django's documentation of upload handlers says.
    """

    def decorate(view: View) -> View:
        protected: View = csrf_protect(view)

        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if _length(request) <= most() + BESIDE:
                return protected(request, *args, **kwargs)
            _drain(request)
            return too_large(request, *args, **kwargs)

        exempt: View = csrf_exempt(checked)
        return exempt

    return decorate


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _drain(request: HttpRequest) -> None:
    left = min(_length(request), DRAINED)
    while left > 0 and (chunk := request.read(min(left, _CHUNK))):
        left -= len(chunk)
