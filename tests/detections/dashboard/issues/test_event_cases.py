"""Cases 14 and 17 of wrong facts (tests/cases/events), from the SDK's request to the page."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.test import Client

from detections.ingest.digest import digest_batch
from detections.ingest.models import Inbox
from detections.telemetry.models import Issue
from opsconsole.lib import clock
from tests.detections import builders as sent
from tests.markup import folded

pytestmark = pytest.mark.django_db


def send(when: datetime, **fields: object) -> None:
    """To /store/, as an SDK of the time before envelopes: nothing tells its clock from ours."""
    body = sent.event(timestamp=when.isoformat(), **{"exception": {}, "message": "late event case", **fields})
    raw = json.dumps(body).encode()
    sent.inbox(sent.project(), raw, received_at=clock.now(), format=Inbox.Format.STORE)
    digest_batch(clock.now())


def test_14_a_late_event_reopens_nothing(admin: Client) -> None:
    now = clock.now()
    send(now - timedelta(minutes=2))
    issue = Issue.objects.get()
    admin.post(f"/issues/{issue.pk}/status/", {"status": "resolved"})
    send(now - timedelta(minutes=60))
    html = folded(admin.get(f"/issues/{issue.pk}/").content.decode())
    assert "it came back" not in html
    issue.refresh_from_db()
    assert (issue.status, issue.events, issue.first_seen) == ("resolved", 2, now - timedelta(minutes=60))
    assert list(issue.log.values_list("new", "at")) == [("resolved", now)]


def test_17_an_environment_counts_its_own_events(admin: Client) -> None:
    now = clock.now()
    for _ in range(4):
        send(now - timedelta(hours=5), environment="alpha", user={"id": "a"})
    send(now, environment="beta", user={"id": "b"})
    (row,) = admin.get("/issues/?q=environment:alpha").context["rows"]
    assert (row.issue.figure_events, row.users) == (4, "1")
    assert row.issue.figure_last == now - timedelta(hours=5)
    (row,) = admin.get("/issues/").context["rows"]
    assert (row.issue.figure_events, row.users, row.issue.figure_last) == (5, "2", now)
