"""The timeline gathers itself: once, again, late, bounded, and as long as something may come."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from detections.alerts.models import Alert, AlertLog
from detections.incidents.models import Incident, IncidentAlert
from detections.incidents.record.edit import edit
from detections.incidents.timeline import gather as gathering
from detections.incidents.timeline.gather import AFTER_CLOSE, AGAIN, gather, gather_all
from detections.incidents.timeline.sources import registry
from detections.incidents.timeline_models import TimelineLine
from detections.telemetry.models import ProjectEnvironment
from detections.telemetry.releases.models import EnvironmentRelease
from tests.detections.incidents.factories import START, make_alert, make_incident

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOW = START + 10 * MINUTE


@pytest.fixture
def alert(db: None) -> Alert:
    return make_alert()


@pytest.fixture
def incident(alert: Alert) -> Incident:
    return make_incident(now=START + MINUTE, alerts=[alert.pk], started_at=START)


def log(alert: Alert, kind: str, at: datetime = NOW, **words: str) -> AlertLog:
    return AlertLog.objects.create(alert=alert, at=at, kind=kind, **{"actor_name": "engine", **words})


def release(name: str, at: datetime, place: ProjectEnvironment | None = None) -> EnvironmentRelease:
    place = place or ProjectEnvironment.objects.get(name="prod")
    return EnvironmentRelease.objects.create(project_environment=place, release=name, first_seen=at, last_seen=at)


def gathered(incident: Incident) -> list[str]:
    return list(incident.timeline.exclude(ref="").order_by("at", "id").values_list("text", flat=True))


def resolve(incident: Incident, at: datetime, status: str = "resolved") -> None:
    Incident.objects.filter(pk=incident.pk).update(status=status, resolved_at=at)


def close(incident: Incident, at: datetime) -> None:
    Incident.objects.filter(pk=incident.pk).update(status="closed", resolved_at=at, closed_at=at)


def test_each_row_becomes_a_line_once(incident: Incident, alert: Alert) -> None:
    release("3.2.0", START - MINUTE)
    assert gather(incident.pk, NOW) == 3, "the opening, the release, the version of the rule"
    assert gather(incident.pk, NOW) == 0
    assert gather_all(NOW) == 0
    line = incident.timeline.get(kind="release")
    assert (line.text, line.where, line.important) == ("Release 3.2.0 first seen", "raptor/prod", True)
    assert line.url == "/issues/?q=release%3A3.2.0"
    assert (line.at, line.recorded_at) == (START - MINUTE, NOW)
    assert Incident.objects.get().gathered_until == NOW


def test_two_runs_at_once_write_it_once(incident: Incident, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one has read before the first has written."""
    release("3.2.0", START)
    real = TimelineLine.objects.bulk_create

    def other_first(rows: list[TimelineLine], **kwargs: object) -> object:
        monkeypatch.undo()
        gather(incident.pk, NOW)
        return real(rows, **kwargs)

    monkeypatch.setattr(TimelineLine.objects, "bulk_create", other_first)
    gather(incident.pk, NOW)
    assert gathered(incident).count("Release 3.2.0 first seen") == 1


def test_a_row_that_comes_late_is_found(incident: Incident) -> None:
    gather(incident.pk, NOW)
    release("late", START - 50 * MINUTE)
    assert gather(incident.pk, NOW + MINUTE) == 1
    assert gathered(incident)[0] == "Release late first seen"


def test_the_time_is_from_an_hour_before_the_impact_until_it_is_resolved(incident: Incident) -> None:
    for name, at in {"early": START - HOUR - MINUTE, "first": START - HOUR, "last": NOW, "after": NOW + MINUTE}.items():
        release(name, at)
    resolve(incident, NOW)
    gather(incident.pk, NOW + HOUR)
    names = [text.split()[1] for text in gathered(incident) if text.startswith("Release")]
    assert names == ["first", "last"]


