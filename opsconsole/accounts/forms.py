"""allauth's forms with labels and placeholders in sentence case, as those of the console are."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from allauth.account.adapter import get_adapter

from opsconsole.lib.text import humanize


class SignInForm(forms.LoginForm):  # type: ignore[misc]
    """Login and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _use_sentence_case(self)


class PasswordChangeForm(forms.ChangePasswordForm):  # type: ignore[misc]
    """The present password, and twice the new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _use_sentence_case(self)

    def clean_oldpassword(self) -> str:
        """The present password. Wrong ones count as those of signing in, by which a stolen session would find it."""
        password: str = self.cleaned_data["oldpassword"]
        adapter = get_adapter()
        if not adapter.reauthenticate(self.user, password):
            raise adapter.validation_error("enter_current_password")
        return password


def _use_sentence_case(form: Any) -> None:
    for field in form.fields.values():
        field.label = humanize.sentence_case(str(field.label))
        if placeholder := field.widget.attrs.get("placeholder"):
            field.widget.attrs["placeholder"] = humanize.sentence_case(str(placeholder))
