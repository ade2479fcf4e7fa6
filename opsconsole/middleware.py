"""What every private page and every answer of the API carries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import bad_request, page_not_found

from opsconsole.accounts import groups
from opsconsole.lib.web.problem import problem

API = "/api/v1/"
FOR_EVERY_ACCOUNT = ("/accounts/", "/admin/", "/healthz", "/readyz", "/metrics", API)
SAID = {
    400: "The request cannot be read.",
    404: "There is nothing at this address; addresses end in a slash.",
    405: "This address does not take this method; see Allow.",
    413: "The request is too large.",
}


class PrivatePagesMiddleware:
    """Pages behind the login are never kept by caches (`no-store`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store, private"
        return response


class MembersMiddleware:
    """Pages of the console are for people in one of its groups: an account alone shows nothing.

    The admin and the pages of one's own account ask for rights of their own.
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


class NoNulMiddleware:
    """Refuses addresses with a NUL: PostgreSQL's text cannot hold one, so no page could answer but with an error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(API):  # which names the parameter that is wrong
            return self.get_response(request)
        if "\0" in request.path:
            return page_not_found(request, Http404())
        if any("\0" in value for values in request.GET.lists() for value in (values[0], *values[1])):
            return bad_request(request, SuspiciousOperation())
        return self.get_response(request)


class ApiMiddleware:
    """Errors that Django itself answers at the API's addresses are problems too; HEAD works wherever GET does; nothing
    of the API is cached."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API):
            return self.get_response(request)
        method = request.method
        if method == "HEAD":
            request.method = "GET"  # the server leaves the body out
        response = self.get_response(request)
        request.method = method
        if response.status_code >= 400 and "json" not in response.get("Content-Type", ""):
            response = _as_problem(response)
        response["Cache-Control"] = "no-store"
        return response


def _as_problem(response: HttpResponse) -> HttpResponse:
    status = response.status_code
    answer = problem(status, SAID.get(status, "The console could not answer."))
    if response.has_header("Allow"):
        allowed = {method.strip() for method in response["Allow"].split(",")}
        answer["Allow"] = ", ".join(sorted(allowed | {"HEAD"} if "GET" in allowed else allowed))
    return answer
