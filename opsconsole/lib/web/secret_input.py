"""Fields of secrets: what is stored is never shown again; it is kept, replaced or removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

# Beside a field of a form that is shown again: what was typed is not sent back, and an empty field would be saved.
AGAIN = (
    '<span class="secret-again" role="alert">Enter it again: nothing is saved yet, and no secret is sent back.</span>'
)


class SecretInput(forms.PasswordInput):
    """A secret that is never shown; where one is `stored`, with a box that removes it."""

    stored = False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        shown = format_html("{}{}", super().render(name, value, attrs, renderer), _again(value))
        if not self.stored:
            return shown
        box = '{} <label class="remove-secret"><input type="checkbox" name="{}"> Remove it</label>'
        return format_html(box, shown, removal(name))


class SecretLines(forms.Textarea):
    """Several secrets, one a line; `stored`: the names of those that are stored, each with a box that removes it."""

    stored: tuple[str, ...] = ()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        shown = format_html("{}{}", super().render(name, "", attrs, renderer), _again(value))
        box = '<label class="remove-secret"><input type="checkbox" name="{}" value="{}"> Remove {}</label> '
        boxes = format_html_join("", box, ((removal(name), each, each) for each in self.stored))
        return format_html("{}{}", shown, boxes)

    def use_required_attribute(self, initial: Any) -> bool:
        return False

    @staticmethod
    def removed(data: Mapping[str, Any], name: str) -> set[str]:
        """The names whose box was ticked."""
        key = removal(name)
        return set(data.getlist(key) if hasattr(data, "getlist") else data.get(key, ()))


def _again(typed: Any) -> SafeString:
    """Empty where nothing was typed; a stored secret is no value of the form."""
    return mark_safe(AGAIN if typed else "")  # noqa: S308 - no part of it comes from outside


def removal(name: str) -> str:
    """The name of the box that removes the secret of a field of the form."""
    return f"{name}_remove"
