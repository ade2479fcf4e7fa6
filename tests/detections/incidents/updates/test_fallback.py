"""Dead letters about incidents reach the fallback, and where that takes none, the targets of the last policy."""

from __future__ import annotations

import pytest

from detections.alerts.delivery.fallback import DeadLetter, forward
from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import NotificationPolicy, Target
from tests.detections.alerts.factories import make_user
from tests.detections.incidents.factories import START, make_incident
from tests.detections.incidents.updates.makers import make_target

pytestmark = pytest.mark.usefixtures("notification_policies")


@pytest.fixture
def pager() -> Target:
    return make_target("pager", "pagerduty", fallback=True)


def forwarded(**changed: str) -> list[Target]:
    """Where the message of a new incident goes that its target did not take; with these facts."""
    make_incident(by=make_user("ada"), targets=[make_target("ops").pk])
    dead = Delivery.objects.select_related("alert", "target").get()
    dead.kind, dead.payload = changed.get("kind", dead.kind), {**dead.payload, **changed}
    dead.save(update_fields=["kind", "payload"])
    return [row.target for row in forward([DeadLetter(dead, "404")], START)]


def test_what_a_person_asks_of_an_owner_rings_the_pager_that_is_the_fallback(pager: Target) -> None:
    assert forwarded(kind="incident_due", actor="ada") == [pager]


@pytest.mark.parametrize("facts", [{}, {"kind": "incident_due", "actor": ""}])
def test_an_update_or_a_reminder_goes_to_the_last_policys_targets_instead(pager: Target, facts: dict[str, str]) -> None:
    last = NotificationPolicy.objects.filter(parent=None).latest("order")
    last.targets.set([pager, everybody := make_target("everybody")])
    assert forwarded(**facts) == [everybody]
