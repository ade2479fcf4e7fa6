"""The form of a rule, on its page and in the admin: reads a version's content, checks what was entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import cached_property

from detections.rules.active_rules import spec_of
from detections.rules.lifecycle.missing_names import refused_names
from detections.rules.lifecycle.publish import guardrail_asking_for_reason
from detections.rules.lifecycle.references import unknown_names
from detections.rules.models import Rule, RuleVersion
from detections.rules.rule_form import identifiers
from detections.rules.rule_form.as_meant import as_meant
from detections.rules.rule_form.chance_field import ChanceField
from detections.rules.rule_form.choices import RULE_KINDS
from detections.rules.rule_form.counting_fields import CountingFields
from detections.rules.rule_form.fields import AnswerFields, NameAndSelectorFields, OtherKindFields
from detections.rules.rule_form.probe_fields import ProbeFields
from detections.rules.rule_form.rows.field import InlineRowsField
from detections.rules.rule_form.rows.refusals import refuse
from detections.rules.spec import form_fields
from detections.rules.spec.schema import IDENTIFIER_ALLOWED, RuleSpec, SpecError, decode, is_identifier
from detections.rules.spec.selector import ERROR_LEVELS
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


class RuleForm(
    NameAndSelectorFields, CountingFields, OtherKindFields, ProbeFields, AnswerFields, forms.ModelForm[Rule]
):
    """A new version of a rule. `form_fields` converts between content and fields; `spec.decode` checks the content."""

    spec: RuleSpec  # once valid; also where only name, reason or version were refused
    conflict: EditConflict | None = None
    notes: Sequence[str] = ()  # on what was read otherwise than it was entered

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
        self._offer_kind(self.initial["kind"])
        self.fields["identifier"].required = bool(self.instance.pk)
        if self.instance.pk:
            self.fields["identifier"].help_text = "Stands in alerts, addresses and policies, and stays for ever."
        self.saving = saving
        if not saving:
            del self.fields["identifier"]

    def _offer_kind(self, kind: str) -> None:
        """Adds the rule's own kind to the choices, where this form has no fields for it: it is kept as it is."""
        field = self.fields["kind"]
        if kind not in dict(RULE_KINDS):
            field.choices = [*RULE_KINDS, (kind, f"{kind.replace('_', ' ').capitalize()}, as it is")]  # type: ignore[attr-defined]

    @property
    def opened_on(self) -> int | str:
        """The number of the version that the form is an edit of: the current one once it was told of it, else the one
        that the form was first opened on, so that a refusal for another reason hides no version saved meanwhile."""
        if not self.is_bound or self.conflict or not self.instance.pk:
            return self.current.number if self.current else 0
        number = self["version"].data
        return number if str(number or "").isdecimal() else 0

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
        return [name for name in changed if self._says_otherwise(name)]

    def _says_otherwise(self, name: str) -> bool:
        if isinstance(self.fields[name], InlineRowsField):
            return True  # it has compared its rows itself
        end = "\n" if isinstance(self.fields[name].widget, forms.Textarea) else ""  # an input of one line joins lines
        return bool(_plain(self.initial.get(name), end) != _plain(self[name].data, end))

    def clean_identifier(self) -> str:
        identifier: str = self.cleaned_data["identifier"]
        if self.instance.pk and identifier != self.initial["identifier"]:
            raise forms.ValidationError("A rule keeps its identifier. Copy it to have another one.")
        if not identifier:
            identifier = identifiers.proposal(self.data.get(self.add_prefix("title"), ""))
        if not self.instance.pk and not is_identifier(identifier):
            raise forms.ValidationError(f"Allowed: {IDENTIFIER_ALLOWED}.")
        return identifier

    def clean_levels(self) -> list[str]:
        """The default levels in their own order, which is not the form's."""
        levels: list[str] = self.cleaned_data["levels"]
        return list(ERROR_LEVELS) if set(levels) == set(ERROR_LEVELS) else levels

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors.keys() - {*NOT_CONTENT}:
            return data
        try:
            values, self.notes = as_meant(data, self.changed_data)
            self.spec = decode(form_fields.from_fields(data | values | self._unchanged(), self.old))
        except SpecError as error:
            self._refuse(error, form_fields.in_labels(error))
            return data
        for field, problem in unknown_names(self.spec, self.instance.identifier):
            self.add_error(field, problem)
        # What a version that cannot be read had is not known: all its names would be new.
        for missing in () if self.unreadable else refused_names(self.spec, self.old):
            self._refuse(SpecError(missing.named.path, missing.sentence), missing.sentence)
        if self.saving and self.instance.pk:
            self._check_against_current(data)
        return data

    def _refuse(self, error: SpecError, message: str) -> None:
        """Adds the error at its row of a list, or else with the message at its field."""
        if not refuse(self, error):
            self.add_error(form_fields.field_of(error.field, error.message), message)

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


def _plain(value: Any, end: str) -> Any:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return sorted(set(value))  # choices: a browser sends each once
    return end.join(value.splitlines()).strip() if isinstance(value, str) else value
