"""What time alone changes: staleness, postures that lapse, old reports; and what recompute reads of checklists."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bootstrap.checklists.models import SignOff
from bootstrap.config_health.findings.recheck import drop_old_reports, recompute_all
from bootstrap.config_health.models import ConfigReport, Finding, VariableState
from bootstrap.config_health.reports import tokens
from bootstrap.systems.config.manifest import constraint_group
from bootstrap.systems.models import ConfigConstraint, ConfigVar, Deployment, Flag
from bootstrap.systems.value_rules.flags import FLAG_WORDS
from tests.bootstrap import builders
from tests.bootstrap.config_health.reports import NIGHT, deployment, printed, report, variable

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ON, OFF = FLAG_WORDS.index("1"), FLAG_WORDS.index("0")


@pytest.fixture
def place() -> Deployment:
    return deployment()


def open_now() -> set[tuple[str, str, str]]:
    return set(Finding.objects.filter(closed_at=None).values_list("subject", "kind", "severity"))


def test_a_silent_agent_is_a_finding_until_it_reports(place: Deployment) -> None:
    report(place)
    assert recompute_all(NIGHT + 26 * HOUR) == 0
    assert recompute_all(NIGHT + 27 * HOUR) == 1
    assert open_now() == {("", "stale", "critical")}
    assert recompute_all(NIGHT + 27 * HOUR) == 0
    report(place, at=NIGHT + 28 * HOUR)
    assert open_now() == set()


def test_a_token_that_nobody_uses_goes_stale_unless_it_is_revoked(place: Deployment) -> None:
    token, _ = tokens.create(place, None, NIGHT)
    recompute_all(NIGHT + 27 * HOUR)
    assert open_now() == {("", "stale", "critical")}
    tokens.revoke(token, NIGHT + 28 * HOUR)
    deployment("staging")  # never reported, no token: not watched
    report(place, at=NIGHT + 28 * HOUR)
    assert open_now() == set()


def test_reports_go_after_90_days_but_never_the_newest(place: Deployment) -> None:
    for day in range(3):
        report(place, variable("X"), at=NIGHT + day * DAY)
    assert drop_old_reports(NIGHT + 91 * DAY) == 1
    assert drop_old_reports(NIGHT + 200 * DAY) == 1
    assert ConfigReport.objects.get().reported_at == NIGHT + 2 * DAY


def test_states_and_findings_outlive_their_report(place: Deployment) -> None:
    ConfigVar.objects.create(app=place.app, name="A", required_when="Always")
    report(place, variable("A", "unset"))
    report(place, variable("A", "unset"), at=NIGHT + DAY)
    drop_old_reports(NIGHT + 200 * DAY)
    assert VariableState.objects.get().report is None
    assert Finding.objects.get().report is None


def test_a_variable_is_needed_while_its_condition_holds(place: Deployment) -> None:
    ConfigVar.objects.create(app=place.app, name="DSN", required_when="FLAG_S=1", failure_mode="http_503")
    Flag.objects.create(system=place.app.system, name="FLAG_S", aliases=["sentry"])
    report(place, variable("DSN", "unset"), variable("FLAG_S", accepted_index=ON))
    assert ("DSN", "missing", "critical") in open_now()
    report(place, variable("DSN", "unset"), variable("FLAG_S", accepted_index=OFF), at=NIGHT + DAY)
    assert open_now() == set()


def test_prose_counts_while_a_checklist_item_applies(place: Deployment) -> None:
    run = builders.run(place.environment)
    item = builders.item(run, "MAIL", variable="MAIL")
    ConfigVar.objects.filter(name="MAIL").update(required_when="Any path that sends email is live")
    report(place, variable("MAIL", "unset"))
    assert open_now() == {("MAIL", "missing", "warning")}
    builders.act(run, item, SignOff.Act.NOT_APPLICABLE)
    recompute_all(NIGHT + HOUR)
    assert open_now() == set()


def test_a_value_that_changed_since_its_item_was_signed(place: Deployment) -> None:
    run = builders.run(place.environment)
    item = builders.item(run, "KEY", variable="KEY")
    report(place, printed(place, "KEY", "a"), at=NIGHT - 5 * DAY)
    builders.act(run, item)  # on 12 June at noon
    report(place, printed(place, "KEY", "b"), at=NIGHT)
    assert open_now() == {("KEY", "changed_since_sign_off", "warning")}
    report(place, printed(place, "KEY", "a"), at=NIGHT + DAY)
    assert open_now() == set()
    report(place, printed(place, "KEY", "c"), at=NIGHT + 2 * DAY)
    builders.act(run, item, at=NIGHT + 2 * DAY + HOUR)
    recompute_all(NIGHT + 2 * DAY + 2 * HOUR)
    assert open_now() == set()


def test_twins_in_two_applications_must_be_equal(place: Deployment) -> None:
    other = deployment(app="console")
    constraint = ConfigConstraint.objects.create(system=place.app.system, name="internal", kind="must_equal")
    for each in (place, other):
        constraint.members.create(variable=ConfigVar.objects.create(app=each.app, name="SECRET"))
    group = constraint_group(place, constraint)
    report(place, printed(place, "SECRET", "a", group))
    assert open_now() == set()
    report(other, printed(other, "SECRET", "b", group))
    assert Finding.objects.filter(closed_at=None, kind="must_equal_broken", severity="critical").count() == 2
    report(place, printed(place, "SECRET", "b", group), at=NIGHT + HOUR)
    assert open_now() == set()


def test_a_flag_that_no_open_checklist_names(place: Deployment) -> None:
    report(place, other_names=["FLAG_NEW"])
    assert open_now() == set()  # no checklist is open: nothing is expected of it
    run = builders.run(place.environment)
    recompute_all(NIGHT + HOUR)
    assert open_now() == {("FLAG_NEW", "flag_without_coverage", "warning")}
    builders.item(run, "NEW", text="Mind FLAG_NEW=1")
    recompute_all(NIGHT + 2 * HOUR)
    assert open_now() == set()


def test_a_literal_judged_by_an_older_manifest_is_left_as_it_was(place: Deployment) -> None:
    kept = ConfigVar.objects.create(app=place.app, name="MODE", accepted_values=["production"])
    report(place, variable("MODE"))
    assert open_now() == {("MODE", "wrong_literal", "info")}
    kept.accepted_values = ["production", "staging"]
    kept.save()
    assert recompute_all(NIGHT + HOUR) == 0
    report(place, variable("MODE", accepted_index=1), at=NIGHT + 2 * HOUR)
    assert open_now() == set()
