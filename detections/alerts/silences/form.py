"""The form of a silence: what it hides, for how long, why; and the draft that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms

from detections.alerts.routing.matchers import LABEL, SILENCE_KEYS
from detections.alerts.routing.time_windows import DAY_NAMES, WeeklyWindow
from detections.alerts.silences.draft import REASON_LENGTH, SilenceDraft, in_utc, problems, start_problem
from detections.alerts.silences.matcher_text import TextError, labels_from, labels_text, words_from, words_text
from detections.rules.silence_models import Silence

LOCAL, SPACED = "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"
CUSTOM, MORNING = "custom", "morning"
OF_MUTES_FIXED = ("starts_at", "weekdays", "window_start", "window_end", "zone", "labels")
LENGTHS = {"30": "30 minutes", "120": "2 hours", MORNING: "Until tomorrow, 9:00", CUSTOM: "Until the end below"}


def _matcher(key: str, help_text: str = "") -> forms.CharField:
    """A line of words, completed by what there is."""
    widget = forms.TextInput(attrs={"list": f"known-{key}", "autocomplete": "off"})
    return forms.CharField(required=False, widget=widget, help_text=help_text, max_length=4000)


def _time(label: str, help_text: str = "") -> forms.DateTimeField:
    """A wall clock of the author's zone; the form reads it as UTC."""
    widget = forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"})
    return forms.DateTimeField(
        required=False, label=label, widget=widget, help_text=help_text, input_formats=[LOCAL, f"{LOCAL}:%S", SPACED]
    )


class SilenceForm(forms.Form):
    """A silence as its author writes it, in the author's zone. Valid: `draft` can be kept."""

    length = forms.ChoiceField(choices=list(LENGTHS.items()), initial="30", label="For", widget=forms.RadioSelect)
    ends_at = _time("End")
    starts_at = _time("Start", "Empty: now.")
    reason = forms.CharField(
        max_length=REASON_LENGTH,
        widget=forms.TextInput(attrs={"autofocus": True}),
        help_text="Others read it on each alert that is hidden.",
        error_messages={"required": "Say why, so that others know what they do not hear of."},
    )
    rule = _matcher("rule", "e.g. DET-BETA-*")
    category = _matcher("category")
    severity = _matcher("severity", "A silence of lower severities lets a rise through.")
    project = _matcher("project")
    environment = _matcher("environment")
    group = _matcher("group", "Route or other group; separate several by a comma and a space.")
    labels = _matcher("label", "Of the rule, e.g. team=solver")
    tag = _matcher("tag", "Given by policies, e.g. needs-triage")
    weekdays = forms.TypedMultipleChoiceField(
        choices=list(enumerate(DAY_NAMES)),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Only on",
        help_text="For one that recurs: the days on which its hours begin. It still has an end.",
    )
    window_start = forms.CharField(required=False, max_length=5, label="From", help_text="HH:MM")
    window_end = forms.CharField(required=False, max_length=5, label="To", help_text="HH:MM; 24:00 is midnight.")
    zone = _matcher("zone")
    confirm_all = forms.BooleanField(required=False, label="Yes, hide every alert of this console")

    draft: SilenceDraft

    def __init__(
        self,
        data: Any = None,
        *,
        zone: str,
        now: datetime,
        like: Silence | None = None,
        same: bool = False,
        start: Mapping[str, str] | None = None,
    ) -> None:
        """`like` gives the first values, with its times if it is the `same` that is changed; `start` goes before it."""
        self.author_zone, self.now = _zone(zone), now
        of_like = _initial(like, self.author_zone, times=same) if like else {}
        self.mutes = same and like is not None and like.rule_id is not None  # only end and reason change
        super().__init__(data, initial={"zone": self.author_zone.key, **of_like, **(start or {})})
        for name in [*OF_MUTES_FIXED, *SILENCE_KEYS] if self.mutes else []:
            self.fields[name].disabled = True

    def clean_starts_at(self) -> datetime:
        """In UTC; of a mute, whose start stays as it is, the present."""
        start = self._local(self.cleaned_data["starts_at"])
        if start is None or self.mutes:
            return self.now
        if sentence := start_problem(start, self.now):
            raise forms.ValidationError(sentence)
        return start

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        matchers = self._matchers(data)
        if self.errors:
            return data
        start, end = data["starts_at"], self._end(data)
        if end is None:
            self.add_error("ends_at", "A silence has an end: choose a length, or write when it ends.")
            return data
        self.draft = SilenceDraft(
            matchers, start, end, data["reason"], self._window(data), confirmed=data["confirm_all"]
        )
        for name, messages in problems(self.draft, self.now).items():
            self.add_error(name if name in self.fields else None, messages)
        return data

    @property
    def asks(self) -> bool:
        """Whether it asks to confirm that every alert is to be hidden."""
        return self.is_bound and "confirm_all" in self.errors

    def matchers_now(self) -> dict[str, list[str]]:
        """The matchers as far as they are understood, whatever else is wrong: for a preview."""
        values = {name: str(self[name].value() or "") for name in (*SILENCE_KEYS, "labels")}
        found = {key: words for key in SILENCE_KEYS if (words := words_from(values[key], key))}
        with suppress(TextError):
            found |= labels_from(values["labels"])
        return found

    def _matchers(self, data: Mapping[str, Any]) -> dict[str, list[str]]:
        found = {key: words for key in SILENCE_KEYS if (words := words_from(data.get(key, ""), key))}
        try:
            return {**found, **labels_from(data.get("labels", ""))}
        except TextError as error:
            self.add_error("labels", str(error))
            return found

    def _end(self, data: Mapping[str, Any]) -> datetime | None:
        length = data.get("length", CUSTOM)
        start = max(data["starts_at"], self.now)
        if length == CUSTOM:
            return self._local(data.get("ends_at"))
        return tomorrow(start, self.author_zone) if length == MORNING else start + timedelta(minutes=int(length))

    def _window(self, data: Mapping[str, Any]) -> WeeklyWindow | None:
        start, end = data.get("window_start", ""), data.get("window_end", "")
        if not (data["weekdays"] or start or end):
            return None
        return WeeklyWindow("", data.get("zone") or self.author_zone.key, frozenset(data["weekdays"]), start, end)

    def _local(self, value: datetime | None) -> datetime | None:
        """The wall clock of the author's zone, which the form reads as UTC, in UTC; in that zone if it is far away."""
        local = value.replace(tzinfo=self.author_zone) if value else None
        return local and (in_utc(local, self.now) or local)


def tomorrow(moment: datetime, zone: ZoneInfo) -> datetime:
    """Nine o'clock on the next day of the zone."""
    return datetime.combine(moment.astimezone(zone).date() + timedelta(days=1), time(9), zone)


def as_fields(matchers: Mapping[str, Any]) -> dict[str, str]:
    """The values of the form's fields for matchers."""
    words = {key: words_text(each) for key, each in matchers.items() if not key.startswith(LABEL)}
    return {**words, "labels": labels_text(matchers)}


def _initial(silence: Silence, zone: ZoneInfo, *, times: bool) -> dict[str, Any]:
    plain = {name: getattr(silence, name) for name in ("reason", "weekdays", "window_start", "window_end")}
    hours = {"zone": silence.zone} if silence.zone else {}
    values = {**as_fields(silence.matchers), **plain, **hours}
    if not times:
        return values
    local = {name: getattr(silence, name).astimezone(zone).replace(tzinfo=None) for name in ("starts_at", "ends_at")}
    return {**values, **local, "length": CUSTOM}


def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name if name in available_timezones() else "UTC")
