"""The fields of the rule form that say when counts make a rule fire."""

from __future__ import annotations

from django import forms

from detections.rules.rule_form.chance_field import ChanceField
from detections.rules.rule_form.choices import FLOOR_CHOICES, METHOD_CHOICES, RULE_KINDS


class CountingFields(forms.Form):
    """When counts make the rule fire."""

    kind = forms.ChoiceField(
        choices=RULE_KINDS,
        widget=forms.RadioSelect,
        label="What it watches",
        help_text="Most rules count errors; the last four watch configuration and this console.",
    )
    window_minutes = forms.IntegerField(
        min_value=1,
        max_value=30,
        label="Minutes",
        help_text="Any stretch of so many minutes, 1 to 30. 5: long enough to tell a burst from one error.",
    )
    floor_medium = forms.IntegerField(
        min_value=1,
        required=False,
        label="Medium from",
        help_text="Empty: never medium. Policies usually send no message for it.",
    )
    floor_high = forms.IntegerField(
        min_value=1,
        required=False,
        label="High from",
        help_text="More than for medium. 3: one error may be chance. Empty: never high.",
    )
    floor_critical = forms.IntegerField(
        min_value=1,
        required=False,
        label="Critical from",
        help_text="More than for high. 10: many users are affected. Empty: never critical.",
    )
    floor_mode = forms.ChoiceField(
        choices=FLOOR_CHOICES,
        widget=forms.RadioSelect,
        label="Once a week of counts is known",
        help_text="Until then the counts above decide alone. The first is the default: it pages least.",
    )
    method = forms.ChoiceField(
        choices=METHOD_CHOICES,
        label="How unusual is judged",
        help_text="Errors come in clusters, so the first has the fewest false alarms in our simulations.",
    )
    k = forms.FloatField(
        min_value=1,
        max_value=20,
        label="Standard deviations",
        help_text="Above the mean of the hour, 1 to 20. 3 is customary; on quiet routes it fires often.",
    )
    alpha = ChanceField(
        label="Chance of an unusual window",
        help_text="A window is unusual when chance makes one like it less often. 0.00135 is once in 741 windows, the "
        "customary 3 standard deviations.",
    )
    high_alpha = ChanceField(
        label="Chance of a window that is high by itself",
        help_text="So rare that one window is enough. 0.00001: once in 100,000, about once a year and route.",
    )
    hour_alpha = ChanceField(
        label="Chance of an hour that is high",
        help_text="For slow burns: the last 60 minutes are as rare as this. 0.0001: once in 10,000.",
    )
    early_from_hours = forms.IntegerField(
        min_value=24,
        max_value=168,
        required=False,
        label="Compare already after (hours)",
        help_text="24 to 168 observed hours. Empty: after a week, so that each hour of the day was seen seven times.",
    )
    alarms_per_week = forms.FloatField(
        required=False,
        label="False alarms a week",
        help_text="How many chance may make, over all that is counted apart; replaces the first chance above. Empty: "
        "the chance as given.",
    )
