"""The form of a note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from detections.incidents.timeline.notes import LONGEST
from detections.incidents.wall_clock import SkippedTimeError, moment_of
from opsconsole.lib import clock
from opsconsole.lib.web.attachments import Attachment, AttachmentError, read_attachment

LOCAL, SPACED = "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"


class _ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """The files that are accepted, as Attachments; refused like the evidence of checklists."""

    widget = _ManyFiles

    def clean(self, data: Any, initial: Any = None) -> Any:
        given: Sequence[UploadedFile] = data if isinstance(data, list | tuple) else [data] if data else []
        return [_attachment(super(_FilesField, self).clean(file, initial)) for file in given]


def _attachment(file: UploadedFile) -> Attachment:
    most = settings.EVIDENCE_MAX_FILE
    try:
        return read_attachment(file.name or "", file.read(most + 1), most)
    except AttachmentError as error:
        raise forms.ValidationError(f"{error}.") from None


class TimelineNoteForm(forms.Form):
    """A note as a person writes it; `at` is a wall clock of `zone`, read as UTC time."""

    text = forms.CharField(max_length=LONGEST, error_messages={"required": "Write what happened."})
    at = forms.DateTimeField(required=False, input_formats=[LOCAL, f"{LOCAL}:%S", SPACED])
    attachments = _FilesField(required=False)
    key = forms.UUIDField(required=False)

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean_at(self) -> datetime | None:
        """In UTC; None where it is empty."""
        at: datetime | None = self.cleaned_data["at"]
        try:
            return moment_of(at, self.zone, clock.now()) if at else None
        except OverflowError:
            raise forms.ValidationError("A year from 2000 on.") from None
        except SkippedTimeError as error:
            raise forms.ValidationError(str(error)) from None

    @property
    def sentence(self) -> str:
        """What is wrong, of all fields."""
        return " ".join(str(message) for messages in self.errors.values() for message in messages)
