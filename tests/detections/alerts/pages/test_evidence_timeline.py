"""What an alert's page tells of its evidence: nothing twice."""

from __future__ import annotations

import pytest

from detections.alerts.models import Alert, AlertLog
from detections.alerts.pages.evidence_timeline import timeline
from detections.rules.models import Evidence
from opsconsole.lib.clock import MINUTE
from tests.detections.rules.world import NOON


@pytest.mark.parametrize(
    ("strongest", "labels"),
    [("5 errors", ["At opening", "Strongest", "Now"]), ("2 errors", ["At opening", "Now"])],
)
def test_the_strongest_stands_beside_the_opening_only_where_it_says_more(strongest: str, labels: list[str]) -> None:
    """Of equals the alert keeps the newest evidence: the same sentence, a minute later."""
    first = Evidence(pk=1, sentence="2 errors", slot_end=NOON, created_at=NOON)
    kept = Evidence(pk=2, sentence=strongest, slot_end=NOON + MINUTE, created_at=NOON + MINUTE)
    alert = Alert(opened_at=NOON, evidence=kept, dedup_key=1)
    log = [AlertLog(kind="opened", evidence=first)]
    assert [line.label for line in timeline(alert, log, "0 errors")] == labels
