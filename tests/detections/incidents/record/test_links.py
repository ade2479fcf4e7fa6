"""Alerts are put in and taken out; other rows and addresses are linked."""

from __future__ import annotations

import pytest

from detections.incidents.record.links import LinkDraft, add_alerts, add_link, remove_alert, remove_link
from detections.incidents.record.write import IncidentInputError
from tests.detections.incidents.factories import START, make_alert, make_incident

pytestmark = pytest.mark.django_db


def test_an_alert_is_in_once_and_can_come_back() -> None:
    incident, alert, other = make_incident(), make_alert(), make_alert()
    add_alerts(incident.pk, [alert.pk], START, by=None, actor="ada")
    assert not add_alerts(incident.pk, [alert.pk], START, by=None, actor="ada").changed
    remove_alert(incident.pk, alert.pk, START, by=None, actor="ada")
    assert not remove_alert(incident.pk, alert.pk, START, by=None, actor="ada").changed
    add_alerts(incident.pk, [alert.pk, other.pk], START, by=None, actor="ada")
    assert incident.alert_links.filter(removed_at__isnull=True).count() == 2
    assert [line.text for line in incident.timeline.all()][1:] == [
        f"Alert added: {alert}",
        f"Alert taken out: {alert}",
        "2 alerts added",
    ]


def test_links_are_to_rows_variables_and_addresses_once_each() -> None:
    incident, rule = make_incident(), make_alert().rule
    for draft in (
        LinkDraft("rule", rule.pk),
        LinkDraft("variable", "DATABASE_URL"),
        LinkDraft("url", "https://example.org/pr/12", "PR 12"),
    ):
        assert add_link(incident.pk, draft, START, by=None, actor="ada").changed
        assert not add_link(incident.pk, draft, START, by=None, actor="ada").changed
    assert [link.text for link in incident.links.all()] == [str(rule), "DATABASE_URL", "PR 12"]
    remove_link(incident.pk, incident.links.get(variable="DATABASE_URL").pk, START, by=None, actor="ada")
    assert incident.links.count() == 2
    assert incident.timeline.latest("id").text == "Link removed: DATABASE_URL"


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("rule", "999999", "rule: there is none with the id 999999."),
        ("issue", "x", "issue: there is none with the id x."),
        ("url", "javascript:alert(1)", "url: an address that begins with https:// or http://."),
        ("url", "", "url: give an address."),
        ("person", "1", "kind: one of rule, issue, release, run, policy, variable, url."),
    ],
)
def test_what_is_not_there_is_refused(kind: str, value: str, said: str) -> None:
    with pytest.raises(IncidentInputError) as refused:
        add_link(make_incident().pk, LinkDraft(kind, value), START, by=None, actor="ada")
    assert str(refused.value) == said


def test_where_an_alert_is_added_from_is_affected_too() -> None:
    incident, alert, other = make_incident(), make_alert(), make_alert()
    place = alert.project_environment
    assert other.project_environment == place
    add_alerts(incident.pk, [alert.pk], START, by=None, actor="ada")
    add_alerts(incident.pk, [other.pk], START, by=None, actor="ada")
    assert list(incident.places.all()) == [place]
    assert [line.body for line in incident.timeline.all()][1:] == [f"Also affected: {place.path}", ""]
