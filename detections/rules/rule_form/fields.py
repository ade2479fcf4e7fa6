"""The fields of the rule form: labels, choices, help texts. `spec.form_fields` converts them."""

from __future__ import annotations

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from detections.rules.spec.conditions.console_health import CHECKS
from detections.rules.spec.conditions.self_check import SELF_CHECKS
from detections.rules.spec.schema import CHOICES

LEVEL_CHOICES = [(level, level.capitalize()) for level in CHOICES["levels"]]
GROUP_CHOICES = [
    ("route", "Each route by itself"),
    ("prefix", "All routes of the glob together"),
    ("issue", "Each issue by itself"),
    ("variable", "Each variable of a deployment by itself"),
    ("rule", "Each rule by itself"),
    ("check", "Each check of the console by itself"),
    ("part", "Each part of the console by itself"),
    ("none", "Everything together"),
]
METHOD_CHOICES = [
    ("nb_tail", "Negative-binomial tail (for errors that cluster)"),
    ("poisson_tail", "Poisson tail (false alarms where errors cluster)"),
    ("mu_plus_k_sigma", "Mean plus k sigma (false alarms on quiet routes)"),
]
FLOOR_CHOICES = [
    ("gated", "Until the baseline is established; then only what is unusual"),
    ("always", "Always, beside the baseline"),
]


KIND_CHOICES = [(kind, kind.replace("_", " ").capitalize()) for kind in CHOICES["kinds"]]
SEVERITY_CHOICES = [("", "Nothing"), *((severity, severity.capitalize()) for severity in CHOICES["severity"])]

WIDE = forms.TextInput(attrs={"size": 90})


def marked(text: str) -> SafeString:
    """A help text in which `text in backquotes` is shown as code."""
    parts = enumerate(text.split("`"))
    return format_html_join("", "{}", ((format_html("<code>{}</code>", p) if i % 2 else p,) for i, p in parts))


class YamlField(forms.CharField):
    """A list or mapping as YAML text."""

    def __init__(self, rows: int, help_text: str) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "cols": 100, "spellcheck": "false"})
        super().__init__(required=False, widget=widget, help_text=marked(help_text), strip=False)


class NameAndSelectorFields(forms.Form):
    """What the rule is called, and which events it counts."""

    title = forms.CharField(max_length=200, widget=WIDE, help_text="What it detects, in one line.")
    category = forms.CharField(max_length=40, required=False, help_text="Groups rules in lists; alerts route by it.")
    owner = forms.CharField(max_length=100, required=False, help_text="Who keeps the rule right.")
    project = forms.CharField(max_length=100, required=False, help_text="Slug of one project. Empty: every project.")
    environment = forms.CharField(
        max_length=100, required=False, help_text="Slug of one environment (prod, not production). Empty: every one."
    )
    route = forms.CharField(
        max_length=300, required=False, help_text="Glob over routes, e.g. /api/beta/preview/*; * crosses slashes."
    )
    levels = forms.MultipleChoiceField(
        choices=LEVEL_CHOICES, widget=forms.CheckboxSelectMultiple, help_text="Levels of the events that count."
    )
    exception_type = forms.CharField(max_length=300, required=False, help_text="Exact class, e.g. RuntimeError.")
    message_contains = forms.CharField(max_length=300, required=False, help_text="Text in the message, in any case.")
    tags = YamlField(2, "Tags that events must carry, as YAML: `component: solver`.")
    status_class = forms.ChoiceField(
        choices=[("", "Any"), ("5xx", "5xx: errors that nothing handled")], required=False, help_text="Class of status."
    )
    sources = YamlField(
        5,
        "Where counts come from, in order; the rule uses the first whose prerequisites are signed off and which "
        "delivers. As YAML: `- source: sentry` with `prerequisites: [flag:NAME, var:NAME, var:APP/NAME, item:KEY, "
        "section:SLUG]`.",
    )
    group_by = forms.ChoiceField(choices=GROUP_CHOICES, help_text="What has a baseline and an alert of its own.")


class CountingFields(forms.Form):
    """When counts make the rule fire."""

    counts = forms.BooleanField(
        required=False, label="Fires by count", help_text="Off: only signatures fire; the fields below do not matter."
    )
    window_minutes = forms.IntegerField(min_value=1, max_value=30, help_text="Length of the counted window, 1 to 30.")
    floor_medium = forms.IntegerField(min_value=1, required=False, help_text="Errors in a window. Empty: never medium.")
    floor_high = forms.IntegerField(min_value=1, required=False, help_text="More than medium. Empty: never high.")
    floor_critical = forms.IntegerField(min_value=1, required=False, help_text="More than high. Empty: never critical.")
    floor_mode = forms.ChoiceField(choices=FLOOR_CHOICES, label="Floors apply", help_text="When the counts decide.")
    method = forms.ChoiceField(choices=METHOD_CHOICES, help_text="How a count is compared with its week.")
    k = forms.FloatField(min_value=1, max_value=20, help_text="For mean plus k sigma: how many standard deviations.")
    alpha = forms.FloatField(help_text="For the tails: chance below which a window is unusual; 0.00135 is 3 sigma.")
    high_alpha = forms.FloatField(help_text="Chance below which a single window is high by itself.")
    hour_alpha = forms.FloatField(help_text="Chance below which the last 60 minutes make an unusual window high.")
    early_from_hours = forms.IntegerField(
        min_value=24, max_value=168, required=False, help_text="Compare after so many observed hours. Empty: a week."
    )
    alarms_per_week = forms.FloatField(
        required=False, help_text="Chance alarms a week over all scopes; sets alpha by itself. Empty: alpha as above."
    )


