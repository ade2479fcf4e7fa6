"""What people write into a record is kept without secrets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from detections.incidents.models import Incident
from detections.incidents.record.change_severity import change_severity
from detections.incidents.record.declare import declare
from detections.incidents.record.draft import IncidentDraft
from detections.incidents.record.edit import edit
from detections.incidents.record.inputs import line, text
from detections.incidents.record.links import LinkDraft, add_link
from detections.incidents.record.write import IncidentInputError
from detections.incidents.timeline_models import TimelineLine
from tests.detections.incidents.factories import START, make_incident

SECRET = "hunter2hunter2"


@pytest.mark.django_db
def test_a_secret_in_title_summary_reason_and_link_is_stored_nowhere() -> None:
    said = f"password={SECRET}"
    draft = IncidentDraft(title=f"Login with {said}", severity=3, summary=f"Try\n{said}\nfirst")
    incident = declare(draft, START, by=None, actor="ada")
    change_severity(incident.pk, 1, START, by=None, actor="ada", why=said)
    edit(incident.pk, {"title": f"Log in by {said}"}, START, by=None, actor="ada")
    add_link(incident.pk, LinkDraft("url", "https://example.org/x", said), START, by=None, actor="ada")
    stored = Incident.objects.get(pk=incident.pk)
    texts = [stored.title, stored.summary, *(value for row in stored.links.values_list("url", "text") for value in row)]
    texts += [value for row in TimelineLine.objects.values_list("text", "body", "url") for value in row]
    assert not [each for each in texts if SECRET in each]
    assert stored.title == "Log in by password=[Filtered]"


@pytest.mark.django_db
def test_an_address_is_kept_as_it_is_and_refused_with_a_password() -> None:
    incident, sha = make_incident(), "0123456789abcdef0123456789abcdef01234567"
    with pytest.raises(IncidentInputError, match="without a name or password"):
        add_link(incident.pk, LinkDraft("url", f"https://ada:{SECRET}@example.org/x"), START, by=None, actor="ada")
    add_link(incident.pk, LinkDraft("url", f"https://example.org/commit/{sha}", "Fix"), START, by=None, actor="ada")
    assert incident.links.get().url.endswith(sha)


@pytest.mark.django_db
def test_a_client_key_is_kept_as_it_is() -> None:
    one, two = (make_incident(client_key=f"password={SECRET}{n}") for n in (1, 2))
    assert one.pk != two.pk


def test_what_is_longer_without_its_secret_is_cut() -> None:
    assert len(text("summary", "password=x1", 11)) == 11
    assert line("title", "Orders  fail\nsince 14:00", 40) == "Orders fail since 14:00"


LONG_AGO = [
    datetime(1, 1, 1, tzinfo=UTC),  # no zone in the west can show it
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),  # before the first year of UTC: no page can read it
    datetime(1999, 12, 31, 23, 59, tzinfo=UTC),
]


@pytest.mark.django_db
@pytest.mark.parametrize("started_at", LONG_AGO)
def test_an_impact_before_this_century_is_refused(started_at: datetime) -> None:
    """One row that cannot be read would make every list fail."""
    with pytest.raises(IncidentInputError, match=r"started_at: not before 2000\."):
        declare(IncidentDraft(title="Orders fail", severity=3, started_at=started_at), START, by=None, actor="ada")
    assert not Incident.objects.exists()
    incident = make_incident()
    with pytest.raises(IncidentInputError, match=r"started_at: not before 2000\."):
        edit(incident.pk, {"started_at": started_at}, START, by=None, actor="ada")
    edit(incident.pk, {"started_at": datetime(2000, 1, 1, tzinfo=UTC)}, START, by=None, actor="ada")
    assert Incident.objects.get().started_at == datetime(2000, 1, 1, tzinfo=UTC)
