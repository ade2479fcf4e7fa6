"""Fields of the admin's forms as screen readers need them."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AdminSplitDateTime


class NamedDateTime(AdminSplitDateTime):
    """Django's two fields of a time; the label of the form's field names only the first of them, and by no id."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for part, word in zip(context["widget"]["subwidgets"], ("date", "time in UTC"), strict=True):
            part["attrs"]["aria-label"] = f"{name.replace('_', ' ').capitalize()}, {word}"
        return context
