"""What tests of the pages of probes have in common."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.test import Client

from detections.alerts.models import Alert
from detections.probes.models import ProbeTarget
from opsconsole.accounts import groups
from opsconsole.accounts.models import User
from tests.detections.alerts.factories import make_rule, make_scope
from tests.detections.dashboard.builders import MOMENT
from tests.detections.incidents.factories import make_alert
from tests.detections.probes.rows import MINUTE, done
from tests.detections.probes.samples import row

PAGE = "/probes/aurora-rollout/"
SPLIT = {
    "header": "x-aurora-variant",
    "variants": {"control": 0.9, "canary": {"share": 0.1, "min": 0.08, "max": 0.12}},
}


def text(client: Client, address: str, status: int = 200, **more: Any) -> str:
    """The page, as HTML."""
    answer = client.get(address, **more)
    assert answer.status_code == status
    return str(answer.content.decode())


def signed_in(role: str) -> Client:
    """A person of this group."""
    groups.load()
    user = User.objects.create_user(role.lower().replace(" ", "-"), first_name="Rita", last_name="Ray")
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def a_day_of_runs(target: ProbeTarget, count: int) -> None:
    """Runs of two answers each, five minutes apart."""
    for index in range(count):
        done(target, row(variant="control"), row(variant="canary"), at=MOMENT - MINUTE * 5 * (index + 1))


def alert_of(target: ProbeTarget, check: str) -> Alert:
    """An alert that fires in the scope of the check."""
    return make_alert(scope=make_scope(make_rule(f"P-{check[:3]}"), f"{target.slug}/{check}"))
