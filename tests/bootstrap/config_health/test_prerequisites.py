"""A fresh report outranks a signature on a variable or a flag; a stale one, or none, changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bootstrap.checklists.models import Run, SignOff
from bootstrap.prerequisites import PrerequisiteState, prerequisites
from bootstrap.systems.models import Deployment, Flag
from bootstrap.systems.value_rules.flags import FLAG_WORDS
from tests.bootstrap import builders
from tests.bootstrap.config_health.reports import NIGHT, deployment, report, variable

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DSN, FLAG = "SENTRY_DSN_BACKEND", "FLAG_SENTRY_BACKEND"
OFF, ON = FLAG_WORDS.index("0"), FLAG_WORDS.index("1")


@pytest.fixture
def place() -> Deployment:
    """Both items signed in demo/prod."""
    found = deployment()
    run = builders.run(found.environment)
    for item in (builders.item(run, DSN, variable=DSN), builders.item(run, FLAG, flag=FLAG)):
        builders.act(run, item)
    Flag.objects.update(aliases=["sentry_backend"])
    return found


def state(place: Deployment, predicate: str, hours: float = 0) -> PrerequisiteState:
    return prerequisites(place.environment, [predicate], NIGHT + timedelta(hours=hours))[0]


@pytest.mark.parametrize(
    ("reported", "word"),
    [
        (variable(DSN, "unset"), "unset"),
        (variable(DSN, "empty"), "empty"),
        (variable(DSN, format_ok=False), "set, but malformed"),
    ],
)
def test_a_signed_variable_does_not_hold_against_a_fresh_report(
    place: Deployment, reported: dict[str, Any], word: str
) -> None:
    assert state(place, f"var:{DSN}").holds
    report(place, reported)
    found = state(place, f"var:{DSN}")
    assert (found.holds, found.contradicted) == (False, True)
    assert found.why == (
        f"Signed by ada, 2026-06-12 12:00 UTC — but the report of 2026-06-14 03:00 UTC says it is {word}"
    )
    assert found.url
    assert found.command


@pytest.mark.parametrize("reported", [variable(DSN), variable(DSN, format_ok=True), variable("OTHER", "unset")])
def test_other_words_contradict_nothing(place: Deployment, reported: dict[str, Any]) -> None:
    report(place, reported)
    found = state(place, f"var:{DSN}")
    assert (found.holds, found.contradicted) == (True, False)


@pytest.mark.parametrize(("hours", "holds"), [(0, False), (26, False), (26.1, True)])
def test_a_stale_report_contradicts_nothing(place: Deployment, hours: float, holds: bool) -> None:
    report(place, variable(DSN, "unset"))
    assert state(place, f"var:{DSN}", hours).holds is holds


def test_a_report_that_says_the_same_again_counts_from_then(place: Deployment) -> None:
    report(place, variable(DSN, "unset"))
    report(place, variable(DSN, "unset"), at=NIGHT + 24 * HOUR)
    assert not state(place, f"var:{DSN}", hours=30).holds


@pytest.mark.parametrize(("hours", "holds"), [(25, False), (27, True)])
def test_what_newer_reports_leave_out_counts_from_when_it_was_told(place: Deployment, hours: int, holds: bool) -> None:
    report(place, variable(DSN, "unset"))
    report(place, at=NIGHT + 20 * HOUR)
    report(place, at=NIGHT + 24 * HOUR)
    found = state(place, f"var:{DSN}", hours)
    assert found.holds is holds
    assert ("the report of 2026-06-14 03:00 UTC says it is unset" in found.why) is not holds


@pytest.mark.parametrize(
    ("reported", "holds", "word"),
    [
        (variable(FLAG, accepted_index=ON), True, ""),
        (variable(FLAG, accepted_index=OFF), False, "says it is off"),
        (variable(FLAG, "unset"), False, "says it is unset"),
        (variable(FLAG, "empty"), False, "says it is empty"),
        (variable(FLAG), True, ""),  # set to a word that is neither
    ],
)
@pytest.mark.parametrize("name", [FLAG, "sentry_backend"])
def test_a_flag_that_is_reported_off(
    place: Deployment, reported: dict[str, Any], holds: bool, word: str, name: str
) -> None:
    report(place, reported)
    found = state(place, f"flag:{name}")
    assert (found.holds, found.contradicted) == (holds, not holds)
    assert found.why.endswith(word)


def test_what_is_not_signed_is_not_contradicted(place: Deployment) -> None:
    run = Run.objects.get()
    builders.item(run, "OTHER", variable="OTHER")
    report(place, variable("OTHER", "unset"))
    found = state(place, "var:OTHER")
    assert (found.holds, found.contradicted, found.why) == (False, False, "Not signed yet")


def test_items_and_sections_do_not_hold_against_a_report_either(place: Deployment) -> None:
    report(place, variable(DSN, "unset"))
    item, section = state(place, f"item:{DSN}"), state(place, "section:core")
    assert (item.holds, item.contradicted, section.holds, section.contradicted) == (False, True, False, True)
    assert item.why.endswith("— but the report of 2026-06-14 03:00 UTC says it is unset")
    assert section.why == (
        f"1 of 2 items done; {DSN} is signed — but the report of 2026-06-14 03:00 UTC says it is unset"
    )
    assert section.url
    assert section.url.endswith(f"#item-{DSN}")
    assert state(place, f"item:{FLAG}").holds
    builders.item(Run.objects.get(), "LATER")
    section = state(place, "section:core")
    assert (section.contradicted, section.short) == (False, "LATER")
    assert f"; next: LATER; {DSN} is signed" in section.why


def test_an_item_of_several_variables_is_contradicted_by_any(place: Deployment) -> None:
    run = Run.objects.get()
    item = builders.item(run, "BOTH", variable="FIRST")
    item.variables.add(place.app.variables.create(name="SECOND"))
    builders.act(run, item)
    report(place, variable("FIRST"), variable("SECOND", "unset"), variable(DSN))
    assert not state(place, "item:BOTH").holds
    assert state(place, "var:FIRST").holds
    assert not state(place, "var:SECOND").holds


def test_what_must_not_be_set_is_contradicted_by_being_set(place: Deployment) -> None:
    place.app.variables.filter(name=DSN).update(must_not_be_set=True)
    report(place, variable(DSN, "unset"))
    assert state(place, f"item:{DSN}").holds
    report(place, variable(DSN), at=NIGHT + HOUR)
    assert state(place, f"item:{DSN}", hours=1).why.endswith("says it is set")


def test_empty_where_that_is_a_value_contradicts_nothing(place: Deployment) -> None:
    place.app.variables.filter(name=DSN).update(empty_is_unset=False)
    report(place, variable(DSN, "empty"))
    assert state(place, f"var:{DSN}").holds


def test_a_flag_on_under_its_other_name_is_on(place: Deployment) -> None:
    report(place, variable(DSN), variable(FLAG, "unset"), variable("sentry_backend", accepted_index=ON))
    assert state(place, f"flag:{FLAG}").holds
    report(place, variable(FLAG, "unset"), variable("sentry_backend", accepted_index=OFF), at=NIGHT + HOUR)
    assert state(place, "flag:sentry_backend", hours=1).why.endswith("says it is off")


def test_an_item_that_wants_a_flag_off_proves_no_flag_and_holds_while_it_is_off(place: Deployment) -> None:
    run = Run.objects.get()
    other = builders.item(run, "FLAG_DEMO", flag="FLAG_DEMO", values={"*": "0"})
    builders.act(run, other)
    found = state(place, "flag:FLAG_DEMO")
    assert (found.holds, found.contradicted) == (False, False)
    assert found.why == "The item of FLAG_DEMO wants it off in this environment"
    assert state(place, "item:FLAG_DEMO").holds
    report(place, variable("FLAG_DEMO", accepted_index=OFF))
    assert state(place, "item:FLAG_DEMO").holds
    report(place, variable("FLAG_DEMO", accepted_index=ON), at=NIGHT + HOUR)
    assert state(place, "item:FLAG_DEMO", hours=1).why.endswith("says it is on")
    third = builders.item(run, "AGAIN", flag="FLAG_DEMO", values={"*": "0", "prod": "1"})
    builders.act(run, third)
    assert state(place, "flag:FLAG_DEMO", hours=1).holds


def test_a_variable_of_several_applications_has_to_hold_in_each(place: Deployment) -> None:
    run = Run.objects.get()
    console = deployment(app="console")
    item = builders.item(run, "CONSOLE_DSN")
    item.variables.add(console.app.variables.create(name=DSN))
    found = state(place, f"var:{DSN}")
    assert (found.holds, found.why, found.short) == (False, "console: Not signed yet", "CONSOLE_DSN")
    assert found.command
    assert "--app console-prod" in found.command
    assert state(place, f"var:demo-api/{DSN}").holds
    assert not state(place, f"var:console/{DSN}").holds
    assert "No open checklist" in state(place, f"var:elsewhere/{DSN}").why
    builders.act(run, item)
    assert state(place, f"var:{DSN}").holds
    report(console, variable(DSN, "unset"))
    assert state(place, f"var:{DSN}").why.startswith("console: Signed by ada")
    builders.act(run, item, SignOff.Act.NOT_APPLICABLE)
    assert state(place, f"var:{DSN}").holds


def test_another_application_and_another_environment_do_not_speak(place: Deployment) -> None:
    other = deployment(app="console")
    other.app.variables.create(name=DSN)
    report(other, variable(DSN, "unset"))
    staging = deployment("staging")
    report(staging, variable(DSN, "unset"))
    assert state(place, f"var:{DSN}").holds


def test_of_a_checklist_of_no_one_app_a_flag_holds_while_one_application_has_it_on(place: Deployment) -> None:
    run = Run.objects.get()
    run.version.checklist.app = None
    run.version.checklist.save()
    report(deployment(app="console"), variable(FLAG, "unset"))
    assert not state(place, f"flag:{FLAG}").holds
    report(place, variable(FLAG, accepted_index=ON))
    assert state(place, f"flag:{FLAG}").holds
