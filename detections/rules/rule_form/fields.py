"""The fields of the rule form: labels, choices, help texts. `spec.form_fields` converts them."""

from __future__ import annotations

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from detections.rules.matching.places import environment_choices, project_choices
from detections.rules.rule_form.choices import (
    CHECK_CHOICES,
    GROUP_CHOICES,
    KIND_CHOICES,
    LEVEL_CHOICES,
    PART_CHOICES,
    SEVERITY_CHOICES,
)
from detections.rules.rule_form.place_select import PlaceSelect
from detections.rules.rule_form.rows.field import InlineRowsField
from detections.rules.rule_form.rows.inputs import NameInput
from detections.rules.rule_form.rows.row_forms import (
    SOURCES,
    CalledOwnerRow,
    FixtureRow,
    GuardrailRow,
    LabelRow,
    SignatureRow,
    SourceRow,
    TagRow,
    VariableGlobRow,
)

WIDE = forms.TextInput(attrs={"size": 90})


def marked(text: str) -> SafeString:
    """A help text in which `text in backquotes` is shown as code."""
    parts = enumerate(text.split("`"))
    return format_html_join("", "{}", ((format_html("<code>{}</code>", p) if i % 2 else p,) for i, p in parts))


class NameAndSelectorFields(forms.Form):
    """What the rule is called, and which events it counts."""

    title = forms.CharField(
        max_length=200, widget=WIDE, label="Name", help_text="What it detects, in one line: the title of its alerts."
    )
    category = forms.CharField(
        max_length=40, required=False, help_text="Groups rules in lists; notification policies route by it."
    )
    owner = forms.CharField(
        max_length=100,
        required=False,
        widget=NameInput("owner"),
        help_text="Keeps the rule right, and is called first unless Escalation below names somebody.",
    )
    project = forms.CharField(
        max_length=100,
        required=False,
        widget=PlaceSelect(project_choices),
        help_text="Every project: those to come, too.",
    )
    environment = forms.CharField(
        max_length=100,
        required=False,
        widget=PlaceSelect(environment_choices),
        help_text="Its aliases are counted with it.",
    )
    route = forms.CharField(
        max_length=300,
        required=False,
        help_text="As under Routes; * stands for anything, slashes too: /api/orders/*. A method or host is taken off. "
        "Empty: every route.",
    )
    levels = forms.MultipleChoiceField(
        choices=LEVEL_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        help_text="Which events count. Error and fatal: warnings and below would hide what fails.",
    )
    exception_type = forms.CharField(
        max_length=300,
        required=False,
        widget=NameInput("exception"),
        label="Exception",
        help_text="Its exact class, e.g. RuntimeError. Empty: any, so that nothing new is missed.",
    )
    message_contains = forms.CharField(
        max_length=300, required=False, help_text="A part of it; case does not matter. Empty: any."
    )
    tags = InlineRowsField(
        TagRow,
        "tag",
        help_text="Tags that events must carry, each with exactly this value.",
        empty="Events count whatever their tags.",
    )
    status_class = forms.ChoiceField(
        choices=[("", "Handled or not"), ("5xx", "Only those that nothing handled (answered 5xx)")],
        required=False,
        label="Handling",
        help_text="Both count unless you choose: what was handled and reported failed too.",
    )
    sources = InlineRowsField(
        SourceRow,
        "source",
        most=len(SOURCES) - 1,
        label="Sources",
        help_text="Where counts come from, in order: the rule uses the first whose prerequisites are signed off and "
        "which delivers. Counts of two sources are never added.",
        empty="A rule needs a source.",
    )
    group_by = forms.ChoiceField(
        choices=GROUP_CHOICES,
        required=False,
        label="Counted apart",
        help_text="What has a usual week and an alert of its own. Each route: a busy one does not hide a quiet one.",
    )


