"""The form that names whom an alert is handed to."""

from __future__ import annotations

from typing import Any

from django import forms

from detections.alerts.escalation.reach import can_be_told, with_reach
from detections.alerts.listing import MAY_ACT
from opsconsole.accounts.models import Owner, User

BACKEND = "django.contrib.auth.backends.ModelBackend"


class HandOverForm(forms.Form):
    """An owner, or a person who may take it, by name. Any name of an owner or of an active user is taken."""

    to = forms.CharField(
        label="To",
        max_length=160,
        widget=forms.Select,
        error_messages={"required": "Choose an owner or a person."},
        help_text="“Cannot be told”: no message goes out, as no target is bound to the owner.",
    )

    def with_choices(self, permission: str = MAY_ACT) -> HandOverForm:
        """The form to show; people have the permission. Two queries; what was posted needs none."""
        self.fields["to"].widget.choices = choices(permission)
        return self


def choices(permission: str = MAY_ACT) -> list[tuple[str, Any]]:
    """Owners, then people with the permission who are none, each with whether they can be told. Two queries, when they
    are shown."""
    known = list(with_reach(Owner.objects.select_related("user", "group")))
    people = (
        User.objects.with_perm(permission, backend=BACKEND)
        .order_by("username")
        .exclude(username__in=[owner.name for owner in known if owner.user_id])
    )
    return [
        ("", "Choose …"),
        ("Owners", [(owner.name, _words(owner)) for owner in known]),
        ("People", [(person.username, person.get_full_name() or person.username) for person in people]),
    ]


def _words(owner: Owner) -> str:
    """`sre-agent (ada), cannot be told (note: First response)`."""
    behind = f" ({owner.bound_to})" if owner.bound_to and owner.bound_to != owner.name else ""
    told = "" if can_be_told(owner) else ", cannot be told"
    return f"{owner.name}{behind}{told}" + (f" (note: {owner.description})" if owner.description else "")