def test_the_alerts_own_lines_have_no_end_and_no_beginning(incident: Incident, alert: Alert) -> None:
    resolve(incident, NOW)
    log(alert, "resolved", NOW + 5 * HOUR, old="recovering", new="resolved", why="by hand")
    log(alert, "pending", START - 5 * HOUR, new="pending")
    gather(incident.pk, NOW + 6 * HOUR)
    texts = [text.partition(" on ")[2].partition(" ")[2] for text in gathered(incident) if "DET-" in text]
    assert texts == ["is pending", "opened", "is resolved: by hand"]


def test_an_alert_that_is_taken_out_keeps_its_lines_and_gets_no_more(incident: Incident, alert: Alert) -> None:
    gather(incident.pk, NOW)
    before = gathered(incident)
    IncidentAlert.objects.update(removed_at=NOW)
    log(alert, "acknowledged", new="acknowledged", actor_name="ada")
    assert gather(incident.pk, NOW) == 0
    assert gathered(incident) == before


def test_places_of_the_incident_count_beside_those_of_its_alerts(incident: Incident, alert: Alert) -> None:
    beside = ProjectEnvironment.objects.create(project=alert.project, name="beside")
    other = ProjectEnvironment.objects.create(project=alert.project, name="other")
    release("there", START, beside)
    release("elsewhere", START, other)
    incident.places.add(beside)
    gather(incident.pk, NOW)
    assert [text for text in gathered(incident) if "Release" in text] == ["Release there first seen"]


def test_a_run_is_bounded_and_the_next_ones_go_on(incident: Incident, monkeypatch: pytest.MonkeyPatch) -> None:
    gather(incident.pk, NOW)
    monkeypatch.setattr(gathering, "MOST", 2)
    for number in range(5):
        release(f"v{number}", START + number * MINUTE)
    assert [gather(incident.pk, NOW) for _ in range(4)] == [2, 2, 1, 0]


def test_without_a_start_it_is_the_first_alert(alert: Alert) -> None:
    incident = make_incident(now=START + 30 * MINUTE, alerts=[alert.pk])
    release("first", START - HOUR)
    release("early", START - HOUR - MINUTE)
    gather(incident.pk, NOW)
    assert [text for text in gathered(incident) if "Release" in text] == ["Release first first seen"]


def test_what_is_over_is_read_again_every_ten_minutes(incident: Incident, alert: Alert) -> None:
    resolve(incident, NOW, "postmortem")
    gather_all(NOW)
    log(alert, "resolved", new="resolved")
    assert gather_all(NOW + AGAIN - MINUTE) == 0
    assert gather_all(NOW + AGAIN) == 1


def test_what_is_closed_gets_the_end_of_its_alerts(incident: Incident, alert: Alert) -> None:
    close(incident, NOW)
    late = NOW + 100 * AFTER_CLOSE
    gather_all(NOW)
    gather_all(late)
    Alert.objects.update(dedup_key=None, status="resolved", resolved_at=late)
    log(alert, "resolved", late, new="resolved")
    assert gather_all(late + AGAIN - MINUTE) == 0, "it was read a moment ago"
    assert gather_all(late + AGAIN) == 1
    log(alert, "disposition", late, new="expected", actor_name="ada")
    assert gather_all(late + HOUR) == 0, "nothing of it fires any more"
    assert gather(incident.pk, late + HOUR) == 1, "a person may ask for it"


def test_more_than_a_run_takes_comes_after_closing_too(
    incident: Incident, alert: Alert, monkeypatch: pytest.MonkeyPatch
) -> None:
    Alert.objects.update(dedup_key=None, status="resolved", resolved_at=NOW)
    close(incident, NOW)
    late = NOW + 5 * AFTER_CLOSE
    monkeypatch.setattr(gathering, "MOST", 2)
    for number in range(5):
        release(f"v{number}", START + number * MINUTE)
    assert [gather_all(late) for _ in range(4)] == [4, 2, 1, 0], "the opening and the rule's version are two of them"
    assert Incident.objects.get().gathered_until == late
    assert gather_all(late + 2 * AGAIN) == 0


