"""Middleware: health without sessions, caching, membership, the favicon, NUL in addresses, the API's errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from traceback import walk_tb

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.views.defaults import bad_request, page_not_found

from opsconsole.accounts import groups
from opsconsole.lib.call_stack import with_room
from opsconsole.lib.db.bounded import AWAY, within
from opsconsole.lib.web.problem import problem
from opsconsole.lib.web.unavailable import RETRY_SECONDS, unavailable

logger = logging.getLogger(__name__)
API = "/api/v1/"
HEALTH = ("/healthz", "/readyz", "/metrics")
OWN_CODE = ("opsconsole.", "bootstrap.", "detections.")
FOR_EVERY_ACCOUNT = ("/accounts/", "/admin/", *HEALTH, API)
PROBLEM_DETAILS = {
    400: "The request cannot be parsed.",
    404: "There is nothing at this address; addresses end in a slash.",
    405: "This address does not allow this method; see the Allow header.",
    413: "The request is too large.",
    503: f"The database does not answer. Try again in {RETRY_SECONDS} seconds.",
}


class CallStackMiddleware:
    """Gives the whole request room on the stack: views and templates are deep in it, and loop (see lib/call_stack)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return with_room(self.get_response, request)


class HealthMiddleware:
    """Drops the cookies of requests for health: no session is read, so that a hung PostgreSQL holds none of them up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in HEALTH:
            request.COOKIES = {}
        return self.get_response(request)


class PrivatePagesMiddleware:
    """Adds `Cache-Control: no-store` to responses for signed-in users."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store, private"
        return response


class MembersMiddleware:
    """Shows the console's pages only to users with a permission on them (see groups.is_member).

    The admin, the account pages and the API check their own permissions (docs/decisions/0009-who-may-look.md).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Sequence[object], kwargs: dict[str, object]
    ) -> HttpResponse | None:
        user = request.user
        if not user.is_authenticated or request.path.startswith(FOR_EVERY_ACCOUNT) or groups.is_member(user):
            return None
        return render(request, "403_no_group.html", status=403)


class FaviconMiddleware:
    """Redirects /favicon.ico, which browsers and bookmarks ask for by themselves, to the icon that the pages link.

    It comes before the session, so that an icon costs no query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path != "/favicon.ico" or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        return HttpResponseRedirect(
            static("opsconsole/favicon.svg"), headers={"Cache-Control": "public, max-age=86400"}
        )


class NoNulMiddleware:
    """Refuses addresses that contain NUL, which PostgreSQL cannot store or compare: 404 in a path, 400 in a query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(API):  # the API names the invalid parameter
            return self.get_response(request)
        if "\0" in request.path:
            return page_not_found(request, Http404())
        if any("\0" in value for values in request.GET.lists() for value in (values[0], *values[1])):
            return bad_request(request, SuspiciousOperation())
        return self.get_response(request)


class DatabaseMiddleware:
    """Bounds how long a request waits for PostgreSQL; then, and while PostgreSQL is away, it is answered 503.

    Health endpoints have a bound of their own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in HEALTH:
            return self.get_response(request)
        if request.META.get(AWAY):  # known already: a thread that waited would be missing elsewhere
            return unavailable()
        with within(settings.WEB_DATABASE_SECONDS, starts_services=True):
            return self.get_response(request)


class BadAddressMiddleware:
    """Answers 400 where an address has numbers or dates beyond any column, of which reading fails; logs where.

    The admin's filters take such values unchecked, e.g. `date_joined__year=` of 19 digits, and fail on impossible dates
    too, with a ValueError. One that the console's own code raises, or causes, is a fault of the console.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if request.method not in {"GET", "HEAD"} or not request.META.get("QUERY_STRING"):
            return None
        if not isinstance(error, OverflowError | DataError) and not _admin_cannot_read(request, error):
            return None
        # The error's own text, and its causes, quote the address.
        left_out = Exception(f"{type(error).__name__}; its text quotes the address")
        where = (Exception, left_out, error.__traceback__)
        logger.warning("a value of the address is beyond what can be read", exc_info=where)
        return bad_request(request, SuspiciousOperation())


def _admin_cannot_read(request: HttpRequest, error: Exception) -> bool:
    """Whether Django's admin raised the error when it read the address: no call of the console's lies in between."""
    if not isinstance(error, ValueError) or not request.path.startswith("/admin/"):
        return False
    modules = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)]
    of_console = [number for number, name in enumerate(modules) if name.startswith(OWN_CODE)]
    below = modules[of_console[-1] + 1 :] if of_console else modules
    return any(name.startswith("django.contrib.admin.") for name in below)


class ApiMiddleware:
    """For addresses of the API: Django's own errors become problem+json, HEAD works like GET, and nothing is cached."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API):
            return self.get_response(request)
        method = request.method
        if method == "HEAD":
            request.method = "GET"  # the web server omits the body
        response = self.get_response(request)
        request.method = method
        if response.status_code >= 400 and "json" not in response.get("Content-Type", ""):
            response = _as_problem(response)
        response["Cache-Control"] = "no-store"
        return response


def _as_problem(response: HttpResponse) -> HttpResponse:
    status = response.status_code
    answer = problem(status, PROBLEM_DETAILS.get(status, "The console could not answer."))
    if response.has_header("Retry-After"):
        answer["Retry-After"] = response["Retry-After"]
    if response.has_header("Allow"):
        allowed = {method.strip() for method in response["Allow"].split(",")}
        answer["Allow"] = ", ".join(sorted(allowed | {"HEAD"} if "GET" in allowed else allowed))
    return answer
