"""What is set without its value being seen, and what is not known: stored, shown, and nothing claimed of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from bootstrap.config_health.findings.contradictions import Claim, contradictions
from bootstrap.config_health.findings.facts import reported_facts
from bootstrap.config_health.findings.flag_state import any_is_on
from bootstrap.config_health.findings.judge import ALWAYS, DeploymentInputs, VariableRule, violations
from bootstrap.config_health.models import ConfigReport, VariableChange, VariableState
from bootstrap.config_health.variable_status import JudgedVariable
from bootstrap.systems.models import ConfigVar, Flag
from bootstrap.systems.value_rules.conditions import parse
from tests.bootstrap.config_health import reports
from tests.bootstrap.config_health.reports import NIGHT, variable
from tests.bootstrap.people import client_of

UNSEEN, UNKNOWN = JudgedVariable("unseen"), JudgedVariable("unknown")
PLACE = DeploymentInputs(1, "api", reported_at=NIGHT)


@pytest.mark.parametrize("state", [UNSEEN, UNKNOWN])
def test_neither_is_missing_malformed_or_a_wrong_word(state: JudgedVariable) -> None:
    rule = VariableRule("A", ALWAYS, accepted=("production",), expected="production", words=("production",))
    place = replace(PLACE, rules=[rule], states={"A": state}, signed_fingerprints={"A": ("g", "x")})
    assert violations(place, [], {1: place}, NIGHT) == []


def test_what_must_not_be_set_is_found_without_its_value() -> None:
    place = replace(PLACE, rules=[VariableRule("A", ALWAYS, forbidden=True)], states={"A": UNSEEN})
    assert [found.kind for found in violations(place, [], {1: place}, NIGHT)] == ["forbidden_present"]
    assert violations(replace(place, states={"A": UNKNOWN}), [], {1: place}, NIGHT) == []


def test_a_fallback_that_is_set_is_one_whether_its_value_was_seen_or_not() -> None:
    rule = VariableRule("A", ALWAYS, fallback_to="B")
    place = replace(PLACE, rules=[rule], states={"A": JudgedVariable("unset"), "B": UNSEEN})
    assert [found.kind for found in violations(place, [], {1: place}, NIGHT)] == ["fallback_active"]


def test_whether_a_flag_is_on_is_not_known() -> None:
    assert any_is_on([UNSEEN]) is any_is_on([UNKNOWN]) is None
    assert any_is_on([JudgedVariable("unset"), UNKNOWN]) is None, "it may be on by that alias"


@pytest.mark.django_db
def test_from_the_report_to_the_pages() -> None:
    place = reports.deployment()
    for name in ("SEEN", "HIDDEN", "MAYBE"):
        ConfigVar.objects.create(app=place.app, name=name, required_when="always")
    note = {"name": "HIDDEN", "kind": "hidden", "lines": []}
    later = {"name": "MAYBE", "kind": "of_a_later_agent", "lines": [3]}
    reports.report(
        place,
        variable("SEEN"),
        variable("HIDDEN", "unseen"),
        variable("MAYBE", "unknown"),
        complete=False,
        notes=[note, later],
        other_names=[],
    )
    assert dict(VariableState.objects.values_list("name", "state")) == {
        "SEEN": "set", "HIDDEN": "unseen", "MAYBE": "unknown",
    }  # fmt: skip
    report = ConfigReport.objects.get()
    assert (report.complete, report.notes, report.findings.count()) == (False, [note, later], 0)
    facts = reported_facts([place], NIGHT)[place.pk]
    assert [parse(f"set({name})").holds(facts) for name in ("HIDDEN", "MAYBE")] == [True, None]
    claims = [Claim(place.environment_id, (name,), place.app_id) for name in ("HIDDEN", "MAYBE")]
    assert contradictions(claims, NIGHT) == ["", ""]
    forbidden = Claim(place.environment_id, ("HIDDEN",), place.app_id, forbidden=True)
    assert "says it is set" in contradictions([forbidden], NIGHT)[0]
    client: Client = client_of("ann")
    matrix = client.get("/environments/matrix/").content.decode()
    assert "<td class=k>set, not seen" in matrix
    assert "<td class=q>not known" in matrix
    page = client.get("/environments/demo/prod/").content.decode()
    assert "HIDDEN is set, but its value is not shown there" in page
    assert "of_a_later_agent" not in page
    assert "did not see all that the application gets" in page


@pytest.mark.django_db
def test_a_value_that_is_no_longer_seen_is_drift_in_words() -> None:
    place = reports.deployment()
    ConfigVar.objects.create(app=place.app, name="A")
    reports.report(place, variable("A", format_ok=True))
    reports.report(place, variable("A", "unseen"), at=NIGHT.replace(hour=4))
    change = VariableChange.objects.get()
    assert (change.before["state"], change.after["state"]) == ("set", "unseen")
    assert "set → set, value not seen" in client_of("ann").get("/environments/demo/prod/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "part", [{"notes": [{"name": "A", "kind": "x", "value": "secret"}]}, {"notes": [{"name": "a secret", "kind": "x"}]}]
)
def test_a_note_has_no_place_for_a_value(part: dict[str, object]) -> None:
    place = reports.deployment()
    answer = reports.post(reports.agent_of(place), reports.body(**part))
    assert answer.status_code == 422
    assert "secret" not in answer.content.decode()
    assert not Flag.objects.exists()
