"""What is marked on the chart of a route, and of an alert."""

from __future__ import annotations

import pytest
from django.test import Client

from detections.dashboard.routes.chart_marks import MOST_RELEASES, release_marks
from detections.telemetry.models import Series
from detections.telemetry.releases.keep import OTHER
from detections.telemetry.releases.models import EnvironmentRelease
from tests.detections.dashboard import builders as make

pytestmark = pytest.mark.django_db


def release(series: Series, name: str, back: int) -> None:
    at = make.minute(back)
    EnvironmentRelease.objects.create(
        project_environment=series.project_environment, release=name, first_seen=at, last_seen=at
    )


def test_a_release_is_marked_where_it_was_first_seen(viewer: Client) -> None:
    one = make.series("/x")
    release(one, "shop@2.14.0+abc", 10)
    release(one, "shop@2.13.0", 90)
    chart = viewer.get(f"/routes/{one.pk}/?range=1h").context["route"].chart
    assert [(mark.at, mark.label, mark.tone) for mark in chart.chart.marks] == [
        (make.minute(10), "shop@2.14.0+abc", "accent")
    ]
    assert [line.words for line in chart.others if line.kind == "mark"] == ["release first seen"]


def test_those_of_other_places_and_the_row_of_a_flood_are_not_marked() -> None:
    one = make.series("/x")
    release(make.series("/x", of=one.project, env="staging"), "2.1", 5)
    release(one, OTHER, 5)
    assert release_marks(one.project_environment, make.minute(60), make.minute(0)) == []


def test_no_more_than_the_newest_are_marked() -> None:
    one = make.series("/x")
    for n in range(MOST_RELEASES + 2):
        release(one, f"2.{n}", 100 - n)
    marks = release_marks(one.project_environment, make.minute(200), make.minute(0))
    assert len(marks) == MOST_RELEASES
    assert {"2.0", "2.1"}.isdisjoint(mark.label for mark in marks)
