"""allauth's views where a password is given, which answer 429 when too many were wrong; who has no password."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from allauth.account.views import LoginView, PasswordChangeView, ReauthenticateView
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from opsconsole.accounts.adapter import LOCKED
from opsconsole.accounts.models import User
from opsconsole.lib import clock


class LimitedView:
    """Mixin before a form view: the status is 429, with Retry-After, when the form says that attempts are locked."""

    def form_invalid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        if until := _locked_until(form):
            response.status_code = 429
            response["Retry-After"] = str(max(1, math.ceil((until - clock.now()).total_seconds())))
        return response


class LimitedLoginView(LimitedView, LoginView):  # type: ignore[misc]
    pass


class LimitedReauthenticateView(LimitedView, ReauthenticateView):  # type: ignore[misc]
    pass


class LimitedPasswordChangeView(LimitedView, PasswordChangeView):  # type: ignore[misc]
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As allauth's, but for who has none yet: allauth's page to set the first one is not there."""
        if request.user.is_authenticated and not request.user.has_usable_password():
            return HttpResponseRedirect(reverse("account_no_password"))
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


@login_required
def no_password(request: HttpRequest) -> HttpResponse:
    """What to do for who was asked for a password and has none, as a user made by single sign-on or a script."""
    if isinstance(request.user, User) and request.user.has_usable_password():
        return HttpResponseRedirect("/")
    return render(request, "403_no_password.html", status=403)


def _locked_until(form: Form) -> datetime | None:
    errors: list[Any] = [error for of_field in form.errors.as_data().values() for error in of_field]
    return next((error.params["until"] for error in errors if error.code == LOCKED), None)
