"""Releases whose first event came, of the projects in question and of the others in their environments."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from detections.alerts.changes.contract import ChangeQuestion, ChangeSource, RecentChange
from detections.telemetry.models import ProjectEnvironment
from detections.telemetry.releases.keep import MAX_NEW, OTHER
from detections.telemetry.releases.models import EnvironmentRelease
from opsconsole.lib.text.releases import short_release

NAME, RELEASE = "Release", "release"


def read(question: ChangeQuestion) -> Sequence[RecentChange]:
    """One query."""
    beside = Q(pk__in=[place.pk for place in question.places])
    if question.environments:
        beside |= Q(environment__in=question.environments)
    rows = EnvironmentRelease.objects.filter(
        question.unread(RELEASE),
        project_environment__in=ProjectEnvironment.objects.filter(beside).order_by(),
        **question.within("first_seen"),
    ).select_related("project_environment__project")
    return [_change(row) for row in rows.order_by("-first_seen", "-id")[: question.most]]


def _change(row: EnvironmentRelease) -> RecentChange:
    where, ref = row.project_environment.path, f"{RELEASE}:{row.pk}"
    if row.release == OTHER:
        words = f"More new releases than the {MAX_NEW} a day that are kept"
        return RecentChange(NAME, row.first_seen, words, ref, where, notable=True)
    words, url = f"Release {short_release(row.release)} first seen", _issues_of(row)
    return RecentChange(NAME, row.first_seen, words, ref, where, url=url, release=row.release, notable=True)


def _issues_of(row: EnvironmentRelease) -> str:
    """The issues that have events of the release."""
    return f"{reverse('issue_list')}?{urlencode({'q': f'release:{shlex.quote(row.release)}'})}"


SOURCE = ChangeSource(NAME, read)
