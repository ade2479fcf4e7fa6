"""The form of a target: where messages go, and the values that each channel needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django import forms

from detections.alerts.channels.contract import ChannelField
from detections.alerts.channels.registry import CHANNELS
from detections.alerts.routing.match_policies import PolicyNode, tree_problems
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.alerts.routing_queries import routing_tree
from detections.alerts.targets.values import set_values, stored_secrets
from opsconsole.lib import clock
from opsconsole.lib.web.secret_input import SecretInput, removal

KEPT = "Set; leave empty to keep it. "


def form_field(channel: str, field: str) -> str:
    """The name in the form of a channel's field."""
    return f"{channel}_{field}"


class TargetForm(forms.ModelForm[Target]):
    """Where messages go. A secret is never shown again; an empty one keeps what is stored, as long as the channel
    stays, and where the secret is sent: else whoever may edit a target could have its secret sent to themselves."""

    policies = forms.ModelMultipleChoiceField(
        NotificationPolicy.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Whose alerts go to it. Without one nothing does.",
    )

    class Meta:
        model = Target
        fields = ("name", "channel", "intended_channel", "address", "enabled", "fallback")
        help_texts = {
            "channel": "Fill in the part below that has the channel's name; others are not read.",
            "intended_channel": "Of a target that only the console shows: the channel meant, e.g. slack or email.",
            "address": "What people call it, e.g. #raxx-ops-alert-sev1. It stands in messages where a channel cannot "
            "choose where they go.",
            "enabled": "Off: messages to it become dead letters, which the page of the alert shows.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk and "policies" in self.fields:
            self.fields["policies"].initial = self.instance.policies.all()
        channel = CHANNELS.get(self.instance.channel)
        stored = stored_secrets(self.instance)
        for field in channel.fields if channel else ():
            shown = self.fields.get(form_field(self.instance.channel, field.name))
            if shown is None:
                continue
            if not field.secret:
                shown.initial = self.instance.settings.get(field.name, "")
            elif field.name in stored:
                shown.help_text = KEPT + field.help
                shown.widget.stored = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        channel = CHANNELS.get(data.get("channel", ""))
        if channel is None or self.errors:
            return data
        self.asked_again: dict[str, str] = {}
        self.values = self._values(channel.name)
        for name, problem in {**channel.check(self.values), **self.asked_again}.items():
            self.add_error(form_field(channel.name, name), problem)
        for problem in tree_problems(self._tree(data["policies"])):
            self.add_error("policies", problem)
        return data

    def save(self, commit: bool = True) -> Target:
        set_values(self.instance, self.values, clock.now())
        return super().save(commit)

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        self.instance.policies.set(self.cleaned_data["policies"])

    def _tree(self, policies: Iterable[NotificationPolicy]) -> list[PolicyNode]:
        """The routing tree with this target in these policies; a new target has the id 0."""
        own, chosen = self.instance.pk or 0, {policy.pk for policy in policies}
        return [
            replace(
                node,
                targets=(*(each for each in node.targets if each != own), *((own,) if node.id in chosen else ())),
            )
            for node in routing_tree()
        ]

    def _values(self, channel: str) -> dict[str, str]:
        """What was typed, and the stored secrets for which nothing was: neither a value, nor one that it excludes, nor
        that it be removed."""
        kept = stored_secrets(self.instance) if self.initial.get("channel") == channel else {}
        fields = CHANNELS[channel].fields
        typed = {field.name: self.cleaned_data[form_field(channel, field.name)] for field in fields}
        for field in fields:
            if typed.get(field.excludes) or self.data.get(removal(form_field(channel, field.name))):
                kept.pop(field.name, None)
            elif self._moved(field, typed) and kept.pop(field.name, "") and not typed[field.name]:
                self.asked_again[field.name] = f"Enter it again, since it would be sent to another {field.sent_to}."
        return {name: value or kept.get(name, "") for name, value in typed.items()}

    def _moved(self, field: ChannelField, typed: Mapping[str, str]) -> bool:
        return bool(field.sent_to) and typed[field.sent_to] != self.instance.settings.get(field.sent_to, "")


def _channel_fields() -> dict[str, forms.Field]:
    """A field of the form for each field of each channel."""
    made: dict[str, forms.Field] = {}
    for channel in CHANNELS.values():
        for field in channel.fields:
            hidden = SecretInput(attrs={"autocomplete": "new-password", "class": "vTextField"})
            made[form_field(channel.name, field.name)] = forms.CharField(
                required=False,
                label=field.label,
                help_text=field.help,
                max_length=2000,
                widget=hidden if field.secret else forms.TextInput(attrs={"class": "vTextField"}),
            )
    return made


# Declared from the registry, so that a new channel needs no line here.
TargetForm.declared_fields.update(_channel_fields())
TargetForm.base_fields.update(TargetForm.declared_fields)
