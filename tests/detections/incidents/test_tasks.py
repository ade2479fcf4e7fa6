"""The task of the incidents: nothing that is due waits for the timelines."""

from __future__ import annotations

from datetime import datetime

import pytest
from billiard.exceptions import SoftTimeLimitExceeded

from detections.incidents import tasks
from opsconsole.lib import task_trigger


def test_reminders_and_records_come_before_the_timelines(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(task_trigger, "started", lambda _: None)
    for name in ("remind_of_updates", "remind_of_postmortems", "record_runbooks"):
        monkeypatch.setattr(tasks, name, lambda _, name=name: ran.append(name))

    def too_long(now: datetime) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(tasks, "gather_all", too_long)
    with pytest.raises(SoftTimeLimitExceeded):
        tasks.work_incidents()
    assert ran == ["remind_of_updates", "remind_of_postmortems", "record_runbooks"]
