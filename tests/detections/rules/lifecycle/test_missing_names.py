"""Names in a rule's lists that nothing answers to are found, with those that may have been meant."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.checklists.models import Checklist, ChecklistVersion, Item, Section
from bootstrap.systems.models import App, ConfigVar, Flag, System
from detections.probes.models import ProbeInvariant
from detections.rules.lifecycle.missing_names import missing_names, refused_names
from detections.rules.lifecycle.name_kinds import KINDS
from detections.rules.spec.schema import RuleSpec, decode
from opsconsole.accounts.models import Owner, User
from tests.detections.probes.rows import stored_target
from tests.detections.rules import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def checklist() -> None:
    """An item about a flag with an alias, one about a variable, and one by itself."""
    system = System.objects.create(slug="shop", name="Shop")
    app = App.objects.create(system=system, slug="api", name="API")
    made = Checklist.objects.create(system=system, slug="bring-up", title="Bring-up")
    version = ChecklistVersion.objects.create(checklist=made, number=1, content_hash="x")
    section = Section.objects.create(version=version, order=1, slug="error-tracking", title="Error tracking")
    flag = Flag.objects.create(system=system, name="sentry_backend", aliases=["FLAG_SENTRY_BACKEND"])
    variable = ConfigVar.objects.create(app=app, name="SENTRY_DSN")
    ConfigVar.objects.create(app=app, name="UNLISTED")
    Item.objects.create(section=section, order=1, key="FLAG_SENTRY", text="On", kind=Item.Kind.FLAG, flag=flag)
    Item.objects.create(section=section, order=2, key="SENTRY_DSN", text="Set").variables.add(variable)
    Item.objects.create(section=section, order=3, key="ALERTS_TESTED", text="Try it")
    Owner.objects.create(name="sre-agent")
    User.objects.create_user("ada")


def spec(*prerequisites: str, **content: Any) -> RuleSpec:
    sources = [{"source": "sentry", "prerequisites": list(prerequisites)}]
    return decode({"title": "t", "selector": {"sources": sources}, "conditions": [{"kind": "exceedance"}], **content})


@pytest.mark.parametrize(
    "predicate",
    [
        "flag:sentry_backend",
        "flag:FLAG_SENTRY_BACKEND",
        "var:SENTRY_DSN",
        "var:api/SENTRY_DSN",
        "item:ALERTS_TESTED",
        "section:error-tracking",
    ],
)
def test_what_a_checklist_has_is_no_missing_prerequisite(checklist: None, predicate: str) -> None:
    assert missing_names(spec(predicate)) == []


@pytest.mark.parametrize(
    ("predicate", "sentence"),
    [
        ("item:ALERT_TESTED", "No checklist item is called ALERT_TESTED; did you mean ALERTS_TESTED?"),
        ("flag:sentry_backed", "No flag of a checklist is called sentry_backed; did you mean sentry_backend"),
        ("var:SENTRY_DNS", "No variable of a checklist is called SENTRY_DNS; did you mean SENTRY_DSN?"),
        ("var:UNLISTED", "No variable of a checklist is called UNLISTED; there are: SENTRY_DSN"),
        ("var:web/SENTRY_DSN", "No variable of a checklist is called web/SENTRY_DSN; did you mean api/SENTRY_DSN?"),
        ("section:error", "No checklist section is called error; there are: error-tracking"),
    ],
)
def test_a_prerequisite_that_can_never_hold_names_what_was_meant(
    checklist: None, predicate: str, sentence: str
) -> None:
    (missing,) = missing_names(spec(predicate))
    assert missing.named.path == "selector.sources[0].prerequisites[0]"
    assert missing.sentence.startswith(sentence)


def test_owners_fixtures_and_variables(checklist: None) -> None:
    signature = {"name": "a", "cause": "b", "owner": "sre-agnet", "message": "x"}
    found = missing_names(
        spec(
            owner="ada",
            signatures=[signature],
            escalation=[{"owner": "sre-agent"}, {"owner": "payments"}],
            fixtures=["any_route_burst_positive", "any_route_burst_positiv"],
        )
    )
    assert [(each.named.path, each.alike) for each in found] == [
        ("signatures[0].owner", ("sre-agent",)),
        ("escalation[1].owner", ()),
        ("fixtures[1]", ("any_route_burst_positive", "any_route_quiet_negative")),
    ]
    config = {
        "title": "t",
        "selector": {"sources": [{"source": "config"}]},
        "group_by": "variable",
        "conditions": [{"kind": "config_finding", "variables": ["SENTRY_*", "UNLISTED", "SENTRI_*"]}],
    }
    (missing,) = missing_names(decode(config))
    assert (missing.named.path, missing.sentence) == (
        "conditions[0].variables[2]",
        "No variable matches SENTRI_*; did you mean SENTRY_DSN?",
    )


def test_a_name_that_the_rule_or_another_already_has_is_not_refused(checklist: None) -> None:
    old, new = spec("item:LATER"), spec("item:LATER", "item:ALERT_TESTED")
    assert [each.named.name for each in refused_names(new, old)] == ["ALERT_TESTED"]
    assert [each.named.name for each in refused_names(new, None)] == ["LATER", "ALERT_TESTED"]
    world.rule("R-2", selector={"sources": [{"source": "sentry", "prerequisites": ["item:LATER"]}]})
    assert [each.named.name for each in refused_names(new, None)] == ["ALERT_TESTED"]


def test_an_owner_is_refused_only_where_one_is_spelt_like_it(checklist: None) -> None:
    """Texts name owners, and need not wait until one exists."""
    assert [each.named.name for each in refused_names(spec(owner="sre-agnet"), None)] == ["sre-agnet"]
    assert refused_names(spec(owner="payments"), None) == []


def test_what_is_asked_for_is_read_once_a_kind(checklist: None, django_assert_num_queries: Any) -> None:
    many = spec("item:ALERTS_TESTED", "item:SENTRY_DSN", "flag:sentry_backend", "var:SENTRY_DSN", "var:SENTRY_DSN")
    with django_assert_num_queries(3):
        assert missing_names(many) == []
    with django_assert_num_queries(0):
        assert missing_names(spec()) == []


def test_names_are_found_beyond_those_that_are_compared(checklist: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detections.rules.lifecycle.missing_names.MOST", 1)
    assert missing_names(spec("item:SENTRY_DSN", "item:ALERTS_TESTED")) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_finds_names_by_a_part_in_any_case(checklist: None, kind: str) -> None:
    everything = KINDS[kind].find("", 50)
    for each in everything:
        assert each in KINDS[kind].find(each.word[1:].upper(), 50)
    assert KINDS[kind].find("no such name", 50) == []
    assert len(KINDS[kind].find("", 1)) == min(1, len(everything))


def probing(**condition: list[str]) -> RuleSpec:
    content = {"selector": {"sources": [{"source": "probe"}]}, "group_by": "probe"}
    return decode({"title": "t", **content, "conditions": [{"kind": "probe_check", **condition}]})


def test_targets_and_checks_of_probes_that_are_not_there_are_named() -> None:
    target = stored_target("aurora-rollout")
    ProbeInvariant.objects.create(target=target, kind="latency", check_id="too_slow", fields={})
    known = ["meta_missing", "elevated_failures", "assertion_failed", "too_slow", "no_run"]
    assert missing_names(probing(targets=["aurora-rollout"], checks=known)) == []
    found = [each.sentence for each in missing_names(probing(targets=["aurora-rolout"], checks=["meta_mising"]))]
    assert found == [
        "No probe target is called aurora-rolout; did you mean aurora-rollout?",
        "No check of a probe is called meta_mising; did you mean meta_missing or field_missing?",
    ]
