"""The form of a rule, on its page and in the admin: reads a version's content, checks what was entered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import cached_property

from detections.rules.active_rules import spec_of
from detections.rules.lifecycle.publish import guardrail_asking_for_reason
from detections.rules.lifecycle.references import unknown_names
from detections.rules.models import Rule
from detections.rules.rule_form.fields import AnswerFields, CountingFields, NameAndSelectorFields, OtherKindFields
from detections.rules.spec import form_fields
from detections.rules.spec.schema import IDENTIFIER, IDENTIFIER_ALLOWED, RuleSpec, SpecError, decode


class RuleForm(NameAndSelectorFields, CountingFields, OtherKindFields, AnswerFields, forms.ModelForm[Rule]):
    """A new version of a rule. `form_fields` converts between content and fields; `spec.decode` checks the content."""

    spec: RuleSpec

    class Meta:
        model = Rule
        fields = ("identifier",)
        help_texts = {"identifier": "Names the rule for ever, e.g. DET-BETA-003. To rename, save as new."}

    def __init__(self, *args: Any, saving: bool = True, **kwargs: Any) -> None:
        """Where it is not `saving`, only the content is checked: the rule's name and the reason are not."""
        super().__init__(*args, **kwargs)
        if not saving:
            del self.fields["identifier"]
        self.saving = saving
        current = self.instance.current if self.instance.pk else None
        self.old = spec_of(current)
        self.unreadable = current is not None and self.old is None
        self.initial = {**form_fields.to_fields(self.old or form_fields.NEW), **self.initial}
        if self.old is None:
            self.initial |= {"title": self.instance.title, "sources": "- source: sentry\n"}

    @cached_property
    def changed_data(self) -> list[str]:
        """The changed fields, without texts that differ only in the browser's line ends."""
        changed: list[str] = super().changed_data
        return [name for name in changed if _plain(self.initial.get(name)) != _plain(self[name].data)]

    def clean_identifier(self) -> str:
        identifier: str = self.cleaned_data["identifier"]
        if self.instance.pk and identifier != self.initial["identifier"]:
            raise forms.ValidationError("A rule keeps its identifier. Use “Save as new” for another one.")
        if not self.instance.pk and not IDENTIFIER.fullmatch(identifier):
            raise forms.ValidationError(f"Allowed: {IDENTIFIER_ALLOWED}.")
        return identifier

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        try:
            self.spec = decode(form_fields.from_fields(data, self.old))
        except SpecError as error:
            self.add_error(form_fields.field_of(error.field, error.message), form_fields.in_labels(error))
            return data
        for field, problem in unknown_names(self.spec, self.instance.identifier):
            self.add_error(field, problem)
        if self.saving and not data.get("reason", "").strip() and (why := self._why_reason_is_needed()):
            self.add_error("reason", f"Say here why, then save again. {why}")
        return data

    def _why_reason_is_needed(self) -> str:
        if self.unreadable:
            return "This console cannot read the version that yours replaces."
        guardrail = guardrail_asking_for_reason(self.instance, self.old, self.spec) if self.old else None
        return f"A guardrail of this rule asks for it: {guardrail}" if guardrail else ""


def _plain(value: Any) -> Any:
    return "\n".join(value.splitlines()).strip() if isinstance(value, str) else value
