"""Form fields of incidents: times in the person's zone, and rows to tick."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Model

from detections.incidents.wall_clock import SkippedTimeError, moment_of
from opsconsole.lib import clock

LOCAL = "%Y-%m-%dT%H:%M"
FORMATS = [LOCAL, f"{LOCAL}:%S", "%Y-%m-%d %H:%M"]


class LocalTimeField(forms.DateTimeField):
    """A wall clock of the person's zone, `in_zone` by the form; cleaned in UTC."""

    def __init__(self, label: str, help_text: str = "") -> None:
        widget = forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"})
        super().__init__(required=False, label=label, help_text=help_text, widget=widget, input_formats=FORMATS)
        self.zone = ZoneInfo("UTC")

    def has_changed(self, initial: datetime | None, data: Any) -> bool:
        """Whether another minute was written; `initial` is as `local` gives it."""
        try:
            found: datetime | None = self.to_python(data)
        except forms.ValidationError:
            return True
        return (found and found.replace(tzinfo=None)) != initial

    def clean(self, value: object) -> datetime | None:
        found: datetime | None = super().clean(value)
        if found is None:
            return None
        try:
            return moment_of(found, self.zone, clock.now())
        except OverflowError:
            raise forms.ValidationError("A time of the years 1 to 9999.") from None
        except SkippedTimeError as error:
            raise forms.ValidationError(str(error)) from None


class LinesField(forms.CharField):
    """Text of many lines, which end by a newline as they are stored, and not as browsers send them."""

    def to_python(self, value: object) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


def set_zone(form: forms.Form, zone: ZoneInfo) -> None:
    """The form's times are of this zone."""
    for field in form.fields.values():
        if isinstance(field, LocalTimeField):
            field.zone = zone


def local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The value that the field shows for a moment: to the minute, so that one that is not touched is not changed."""
    return moment and moment.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)


class RowsField(forms.TypedMultipleChoiceField):
    """Rows to tick, by their ids."""

    def __init__(self, label: str, help_text: str = "") -> None:
        widget = forms.CheckboxSelectMultiple(attrs={"class": "ticks"})
        super().__init__(required=False, label=label, help_text=help_text, widget=widget, coerce=int)

    def offer(self, rows: Iterable[Model], first: Iterable[int] = ()) -> None:
        """Sets the rows to choose from, these ids first."""
        order = {pk: at for at, pk in enumerate(first)}
        known = sorted(rows, key=lambda row: order.get(row.pk, len(order)))
        self.choices = [(row.pk, str(row)) for row in known]
