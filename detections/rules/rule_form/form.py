"""The form of a rule, on its page and in the admin: reads a version's content, checks what was entered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import cached_property

from detections.rules.active_rules import spec_of
from detections.rules.lifecycle.publish import guardrail_asking_for_reason
from detections.rules.lifecycle.references import unknown_names
from detections.rules.models import Rule, RuleVersion
from detections.rules.rule_form import identifiers
from detections.rules.rule_form.chance_field import ChanceField
from detections.rules.rule_form.counting_fields import CountingFields
from detections.rules.rule_form.fields import AnswerFields, NameAndSelectorFields, OtherKindFields
from detections.rules.spec import form_fields
from detections.rules.spec.schema import IDENTIFIER_ALLOWED, RuleSpec, SpecError, decode, is_identifier
from opsconsole.lib.text.humanize import utc

NOT_CONTENT = ("identifier", "reason", "version")


@dataclass(frozen=True)
class EditConflict:
    """Somebody saved `theirs` after the form was opened on `base` (None where there is no such version)."""

    base: RuleVersion | None
    theirs: RuleVersion

    @property
    def sentence(self) -> str:
        who, when = self.theirs.author_name or "Somebody", utc(self.theirs.created_at)
        return (
            f"{who} saved version {self.theirs.number} at {when}, while this form was open. What you entered is still "
            "here: compare below, then save again to put it in the place of theirs."
        )


class RuleForm(NameAndSelectorFields, CountingFields, OtherKindFields, AnswerFields, forms.ModelForm[Rule]):
    """A new version of a rule. `form_fields` converts between content and fields; `spec.decode` checks the content."""

    spec: RuleSpec  # once valid; also where only name, reason or version were refused
    conflict: EditConflict | None = None

    class Meta:
        model = Rule
        fields = ("identifier",)
        help_texts = {
            "identifier": "Stands in alerts, addresses and policies, and stays for ever. Empty: the next free one that "
            "fits the name, as DET-ORDERS-001."
        }

    def __init__(self, *args: Any, saving: bool = True, **kwargs: Any) -> None:
        """Where it is not `saving`, only the content is checked: the rule's name and the reason are not."""
        super().__init__(*args, **kwargs)
        self.current = self.instance.current if self.instance.pk else None
        self.old = spec_of(self.current)
        self.unreadable = self.current is not None and self.old is None
        shown = form_fields.to_fields(self.old or form_fields.NEW)
        if self.old is None:
            shown["title"] = self.instance.title
        self.initial = {**shown, "version": self.current.number if self.current else 0, **self.initial}
        for name, field in self.fields.items():
            if isinstance(field, ChanceField):
                field.same_as = self.initial.get(name)
        self.fields["identifier"].required = bool(self.instance.pk)
        self.saving = saving
        if not saving:
            del self.fields["identifier"]

    @property
    def sentence_fields(self) -> list[BoundField]:
        """The fields that stand in sentences, whose errors stand below them."""
        return [self[name] for name in ("floor_high", "window_minutes", "floor_critical", "floor_medium")]

    @property
    def sentences_refused(self) -> bool:
        return any(field.errors for field in self.sentence_fields)

    @cached_property
    def changed_data(self) -> list[str]:
        """The changed fields, without those that differ only in line ends, blanks around a text or repeated choices."""
        changed: list[str] = super().changed_data
        return [name for name in changed if _plain(self.initial.get(name)) != _plain(self[name].data)]

    def clean_identifier(self) -> str:
        identifier: str = self.cleaned_data["identifier"]
        if self.instance.pk and identifier != self.initial["identifier"]:
            raise forms.ValidationError("A rule keeps its identifier. Copy it to have another one.")
        if not identifier:
            identifier = identifiers.proposal(self.data.get(self.add_prefix("title"), ""))
        if not self.instance.pk and not is_identifier(identifier):
            raise forms.ValidationError(f"Allowed: {IDENTIFIER_ALLOWED}.")
        return identifier

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors.keys() - {*NOT_CONTENT}:
            return data
        try:
            self.spec = decode(form_fields.from_fields(data | self._unchanged()))
        except SpecError as error:
            self.add_error(form_fields.field_of(error.field, error.message), form_fields.in_labels(error))
            return data
        for field, problem in unknown_names(self.spec, self.instance.identifier):
            self.add_error(field, problem)
        if self.saving and self.instance.pk:
            self._check_against_current(data)
        return data

    def _unchanged(self) -> dict[str, Any]:
        """The values of what is as it was shown, exactly as they are stored: a browser sends other line ends, no blanks
        around texts, and lists in the form's order."""
        if self.old is None:
            return {}
        stored = form_fields.to_fields(self.old)
        return {name: value for name, value in stored.items() if name not in self.changed_data}

    def _check_against_current(self, data: dict[str, Any]) -> None:
        """Errors where the form was opened on another version, or where a reason is needed and none is given."""
        number = self.current.number if self.current else 0
        if data.get("version") is None:
            self.add_error(None, "The form does not say which version it was opened on: open it again.")
        elif data["version"] != number and self.current is not None:
            base = RuleVersion.objects.filter(rule=self.instance, number=data["version"]).first()
            self.conflict = EditConflict(base, self.current)
            self.add_error(None, self.conflict.sentence)
        if not data.get("reason", "").strip() and (why := self.why_reason_is_needed()):
            self.add_error("reason", f"Say here why, then save again. {why}")

    def why_reason_is_needed(self) -> str:
        """The sentence that asks for a reason for what was entered; '' where none is needed."""
        if self.unreadable:
            return "This console cannot read the version that yours replaces."
        guardrail = guardrail_asking_for_reason(self.instance, self.old, self.spec) if self.old else None
        return f"A guardrail of this rule asks for it: {guardrail}" if guardrail else ""


def _plain(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return sorted(set(value))  # choices: a browser sends each once
    return "\n".join(value.splitlines()).strip() if isinstance(value, str) else value
