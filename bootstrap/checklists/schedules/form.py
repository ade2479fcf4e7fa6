"""The form of a schedule, with the dates that it would open runs on."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms

from bootstrap.checklists.models import Checklist, RunSchedule
from bootstrap.checklists.schedules.calendar import Period, period_at, upcoming
from bootstrap.checklists.schedules.queries import PREVIEWED
from bootstrap.systems.models import Environment


class _ChecklistField(forms.ModelChoiceField[Checklist]):
    def label_from_instance(self, obj: Checklist) -> str:
        return f"{obj.title} ({obj.system.slug})"


class _EnvironmentField(forms.ModelChoiceField[Environment]):
    def label_from_instance(self, obj: Environment) -> str:
        return obj.path


class ScheduleForm(forms.ModelForm[RunSchedule]):
    """A schedule as its author writes it. The checklist and the environment stay as they are in one that has runs."""

    # Neither is chosen beforehand: the first of each would be a pair that does not fit.
    checklist = _ChecklistField(
        Checklist.objects.filter(versions__isnull=False).select_related("system").distinct().order_by("title"),
        empty_label="Choose a checklist",
    )
    environment = _EnvironmentField(
        Environment.objects.select_related("system").order_by("system__slug", "slug"),
        empty_label="Choose an environment of its system",
    )

    class Meta:
        model = RunSchedule
        fields = (
            *("checklist", "environment", "subject", "every", "unit", "starts_on", "at", "zone"),
            *("due_days", "expires_after", "owner"),
        )
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }
        help_texts: ClassVar[dict[str, str]] = {
            "due_days": "Counted from the start of the period; empty: its last whole day (UTC) before the next one. "
            "A run that is opened later is due that day at the earliest.",
            "owner": "Who sees to it: each run that it opens is theirs.",
        }
        labels: ClassVar[dict[str, str]] = {"every": "Every", "unit": "Unit", "zone": "Zone", "owner": "Owner"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.runs.exists():
            for name in ("checklist", "environment"):
                self.fields[name].disabled = True

    @property
    def values(self) -> dict[str, Any]:
        """The fields by name, once valid."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    @property
    def has_choices(self) -> bool:
        """Whether there is a checklist and an environment to make one of."""
        names = ("checklist", "environment")
        return all(self.fields[name].queryset.exists() for name in names)  # type: ignore[attr-defined]


def preview(schedule: RunSchedule, now: datetime, zone: ZoneInfo) -> list[tuple[Period, str, bool]]:
    """The runs that the schedule would open from `now` on: period, the wall clock of its start in `zone`, whether
    that has come already.

    The period that `now` is in comes first, where it has no run yet.
    """
    current = period_at(schedule.cadence, now)
    has_run = schedule.pk is not None and current is not None and schedule.runs.filter(period=current.day).exists()
    begun = [current] if current and not has_run else []
    coming = upcoming(schedule.cadence, now, PREVIEWED - len(begun))
    return [(each, f"{each.start.astimezone(zone):%a %Y-%m-%d %H:%M}", each.start <= now) for each in (*begun, *coming)]
