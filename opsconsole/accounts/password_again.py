"""Acts that ask for the password again, and what the page that asks for it says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.core.exceptions import ReauthenticationRequired
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

_KEY = "act_behind_password"  # in the session; of the newest act only
# allauth's own pages that ask for it, by the names of their URLs.
_OF_THE_ACCOUNT = {
    "mfa_activate_totp": "Set up an authenticator app",
    "mfa_deactivate_totp": "Turn the authenticator app off",
    "mfa_generate_recovery_codes": "Make new recovery codes",
    "mfa_view_recovery_codes": "Show the recovery codes",
    "mfa_download_recovery_codes": "Download the recovery codes",
    "mfa_list_webauthn": "Look at your passkeys and security keys",
    "mfa_add_webauthn": "Add a passkey or security key",
    "mfa_edit_webauthn": "Rename a passkey or security key",
    "mfa_remove_webauthn": "Remove a passkey or security key",
}


@dataclass(frozen=True)
class ActInWords:
    """What somebody is about to do, and what with: (label, text) pairs, e.g. `("Checklist", "Go-live v2")`.

    `back` is the address of the page that it was asked for on, for those who think better of it.
    """

    what: str
    facts: tuple[tuple[str, str], ...] = ()
    back: str = "/"


def with_password_again(
    view: Callable[..., HttpResponse], request: HttpRequest, *args: Any, words: Callable[[], ActInWords]
) -> HttpResponse:
    """The view's response, if the password was given just now. Else raises ReauthenticationRequired, by which allauth
    keeps the request and asks; the page that asks shows the words."""
    try:
        answer: HttpResponse = reauthentication_required(view)(request, *args)
    except ReauthenticationRequired:
        request.session[_KEY] = {"path": request.get_full_path(), **asdict(words())}
        raise
    return answer


def leave_for_password(request: HttpRequest) -> HttpResponse:
    """The response to htmx where ReauthenticationRequired was raised: the browser goes to the page that asks.

    As allauth does it for a form, which a script's request would follow in vain. The kept request is no longer one of
    htmx: its answer is shown as a page.
    """
    for name in [name for name in request.META if name.startswith("HTTP_HX_")]:
        del request.META[name]
    ways = get_adapter().get_reauthentication_methods(request.user)
    if not ways:
        raise PermissionDenied("This account has neither a password nor another way to prove who it is.")
    return HttpResponse(headers={"HX-Redirect": suspend_request(request, ways[0]["url"])["Location"]})


def act_in_words(request: HttpRequest) -> ActInWords | None:
    """Of the request that waits for the password; None where nothing is known of it."""
    path = request.POST.get("next") or request.GET.get("next", "")
    kept = request.session.get(_KEY)
    if kept and kept["path"] == path:
        facts = tuple((label, text) for label, text in kept["facts"])
        return ActInWords(kept["what"], facts, kept.get("back", "/"))
    try:
        what = _OF_THE_ACCOUNT.get(resolve(path.partition("?")[0]).url_name or "")
    except Resolver404:
        return None
    return ActInWords(what) if what else None