class OtherKindFields(forms.Form):
    """What the rules that do not count read, and how severe it is."""

    kinds = forms.MultipleChoiceField(
        choices=KIND_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="What is wrong",
        help_text="None chosen: anything that reports show. What is overdue is of checklists, and has to be chosen.",
    )
    variables = InlineRowsField(
        VariableGlobRow,
        "variable",
        help_text=marked("Names of variables, or globs such as `SENTRY_*`."),
        empty="Every variable, and the report as a whole.",
    )
    finding_critical = forms.ChoiceField(
        choices=SEVERITY_CHOICES,
        required=False,
        label="Severity of a critical finding",
        help_text="Critical: it breaks what the checklist protects.",
    )
    finding_warning = forms.ChoiceField(
        choices=SEVERITY_CHOICES,
        required=False,
        label="Severity of a warning",
        help_text="Medium: it is allowed for now and pages nobody.",
    )
    finding_info = forms.ChoiceField(
        choices=SEVERITY_CHOICES,
        required=False,
        label="Severity of a note",
        help_text="Nothing: it is only told on pages.",
    )
    error_slots = forms.IntegerField(
        min_value=1,
        max_value=60,
        initial=3,
        label="Failed minutes in a row",
        help_text="1 to 60. 3: one or two may be a restart.",
    )
    error_severity = forms.ChoiceField(
        choices=SEVERITY_CHOICES[1:],
        initial="high",
        label="Severity",
        help_text="High: a blind rule is as grave as what it would have seen.",
    )
    checks = forms.MultipleChoiceField(
        choices=CHECK_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="What is checked",
        help_text="None chosen: everything.",
    )
    check_minutes = forms.IntegerField(
        min_value=1, max_value=60, initial=5, label="Minutes looked at", help_text="The last 1 to 60 minutes."
    )
    check_severity = forms.ChoiceField(
        choices=SEVERITY_CHOICES[1:], initial="high", label="Severity", help_text="High: errors are not seen apart."
    )
    self_checks = forms.MultipleChoiceField(
        choices=PART_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Which work",
        help_text="None chosen: all of it.",
    )
    self_severity = forms.ChoiceField(
        choices=SEVERITY_CHOICES[1:],
        initial="critical",
        label="Severity",
        help_text="Critical: while it lasts, nobody is told of anything else.",
    )


class AnswerFields(forms.Form):
    """How long it takes to fire and to end, who answers, what it is for, and why it is changed."""

    for_minutes = forms.IntegerField(
        min_value=0,
        max_value=1440,
        label="Fires after (minutes)",
        help_text="How long it must hold first. 0: at once, as the counts above already need several errors.",
    )
    keep_firing_minutes = forms.IntegerField(
        min_value=0,
        max_value=1440,
        label="Ends after (minutes)",
        help_text="How long it must be quiet before the alert resolves. 5: a pause is no end.",
    )
    signatures = InlineRowsField(
        SignatureRow,
        "signature",
        most=60,
        help_text="Known failures, each recognised by one pattern or several, all of which must match. The first that "
        "matches names cause and owner; one with a severity fires by itself.",
        empty="None: alerts name no cause.",
    )
    escalation = InlineRowsField(
        CalledOwnerRow,
        "owner",
        label="Escalation",
        help_text="Whom to call: the first without a “when” answers first, the others are called when it says so.",
        empty="Nobody is named: the owner of the rule answers.",
    )
    guardrails = InlineRowsField(
        GuardrailRow,
        "guardrail",
        help_text="What not to do with this rule, shown before every change.",
        empty="None.",
    )
    labels = InlineRowsField(
        LabelRow, "label", help_text="For people and for notification policies, which can match them.", empty="None."
    )
    fixtures = InlineRowsField(
        FixtureRow,
        "fixture",
        help_text="What proves the rule: inputs that must fire it and inputs that must not.",
        empty="None: nothing proves that the rule detects what it is for.",
    )
    documentation = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "cols": 100}),
        help_text="Markdown: what it is for, and what to do when it fires. Read on the rule's page and at its alerts.",
    )
    expected_false_positives_per_week = forms.FloatField(
        min_value=0,
        required=False,
        label="False alarms expected a week",
        help_text="Over all that is counted apart; shown beside the measured number. Empty: nobody knows yet.",
    )
    expected_false_positives_note = forms.CharField(
        max_length=300, required=False, label="Where that comes from", help_text="A simulation, a week of shadow."
    )
    claimed_validation = forms.CharField(
        max_length=10,
        required=False,
        label="Validated elsewhere on",
        help_text="YYYY-MM-DD; shown as claimed until its fixtures pass here.",
    )
    parent = forms.CharField(
        max_length=100,
        required=False,
        widget=NameInput("parent"),
        label="Wider rule",
        help_text="The name of the rule that is kept quiet while this one fires, e.g. DET-OPS-002. Empty: none.",
    )
    reason = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 100}),
        label="Why you change it",
        help_text="Kept with the version. Optional, unless a guardrail of the rule asks for it.",
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
