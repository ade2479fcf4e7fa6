"""What each field takes may not fit together: the form refuses what every run would refuse."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from detections.probes.definition import definition_of
from detections.probes.models import ProbeTarget
from tests.detections.probes.admin.forms import ADMIN, add, fields, post, problems

pytestmark = pytest.mark.django_db
STATUS = {"kind": "json", "path": "status", "operator": "equals", "value": "ok"}
SLOW = {"kind": "latency", "max_ms": "800"}
CERTIFICATE = {"kind": "tls_expiry", "min_days": "21"}


@pytest.mark.parametrize(
    ("field", "rows", "changed"),
    [
        ("0.check_id", [{**STATUS, "check_id": "no_run"}], {}),
        ("0.check_id", [{**STATUS, "check_id": "elevated_failures"}], {}),
        ("1.check_id", [SLOW, {**SLOW, "max_ms": "900"}], {}),
        ("1.check_id", [{**STATUS, "check_id": "slow"}, SLOW], {}),
        ("1.check_id", [STATUS, {**CERTIFICATE, "check_id": "assertion_failed"}], {}),
        ("1.kind", [SLOW, STATUS], {"expect_json": None}),
        ("expect_json", [], {"method": "HEAD"}),
    ],
)
def test_what_does_not_fit_together_is_said_at_its_field(
    admin_client: Client, field: str, rows: list[dict[str, Any]], changed: dict[str, Any]
) -> None:
    answer = admin_client.post(f"{ADMIN}/add/", fields(*rows, **changed))
    assert answer.status_code == 200
    assert problems(answer).keys() == {field}
    assert not ProbeTarget.objects.exists()


def test_a_stored_target_that_no_longer_fits_together_is_refused_until_it_does(admin_client: Client) -> None:
    target = add(admin_client, STATUS)
    stored = {**STATUS, "id": target.invariants.get().pk, "target": target.pk}
    sent = {"invariants-INITIAL_FORMS": 1, "expect_json": None}
    assert problems(post(admin_client, target, stored, **sent)).keys() == {"0.kind"}
    removed = post(admin_client, target, {**stored, "DELETE": "on"}, **sent)
    assert removed.status_code == 302
    assert definition_of(ProbeTarget.objects.get()).invariants == ()


def test_of_a_post_that_claims_any_number_of_rows_few_are_read(admin_client: Client) -> None:
    answer = admin_client.post(f"{ADMIN}/add/", {**fields(STATUS), "invariants-TOTAL_FORMS": 10**9})
    assert "at most 100 forms" in problems(answer)["invariants"]
    assert len(answer.context["inline_admin_formsets"][0].formset.forms) == 100


def test_judged_answers_may_share_a_check(admin_client: Client) -> None:
    target = add(admin_client, STATUS, {**STATUS, "path": "ready", "value": "true"}, SLOW, CERTIFICATE)
    assert len(definition_of(target).invariants) == 4
