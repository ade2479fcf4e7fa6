"""How the form is laid out: the groups below Advanced, which of them are open, and which kind of rule has what."""

from __future__ import annotations

from dataclasses import dataclass

from django.forms.boundfield import BoundField

from detections.rules.rule_form.choices import RULE_KINDS, belongs
from detections.rules.rule_form.form import RuleForm
from detections.rules.spec import form_fields


@dataclass(frozen=True)
class PlacedField:
    """A field with the kinds of rules that have it; `kinds` is '' where all have."""

    field: BoundField
    kinds: str

    @property
    def refused(self) -> bool:
        return bool(self.field.errors)


@dataclass(frozen=True)
class FieldGroup:
    """Fields below a heading that folds. It is open where a value is not the default or was refused."""

    slug: str
    title: str
    why: str
    fields: tuple[PlacedField, ...]
    open: bool

    @property
    def kinds(self) -> str:
        """The kinds of rules that have any of the fields; '' for all."""
        if not all(each.kinds for each in self.fields):
            return ""
        return " ".join(dict.fromkeys(kind for each in self.fields for kind in each.kinds.split()))

    @property
    def refused(self) -> bool:
        return any(each.refused for each in self.fields)


WATCHED = (
    ("kinds", "variables", "finding_critical", "finding_warning", "finding_info"),
    ("error_slots", "error_severity"),
    ("checks", "check_minutes", "check_severity"),
    ("self_checks", "self_severity"),
    ("probe_targets", "probe_checks", "probe_severities", "probe_severity"),
)
ADVANCED = (
    (
        "events",
        "Only some of these errors",
        "Everything that fails counts, unless this says otherwise.",
        ("levels", "exception_type", "message_contains", "tags", "status_class"),
    ),
    (
        "apart",
        "What is counted apart",
        "Each part has its own usual week, and its own alert.",
        ("group_by",),
    ),
    (
        "usual",
        "What counts as more than usual",
        "The defaults page least in simulations of quiet and of busy routes.",
        ("method", "k", "alpha", "high_alpha", "hour_alpha", "early_from_hours", "alarms_per_week"),
    ),
    (
        "lasting",
        "How long it has to last",
        "Before an alert opens, and before it ends.",
        ("for_minutes", "keep_firing_minutes"),
    ),
    (
        "sources",
        "Where counts come from, and what has to be set up first",
        "Without prerequisites the rule is active as soon as events come.",
        ("sources",),
    ),
    (
        "signatures",
        "Known failures",
        "What is known to go wrong: its cause and whom to call, told with the alert.",
        ("signatures",),
    ),
    (
        "answer",
        "Whom to call, and what not to do",
        "The owner is called where nobody is named here.",
        ("escalation", "guardrails", "labels", "parent"),
    ),
    (
        "about",
        "What it is for, and how it is proved",
        "For whoever gets its alert at night.",
        (
            "documentation",
            "fixtures",
            "expected_false_positives_per_week",
            "expected_false_positives_note",
            "claimed_validation",
        ),
    ),
)


def advanced(form: RuleForm) -> list[FieldGroup]:
    """The groups below Advanced."""
    return [
        FieldGroup(slug, title, why, tuple(placed(form, name) for name in names), any(_open(form, n) for n in names))
        for slug, title, why, names in ADVANCED
    ]


def watched(form: RuleForm) -> list[PlacedField]:
    """The fields of the kinds that do not count errors."""
    return [placed(form, name) for names in WATCHED for name in names]


def placed(form: RuleForm, name: str) -> PlacedField:
    """A field with the kinds of rules that have it."""
    kinds = [kind for kind, _ in RULE_KINDS if belongs(name, kind)]
    return PlacedField(form[name], "" if len(kinds) == len(RULE_KINDS) else " ".join(kinds))


def context(form: RuleForm) -> dict[str, object]:
    """What the template of the form needs beside it."""
    guardrails = [guardrail.text for guardrail in form.old.guardrails] if form.old else []
    return {
        "form": form,
        "groups": advanced(form),
        "watched": watched(form),
        "guardrails": guardrails,
        "edited": form.instance if form.instance.pk else None,
    }


def _open(form: RuleForm, name: str) -> bool:
    field, bound = form.fields[name], form[name]
    default = form_fields.to_fields(form_fields.NEW)[name]
    if bound.errors:
        return True
    if not form.is_bound:
        return bool((form.initial.get(name) or None) != (default or None))
    return bool(field.has_changed(default, bound.data))
