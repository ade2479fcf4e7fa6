"""Wall clocks around the changes of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms

from detections.incidents.pages.fields import LocalTimeField
from detections.incidents.timeline.form import TimelineNoteForm
from detections.incidents.wall_clock import SkippedTimeError, moment_of

BERLIN = ZoneInfo("Europe/Berlin")
TWICE = datetime(2025, 10, 26, 2, 30)
SECOND = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
SKIPPED = "There is no 02:30 on 2025-03-30 in Europe/Berlin: clocks go forward over it."


def test_an_hour_that_comes_twice_is_the_later_one_that_has_passed() -> None:
    assert moment_of(TWICE, BERLIN, SECOND) == SECOND
    assert moment_of(TWICE, BERLIN, SECOND - timedelta(minutes=1)) == SECOND - timedelta(hours=1)
    assert moment_of(datetime(2025, 10, 26, 3, 30), BERLIN, SECOND) == SECOND + timedelta(hours=1)
    assert moment_of(datetime(2025, 7, 1, 12, tzinfo=UTC), BERLIN, SECOND) == datetime(2025, 7, 1, 10, tzinfo=UTC)


def test_an_hour_that_is_skipped_is_refused() -> None:
    with pytest.raises(SkippedTimeError) as refused:
        moment_of(datetime(2025, 3, 30, 2, 30), BERLIN, SECOND)
    assert str(refused.value) == SKIPPED
    assert moment_of(datetime(2025, 3, 30, 3), BERLIN, SECOND) == datetime(2025, 3, 30, 1, tzinfo=UTC)


def test_forms_say_so() -> None:
    field = LocalTimeField("Start")
    field.zone = BERLIN
    with pytest.raises(forms.ValidationError, match="clocks go forward over it"):
        field.clean("2025-03-30T02:30")
    assert field.clean("2025-10-26T02:30") == SECOND
    note = TimelineNoteForm({"text": "seen", "at": "2025-03-30T02:30"}, zone=BERLIN)
    assert note.errors == {"at": [SKIPPED]}