class OtherKindFields(forms.Form):
    """What the rules that do not count read, and how severe it is."""

    reads_reports = forms.BooleanField(
        required=False,
        label="Fires by configuration reports",
        help_text="Instead of counting. Needs the one source config, and variables as groups.",
    )
    kinds = forms.MultipleChoiceField(
        choices=KIND_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What must be wrong. None chosen: anything.",
    )
    variables = YamlField(2, "Globs over names of variables, as YAML list: `- SENTRY_*`. Empty: every one.")
    finding_critical = forms.ChoiceField(choices=SEVERITY_CHOICES, required=False, help_text="Of critical findings.")
    finding_warning = forms.ChoiceField(choices=SEVERITY_CHOICES, required=False, help_text="Of warnings.")
    finding_info = forms.ChoiceField(choices=SEVERITY_CHOICES, required=False, help_text="Of notes.")
    watches_rules = forms.BooleanField(
        required=False,
        label="Fires by rules that cannot be judged",
        help_text="Instead of counting. Needs the one source console, and rules as groups.",
    )
    error_slots = forms.IntegerField(
        min_value=1, max_value=60, initial=3, help_text="So many slots in a row ended in an error, 1 to 60."
    )
    error_severity = forms.ChoiceField(choices=SEVERITY_CHOICES[1:], initial="high", help_text="Severity of the alert.")
    watches_console = forms.BooleanField(
        required=False,
        label="Fires by what this console cannot see",
        help_text="Instead of counting. Needs the one source console, and checks as groups.",
    )
    checks = forms.MultipleChoiceField(
        choices=list(CHECKS.items()), required=False, help_text="What is checked. None: everything."
    )
    check_minutes = forms.IntegerField(min_value=1, max_value=60, initial=5, help_text="Minutes looked at, 1 to 60.")
    check_severity = forms.ChoiceField(choices=SEVERITY_CHOICES[1:], initial="high", help_text="Severity of the alert.")
    watches_itself = forms.BooleanField(
        required=False,
        label="Fires by what this console no longer does",
        help_text="Instead of counting. Needs the one source console, and parts of the console as groups.",
    )
    self_checks = forms.MultipleChoiceField(
        choices=[(name, f"{text[:1].upper()}{text[1:]}") for name, text in SELF_CHECKS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Parts checked",
        help_text="What is checked. None: everything.",
    )
    self_severity = forms.ChoiceField(
        choices=SEVERITY_CHOICES[1:], initial="critical", label="Severity", help_text="Severity of the alert."
    )


class AnswerFields(forms.Form):
    """How long it takes to fire and to end, who answers, what it is for, and why it is changed."""

    for_minutes = forms.IntegerField(min_value=0, max_value=1440, help_text="How long it must hold before it fires.")
    keep_firing_minutes = forms.IntegerField(
        min_value=0, max_value=1440, help_text="How long it must have cleared before the alert resolves."
    )
    signatures = YamlField(
        16,
        "Known failures, as YAML. Each has name, cause, owner and one or more of exception, logger, message, place; "
        "exception and message may also be those of a cause that was wrapped, `place: beta_token_verifier` is looked "
        "for in module and function of the frames. Optional: "
        "syntax (substring, regex), times and minutes (3 in 5), severity (then it fires by itself), or "
        "`unreported: true` for router 5xx without an event. The first that matches names the cause.",
    )
    escalation = YamlField(6, "Whom to call, as YAML: `- owner: sre-agent`, others with `when:`.")
    guardrails = YamlField(
        6,
        "What not to do, in whole sentences, as YAML: `- text: Do not …`; "
        "`enforce: no_tuning_before_baseline` makes this form ask for a reason.",
    )
    labels = YamlField(2, "Labels for people, on which nothing depends, as YAML: `surface: beta`.")
    fixtures = YamlField(4, "Names of fixtures that prove the rule, as YAML list.")
    documentation = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "cols": 100}),
        help_text="Markdown: what it is for, and what to do when it fires.",
    )
    expected_false_positives_per_week = forms.FloatField(min_value=0, required=False, help_text="Over all scopes.")
    expected_false_positives_note = forms.CharField(max_length=300, required=False, help_text="Where that comes from.")
    claimed_validation = forms.CharField(
        max_length=10,
        required=False,
        help_text="YYYY-MM-DD, from elsewhere; shown as claimed until fixtures pass here.",
    )
    parent = forms.CharField(
        max_length=100, required=False, help_text="Identifier of the wider rule that is inhibited while this one fires."
    )
    reason = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 100}),
        help_text="Why you change it; kept with the version. A guardrail may ask for it.",
    )
