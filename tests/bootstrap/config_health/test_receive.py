"""Reports become states, drift and findings; the later one wins, the same one changes nothing."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bootstrap.config_health.findings.recompute import recompute
from bootstrap.config_health.models import ConfigReport, Finding, VariableChange, VariableState
from bootstrap.config_health.reports.receive import ReportFromFutureError, ReportIncompleteError
from bootstrap.systems.config.manifest import manifest_of
from bootstrap.systems.models import ConfigVar, Deployment
from tests.bootstrap.config_health.reports import NIGHT, deployment, printed, report, variable

DAY = timedelta(days=1)


@pytest.fixture
def place(db: None) -> Deployment:
    found = deployment()
    for name in ("SECRET_KEY", "DATABASE_URL"):
        ConfigVar.objects.create(app=found.app, name=name, required_when="Always")
    return found


def states() -> dict[str, str]:
    return dict(VariableState.objects.values_list("name", "state"))


def open_kinds() -> set[tuple[str, str, str]]:
    return set(Finding.objects.filter(closed_at=None).values_list("subject", "kind", "severity"))


def test_states_and_findings_follow_the_report(place: Deployment) -> None:
    received = report(place, variable("SECRET_KEY"), variable("DATABASE_URL", "unset"), release="v12")
    assert states() == {"SECRET_KEY": "set", "DATABASE_URL": "unset"}
    assert [(f.subject, f.kind, f.severity) for f in received.findings] == [("DATABASE_URL", "missing", "critical")]
    assert received.report.release == "v12"
    assert not VariableChange.objects.exists()


def test_what_changed_is_kept_and_the_finding_is_closed(place: Deployment) -> None:
    report(place, variable("SECRET_KEY"), variable("DATABASE_URL", "unset"))
    later = report(place, variable("SECRET_KEY"), variable("DATABASE_URL"), at=NIGHT + DAY, release="v13")
    assert later.findings == []
    (change,) = VariableChange.objects.all()
    assert (change.name, change.at, change.release) == ("DATABASE_URL", NIGHT + DAY, "v13")
    assert (change.before["state"], change.after["state"]) == ("unset", "set")
    assert Finding.objects.get().closed_at == NIGHT + DAY
    assert VariableState.objects.get(name="SECRET_KEY").since == NIGHT
    assert VariableState.objects.get(name="DATABASE_URL").since == NIGHT + DAY


def test_what_an_agent_leaves_out_is_not_reported_which_is_not_unset(place: Deployment) -> None:
    report(place, variable("SECRET_KEY"), variable("DATABASE_URL", "unset"))
    ConfigVar.objects.create(app=place.app, name="NEW", required_when="Always")
    report(place, at=NIGHT + DAY)
    report(place, variable("SECRET_KEY"), at=NIGHT + 2 * DAY)
    assert states() == {"SECRET_KEY": "set", "DATABASE_URL": "unset"}
    assert open_kinds() == {("DATABASE_URL", "missing", "critical")}
    assert Finding.objects.get().opened_at == NIGHT
    assert not VariableChange.objects.exists()
    assert dict(VariableState.objects.values_list("name", "last_reported_at")) == {
        "SECRET_KEY": None,
        "DATABASE_URL": NIGHT,
    }
    report(place, variable("DATABASE_URL", "unset"), at=NIGHT + 3 * DAY)
    row = VariableState.objects.get(name="DATABASE_URL")
    assert (row.since, row.last_reported_at) == (NIGHT, None)


def test_what_nobody_asks_for_any_more_is_not_reported(place: Deployment) -> None:
    report(place, variable("SECRET_KEY"), variable("DATABASE_URL", "unset"))
    ConfigVar.objects.filter(name="DATABASE_URL").delete()
    report(place, variable("SECRET_KEY"), at=NIGHT + DAY)
    assert states()["DATABASE_URL"] == "not_reported"
    assert open_kinds() == set()


def test_a_report_that_leaves_out_what_todays_manifest_asks_for_is_refused(place: Deployment) -> None:
    report(place, variable("SECRET_KEY"), variable("DATABASE_URL", "unset"))
    for variables in ([], [variable("SECRET_KEY")]):
        with pytest.raises(ReportIncompleteError):
            report(place, *variables, at=NIGHT + DAY, manifest=manifest_of(place)["hash"])
    assert ConfigReport.objects.count() == 1
    assert open_kinds() == {("DATABASE_URL", "missing", "critical")}


def test_the_same_report_again_changes_nothing(place: Deployment) -> None:
    variables = [variable("SECRET_KEY", "empty"), variable("DATABASE_URL")]
    first, second = report(place, *variables), report(place, *variables)
    assert first.report == second.report
    assert [f.pk for f in first.findings] == [f.pk for f in second.findings]
    assert (ConfigReport.objects.count(), Finding.objects.count()) == (1, 1)


def test_an_older_report_is_history(place: Deployment) -> None:
    report(place, variable("SECRET_KEY"))
    report(place, variable("SECRET_KEY", "unset"), at=NIGHT - DAY)
    assert states() == {"SECRET_KEY": "set"}
    assert open_kinds() == set()
    assert ConfigReport.objects.count() == 2


def test_of_two_at_the_same_second_the_one_that_came_last_counts(place: Deployment) -> None:
    report(place, variable("SECRET_KEY"))
    report(place, variable("SECRET_KEY", "unset"))
    assert states() == {"SECRET_KEY": "unset"}


def test_a_report_from_the_future_is_refused(place: Deployment) -> None:
    from bootstrap.config_health.reports import payload
    from bootstrap.config_health.reports.receive import receive

    early = payload.ReportIn(schema=1, reported_at=NIGHT + timedelta(seconds=301), variables=[])
    with pytest.raises(ReportFromFutureError):
        receive(place, early, NIGHT)
    receive(place, early, NIGHT + timedelta(seconds=1))
    assert ConfigReport.objects.count() == 1


def test_names_and_groups_that_nobody_asked_for_are_not_kept_as_states(place: Deployment) -> None:
    secret_key = variable("SECRET_KEY", fingerprints={"another/group": "0" * 16})
    received = report(place, secret_key, variable("UNKNOWN"), variable("GONE", "unset"), other_names=["PATH"])
    assert states() == {"SECRET_KEY": "set"}
    assert VariableState.objects.get().fingerprints == {}
    assert received.report.other_names == ["PATH", "UNKNOWN"]


def test_the_first_fingerprint_is_drift_only_where_it_differs(place: Deployment) -> None:
    report(place, printed(place, "SECRET_KEY", "a"))
    report(place, printed(place, "SECRET_KEY", "a"), at=NIGHT + DAY)
    assert not VariableChange.objects.exists()
    report(place, printed(place, "SECRET_KEY", "b"), at=NIGHT + 2 * DAY)
    assert VariableChange.objects.count() == 1


def test_another_severity_closes_one_finding_and_opens_the_next(place: Deployment) -> None:
    report(place, variable("DATABASE_URL", "unset"))
    ConfigVar.objects.filter(name="DATABASE_URL").update(required_when="FLAG_X=1", failure_mode="silent_skip")
    report(place, variable("DATABASE_URL", "unset"), at=NIGHT + DAY)
    assert open_kinds() == set()  # FLAG_X was not reported and no checklist uses the variable
    assert Finding.objects.get().closed_at == NIGHT + DAY


def test_judging_twice_opens_nothing_twice(place: Deployment) -> None:
    report(place, variable("DATABASE_URL", "unset"))
    assert recompute(place.environment, NIGHT) == 0
    assert Finding.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_reports_at_once_leave_the_later_one_in_force(place: Deployment) -> None:
    def send(hours: int) -> None:
        state = "set" if hours == 5 else "unset"
        report(place, variable("SECRET_KEY", state), at=NIGHT + timedelta(hours=hours))
        connection.close()

    threads = [threading.Thread(target=send, args=[hours]) for hours in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states() == {"SECRET_KEY": "set"}
    assert ConfigReport.objects.count() == 6
    assert open_kinds() == set()


def test_queries_do_not_grow_with_variables(place: Deployment) -> None:
    def counted(at: int, state: str) -> int:
        names = ConfigVar.objects.values_list("name", flat=True)
        variables = [variable(name, state) for name in names]
        with CaptureQueriesContext(connection) as queries:
            report(place, *variables, at=NIGHT + at * DAY)
        return len(queries)

    counted(0, "set")
    few = counted(1, "unset")
    ConfigVar.objects.bulk_create(ConfigVar(app=place.app, name=f"V_{n}", required_when="Always") for n in range(50))
    counted(2, "set")
    assert counted(3, "unset") == few


# -- What the database itself refuses


def refused(statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_history_cannot_be_rewritten(place: Deployment) -> None:
    report(place, variable("SECRET_KEY", "unset"))
    report(place, variable("SECRET_KEY"), at=NIGHT + DAY)
    for statement in (
        "UPDATE bootstrap_configreport SET release = 'x'",
        "UPDATE bootstrap_variablechange SET name = 'x'",
        "DELETE FROM bootstrap_variablechange",
        "DELETE FROM bootstrap_finding",
        "UPDATE bootstrap_finding SET severity = 'info'",
        "UPDATE bootstrap_finding SET closed_at = NULL",
        "UPDATE bootstrap_finding SET closed_at = opened_at - INTERVAL '1 second'",
    ):
        refused(statement)


def test_a_young_report_cannot_be_deleted(place: Deployment) -> None:
    ConfigReport.objects.create(deployment=place, reported_at=NIGHT, received_at=NIGHT, content_hash="0")
    refused("UPDATE bootstrap_configreport SET received_at = NOW()")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM bootstrap_configreport")  # of June: old enough
        cursor.execute(
            "INSERT INTO bootstrap_configreport (deployment_id, reported_at, received_at, release, agent, manifest,"
            " facts, other_names, complete,"
            " notes, content_hash) VALUES (%s, NOW(), NOW(), '', '', '', '{}', '[]', true, '[]', '')",
            [place.pk],
        )
    refused("DELETE FROM bootstrap_configreport")


def test_one_open_finding_of_a_kind(place: Deployment) -> None:
    report(place, variable("SECRET_KEY", "unset"))
    refused(
        "INSERT INTO bootstrap_finding (deployment_id, subject, kind, severity, detail, opened_at)"
        " SELECT deployment_id, subject, kind, 'info', '', opened_at FROM bootstrap_finding"
    )
