"""One sample of a target as it stands in its form: through the guard, judged by each invariant, and nothing stored."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import Settings

from bootstrap.systems.models import Environment
from detections.probes.models import ProbeInvariant, ProbeRun, ProbeTarget
from detections.telemetry.models import ProjectEnvironment
from opsconsole.env.parsers import as_networks
from tests.detections import builders
from tests.detections.probes.admin.forms import ADMIN, add, fields
from tests.people import make_viewer
from tests.receivers.http_receiver import HttpReceiver, Received, Reply, json_reply

pytestmark = pytest.mark.django_db
REACH = ["127.0.0.1 127.0.0.1/32"]
INVARIANTS = (
    {"kind": "json", "path": "status", "operator": "equals", "value": "ok"},
    {"kind": "json", "path": "queue.depth", "operator": "at_most", "value": "3", "severity": "warn"},
    {"kind": "json", "path": "queue.name", "operator": "equals", "value": "jobs"},
    {"kind": "present", "paths": "meta"},
    {"kind": "integer_range", "path": "meta.bucket", "min": "0", "max": "99"},
    {"kind": "latency", "max_ms": "60000"},
    {"kind": "tls_expiry", "min_days": "21"},
)


class Health(HttpReceiver):
    """Says what it was asked with; `status` is the answer's."""

    status = 200

    def answer(self, received: Received) -> Reply:
        if received.headers.get("x-api-key") != "hunter2":
            return json_reply(403, {"error": "who are you?"})
        return json_reply(self.status, {"status": "ok", "queue": {"depth": 7, "name": "jobs"}})


def shown(answer: Any) -> str:
    """The words about the sample; empty without one."""
    html = answer.content.decode()
    _, found, rest = html.partition('id="trial">')
    return " ".join(unescape(strip_tags(rest.partition("</section>")[0])).split()) if found else ""


@pytest.fixture
def service(settings: Settings) -> Any:
    settings.OUTBOUND_ALLOW = as_networks("127.0.0.0/8")
    with Health() as running:
        yield running


def tried(admin: Client, service: Health, *invariants: dict[str, Any], address: str = "add/", **changed: Any) -> Any:
    typed = {"base": service.url, "reach": REACH, "secret_headers": "x-api-key: hunter2", **changed}
    answer = admin.post(f"{ADMIN}/{address}", fields(*invariants, **typed, _try="Try one sample"))
    assert answer.status_code == 200
    return answer


def test_each_invariant_says_what_it_makes_of_one_answer_and_nothing_is_stored(
    admin_client: Client, service: Health
) -> None:
    answer = tried(admin_client, service, *INVARIANTS)
    said = shown(answer)
    assert len(service.received) == 1
    assert said.startswith("One sample, of the target as it stands here Answered. Nothing of it is stored")
    for words in (
        "Status 200",
        "assertion_failed high holds",
        "does not hold: queue.depth: ",
        "meta must be there field_missing high does not hold: meta: meta is missing",
        "out_of_range high not judged, since meta is not there",
        "slow warn holds",
        "certificate_expires warn no certificate was seen",
        "Secrets are not shown again",
    ):
        assert words in said, (words, said)
    html = answer.content.decode()
    assert "hunter2" not in html
    assert 'value="Shop health"' in html, "what was typed is still there"
    assert not any(rows.objects.exists() for rows in (ProbeTarget, ProbeInvariant, ProbeRun))


def test_an_answer_that_does_not_count_says_why_and_is_not_judged(admin_client: Client, service: Health) -> None:
    said = shown(tried(admin_client, service, INVARIANTS[0], secret_headers=""))
    assert "No answer that counts." in said
    assert "Status 403" in said
    assert "Begins with" in said
    assert "not judged, since the answer is none that counts" in said
    assert len(service.received) == 1, "no retry"


def test_a_stored_target_is_tried_with_its_secrets_and_stays_as_it_was(admin_client: Client, service: Health) -> None:
    target = add(admin_client, base=service.url, reach=REACH, secret_headers="x-api-key: hunter2")
    answer = tried(
        admin_client, service, INVARIANTS[0], address=f"{target.pk}/change/", secret_headers="", endpoint="/other"
    )
    assert "Answered." in shown(answer)
    assert "Secrets are not shown again" not in shown(answer)
    assert service.received[-1].path == "/other"
    target.refresh_from_db()
    assert (target.endpoint, target.invariants.count()) == ("/healthz", 0)


@pytest.mark.parametrize("changed", [{"name": "Größe"}, {"reach": []}, {"reach": ["127.0.0.1 10.0.0.0/8"]}])
def test_what_the_form_refuses_is_not_sent(admin_client: Client, service: Health, changed: dict[str, Any]) -> None:
    answer = tried(admin_client, service, **changed)
    assert answer.context["errors"]
    assert shown(answer) == ""
    assert service.received == []


def test_an_invariant_that_is_refused_sends_nothing(admin_client: Client, service: Health) -> None:
    answer = tried(admin_client, service, {**INVARIANTS[0], "value": ""})
    assert answer.context["errors"]
    assert (shown(answer), service.received) == ("", [])


def test_a_place_that_the_form_would_make_is_not_made(admin_client: Client, service: Health) -> None:
    project = builders.project("raptor")
    assert project.app is not None
    Environment.objects.get_or_create(system=project.app.system, slug="new", defaults={"name": "New"})
    assert "Answered." in shown(tried(admin_client, service, project_environment="raptor/new"))
    assert not ProjectEnvironment.objects.filter(name="new").exists()


def test_an_address_that_was_taken_away_meanwhile_is_refused_in_words(
    admin_client: Client, settings: Settings, service: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detections.probes.outbound.allowed", lambda target: [])
    said = shown(tried(admin_client, service))
    assert "Nothing was sent. 127.0.0.1 may not be probed" in said
    assert service.received == []


def test_only_who_may_change_targets_tries_one(client: Client, service: Health) -> None:
    viewer = make_viewer()
    viewer.is_staff = True
    viewer.save()
    client.force_login(viewer)
    assert client.post(f"{ADMIN}/add/", fields(base=service.url, _try="1")).status_code == 403
    assert service.received == []
