"""An incident is declared: the record, its alerts and its first line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.incidents.models import Incident
from detections.incidents.record.declare import IncidentDraft, declare
from detections.incidents.record.write import IncidentInputError
from tests.detections.incidents.factories import START, make_alert, make_incident, make_user

pytestmark = pytest.mark.django_db


def test_a_declared_incident_says_who_declared_it_with_which_alerts() -> None:
    user, alert = make_user("ada"), make_alert()
    incident = make_incident(by=user, alerts=[alert.pk], places=[alert.project_environment_id])
    assert (incident.status, incident.severity, incident.declared_by_name) == ("open", 2, "ada")
    assert [link.alert for link in incident.alert_links.all()] == [alert]
    assert list(incident.places.all()) == [alert.project_environment]
    line = incident.timeline.get()
    assert (line.text, line.actor, line.important) == ("Declared as SEV-2: Orders fail", user, True)
    assert str(alert) in line.body


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"title": "  "}, "title: say in a few words what is wrong."),
        ({"title": "x" * 201}, "title: at most 200 characters."),
        ({"severity": 6}, "severity: 1 (the worst) to 5."),
        ({"title": "a\0b"}, "title: without NUL and lone surrogates."),
        (
            {"started_at": START + timedelta(minutes=1)},
            "started_at: not in the future; it is 2026-06-12 14:00 UTC now.",
        ),
        ({"alerts": [12345]}, "alerts: there is no alert 12345."),
        ({"targets": [12345]}, "targets: there is none with the id 12345."),
    ],
)
def test_a_bad_draft_names_the_field_and_makes_nothing(words: dict[str, object], said: str) -> None:
    draft = IncidentDraft(**{"title": "Orders fail", "severity": 2, **words})  # type: ignore[arg-type]
    with pytest.raises(IncidentInputError) as refused:
        declare(draft, START, by=None, actor="somebody")
    assert str(refused.value) == said
    assert not Incident.objects.exists()