def test_an_earlier_start_of_what_is_closed_is_gathered(incident: Incident, alert: Alert) -> None:
    Alert.objects.update(dedup_key=None, status="resolved", resolved_at=NOW)
    close(incident, NOW)
    late = NOW + 5 * AFTER_CLOSE
    release("early", START - 3 * HOUR)
    gather_all(late)
    edit(incident.pk, {"started_at": START - 3 * HOUR}, late, by=None, actor="ada")
    assert gather_all(late) == 1
    assert gathered(incident)[0] == "Release early first seen"


def test_gathering_is_in_no_history(incident: Incident) -> None:
    before = incident.events.count()
    gather(incident.pk, NOW)
    assert incident.events.count() == before


def test_closing_itself_is_gathered(incident: Incident, alert: Alert) -> None:
    Alert.objects.update(dedup_key=None, status="resolved", resolved_at=NOW)
    gather_all(NOW)
    close(incident, NOW + MINUTE)
    log(alert, "disposition", NOW + MINUTE, new="true_positive", actor_name="ada")
    assert gather_all(NOW + 2 * AGAIN) == 1
    assert gathered(incident)[-1].endswith("disposition true positive")


def test_records_of_runbooks_are_left_alone(incident: Incident) -> None:
    close(incident, NOW)
    Incident.objects.update(import_key="raptor/1", gathered_until=None)
    assert gather_all(NOW + HOUR) == 0


def test_one_that_cannot_be_gathered_stops_no_other(incident: Incident, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_incident("Another", now=START)
    release("3.2.0", START)
    other.places.add(ProjectEnvironment.objects.get())
    asked = gathering.question_about

    def failing(about: Incident, *args: object) -> object:
        if about.pk == incident.pk:
            raise RuntimeError
        return asked(about, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(gathering, "question_about", failing)
    assert gather_all(NOW) == 1
    assert gathered(other) == ["Release 3.2.0 first seen"]


def test_it_costs_the_same_for_much_and_for_little(
    incident: Incident, alert: Alert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    gather(incident.pk, NOW)
    # 3 incident, locked in a transaction; 4 question; states, handling, groups, messages; 1 release, 3 rule, 1 freeze;
    # known; insert; fires; update
    queries = 3 + 4 + 4 + 1 + 3 + 1 + 1 + 1 + 1
    with django_assert_num_queries(queries - 2):  # nothing to insert: Django asks for no known refs of none either
        gather(incident.pk, NOW)
    for number in range(30):
        release(f"v{number}", START)
        log(alert, "firing", new="firing")
        incident.places.add(ProjectEnvironment.objects.create(project=alert.project, name=f"place{number}"))
    IncidentAlert.objects.create(incident=incident, alert=make_alert(), added_at=NOW, added_by="ada")
    with django_assert_num_queries(queries):
        assert gather(incident.pk, NOW) > 60


def test_a_run_ends_when_its_time_is_spent_and_the_next_one_goes_on(incident: Incident) -> None:
    make_incident("Another", now=START)
    ticks = count()
    gather_all(NOW, lambda: next(ticks) * 6)
    assert Incident.objects.filter(gathered_until=NOW).count() == 1
    gather_all(NOW + MINUTE)
    assert Incident.objects.filter(gathered_until=NOW + MINUTE).count() == 2


def test_every_source_is_listed() -> None:
    folder = Path(registry.__file__).parent
    sources = {path.stem for path in folder.glob("*.py")} - {"__init__", "contract", "registry", "alert_log"}
    listed = re.findall(r"(\w+)\.read,", (folder / "registry.py").read_text())
    assert set(listed) == sources
    assert len(registry.SOURCES) == len(sources)
