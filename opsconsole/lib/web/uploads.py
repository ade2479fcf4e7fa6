"""Upload views that refuse too long requests before they parse the form (no ORM)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

View = Callable[..., HttpResponse]

# Bytes of a form beside its file: fields, boundaries, headers.
FORM_OVERHEAD = 256 * 1024
# Bytes. A browser shows the response only after it has sent the whole request; longer ones are cut off.
MAX_DRAINED = 64 * 1024 * 1024
_CHUNK = 256 * 1024


def bounded(max_bytes: Callable[[], int], too_large: View) -> Callable[[View], View]:
    """Decorator for views that accept a file of at most `max_bytes()` bytes; longer requests go to `too_large`.

    The length must be checked before the CSRF token, since reading that parses the form. So the view is exempt from the
    middleware and protected inside, as Django's documentation on upload handlers describes.
    """

    def decorate(view: View) -> View:
        protected: View = csrf_protect(view)

        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if _length(request) <= max_bytes() + FORM_OVERHEAD:
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
    left = min(_length(request), MAX_DRAINED)
    while left > 0 and (chunk := request.read(min(left, _CHUNK))):
        left -= len(chunk)
