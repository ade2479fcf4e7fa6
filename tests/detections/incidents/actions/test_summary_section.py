"""Overdue action items in the daily summary."""

from __future__ import annotations

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from detections.alerts.summary.make import make_summary
from detections.alerts.summary.models import DailySummary
from detections.incidents.actions import acts
from detections.incidents.actions.draft import ActionDraft
from detections.incidents.actions.summary_section import overdue_actions
from opsconsole.accounts.models import Owner
from tests.detections.alerts.factories import START
from tests.detections.incidents.factories import make_incident

pytestmark = pytest.mark.django_db
NOW = START + timedelta(days=1)
TODAY = date(2026, 6, 13)


def sections() -> list[tuple[str, list[str]]]:
    make_summary(NOW, time(9), ZoneInfo("America/New_York"), [overdue_actions])
    found = DailySummary.objects.get().content["sections"]
    return [(each["title"], [item["text"] for item in each["items"]]) for each in found if each["name"] == "actions"]


def add(text: str, due: date | None, owner: str = "") -> int:
    pk = make_incident().pk
    return acts.add(pk, ActionDraft(text, owner, due.isoformat() if due else ""), START, by=None, actor="ada").pk


def test_those_that_are_overdue_with_owner_and_day() -> None:
    Owner.objects.create(name="sre-agent")
    add("one", TODAY - timedelta(days=1))
    add("two", TODAY - timedelta(days=9), "sre-agent")
    add("today", TODAY)
    add("never", None)
    acts.finish(add("done", TODAY - timedelta(days=9)), NOW, by=None, actor="ada")
    (title, lines), *others = sections()
    assert (title, others) == ("2 action items overdue", [])
    assert lines[0].startswith("two (sre-agent, due 2026-06-04), INC-")
    assert lines[1].startswith("one (of nobody, due 2026-06-12), INC-")


def test_without_any_there_is_no_section() -> None:
    add("today", TODAY)
    assert sections() == []
