"""A save without a change through the form leaves a rule as it is, to the byte of its export."""

from __future__ import annotations

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detections.rules import packs
from detections.rules.lifecycle import publish
from detections.rules.models import Rule
from detections.rules.silence_models import with_mutes
from detections.rules.spec import form_fields
from detections.rules.spec.schema import decode, encode
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.rule_form.posted import ADMIN, PAGE, opened
from tests.detections.rules.world import NOON

SHIPPED = [packed for path in sorted(packs.FOLDER.glob("*.yaml")) for packed in packs.parse(path.read_text())]
NAMES = [packed.identifier for packed in SHIPPED]


@pytest.fixture
def loaded(db):
    builders.project()
    world.beta()


def exported(identifier):
    rule = with_mutes(Rule.objects.select_related("current")).get(identifier=identifier)
    return packs.export(packs.packed(rule, NOON))


def addresses(rule):
    return {
        PAGE: reverse("rule_edit", args=[rule.identifier]),
        ADMIN: reverse("admin:detections_rule_change", args=[rule.pk]),
    }


@pytest.mark.parametrize("form", [PAGE, ADMIN])
@pytest.mark.parametrize("identifier", NAMES)
def test_every_shipped_rule_is_exported_alike_after_a_save_without_a_change(client, editor, loaded, identifier, form):
    rule, before = Rule.objects.get(identifier=identifier), exported(identifier)
    address = addresses(rule)[form]
    answer = client.post(address, opened(client, address, form))
    assert answer.status_code in (302, 303), answer.context["form"].errors
    assert exported(identifier) == before
    assert rule.versions.count() == 1
    assert "Saved without changes" in client.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("form", [PAGE, ADMIN])
@pytest.mark.parametrize("identifier", NAMES)
def test_a_change_of_one_field_changes_nothing_else(client, editor, loaded, identifier, form):
    rule = Rule.objects.get(identifier=identifier)
    spec = decode(rule.current.spec)
    address = addresses(rule)[form]
    sent = opened(client, address, form, owner="somebody else", reason="They take it over.")
    assert client.post(address, sent).status_code in (302, 303)
    rule.refresh_from_db()
    assert rule.current.number == 2
    assert decode(rule.current.spec) == decode({**encode(spec), "owner": "somebody else"})


@pytest.mark.parametrize("identifier", NAMES)
def test_a_copy_says_what_the_rule_says(client, editor, loaded, identifier):
    address = f"{reverse('rule_new')}?copy={identifier}"
    answer = client.post(reverse("rule_new"), opened(client, address, identifier="COPY-1"))
    assert answer.status_code == 303, answer.context["form"].errors
    old, new = (Rule.objects.get(identifier=name).current.decoded for name in (identifier, "COPY-1"))
    assert differing(old, new) == {}


def differing(old, new):
    """The parts that differ, as (old, new)."""
    before, after = encode(old), encode(new)
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)
CHANCES = st.floats(min_value=1e-12, max_value=0.49, exclude_min=True)
EXCEEDANCES = st.fixed_dictionaries(
    {
        "kind": st.just("exceedance"),
        "window_minutes": st.integers(1, 30),
        "method": st.sampled_from(["nb_tail", "poisson_tail", "mu_plus_k_sigma"]),
        "k": st.floats(1, 20),
        "alpha": CHANCES,
        "high_alpha": CHANCES,
        "hour_alpha": CHANCES,
        "floor_mode": st.sampled_from(["always", "gated"]),
        "early_from_hours": st.none() | st.integers(24, 168),
        "alarms_per_week": st.none() | st.floats(0.001, 10_000),
        "floors": st.sampled_from(
            [{"medium": None, "high": 2, "critical": None}, {"medium": 5, "high": None, "critical": 9}, {}]
        ),
    }
)
FINDINGS = st.fixed_dictionaries(
    {
        "kind": st.just("config_finding"),
        "kinds": st.lists(st.sampled_from(["stale", "missing", "empty"]), max_size=3),
        "severities": st.fixed_dictionaries(
            {name: st.sampled_from([None, "medium", "critical"]) for name in ("critical", "warning", "info")}
        ),
    }
)
SEVERITIES = st.sampled_from(["medium", "high", "critical"])
OTHERS = st.one_of(
    st.fixed_dictionaries({"kind": st.just("rule_health"), "slots": st.integers(1, 60), "severity": SEVERITIES}),
    st.fixed_dictionaries({"kind": st.just("console_health"), "window_minutes": st.integers(1, 60)}),
    st.fixed_dictionaries(
        {
            "kind": st.just("self_check"),
            "checks": st.lists(st.sampled_from(["target", "digest", "source"]), max_size=3),
            "severity": SEVERITIES,
        }
    ),
    st.fixed_dictionaries({"kind": st.just("probe_check"), "severities": st.just(["high"]), "severity": SEVERITIES}),
    st.just({"kind": "probe_check", "severities": ["high", "warn"], "severity": "medium"}),
)
GROUPS = {"config_finding": "variable", "rule_health": "rule", "console_health": "check", "self_check": "part"}
GROUPS |= {"probe_check": "probe"}
SOURCES = {"config_finding": "config", "probe_check": "probe"}


@st.composite
def contents(draw):
    """Contents of rules of every kind, as plain data; lists and mappings, which are rows, have tests of their own."""
    condition = draw(EXCEEDANCES | FINDINGS | OTHERS)
    common = {
        "title": draw(TEXT.filter(bool)),
        "category": draw(TEXT),
        "owner": draw(TEXT),
        "for_minutes": draw(st.integers(0, 1440)),
        "keep_firing_minutes": draw(st.integers(0, 1440)),
        "documentation": draw(st.text("a \n#\t", max_size=30)),
        "expected_false_positives_per_week": draw(st.none() | st.floats(0, 1000)),
        "expected_false_positives_note": draw(TEXT),
        "claimed_validation": draw(st.sampled_from(["", "2026-06-12"])),
        "conditions": [condition],
    }
    kind = condition["kind"]
    if kind != "exceedance":
        source = SOURCES.get(kind, "console")
        return common | {"group_by": GROUPS[kind], "selector": {"sources": [{"source": source}]}}
    selector = {
        "sources": [{"source": "sentry"}],
        "levels": draw(st.lists(st.sampled_from(["error", "fatal", "info"]), min_size=1, max_size=3)),
        "route": draw(TEXT),
        "exception_type": draw(TEXT),
        "message_contains": draw(TEXT),
        "status_class": draw(st.sampled_from(["", "5xx"])),
    }
    return common | {"group_by": draw(st.sampled_from(["route", "issue", "none"])), "selector": selector}


@given(contents())
def test_fields_are_the_content_and_nothing_else(content):
    spec = decode(content)
    assert decode(form_fields.from_fields(form_fields.to_fields(spec))) == spec


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=contents())
def test_any_content_stays_as_it_is_through_a_browser(client, editor, content):
    spec = decode(content)
    Rule.objects.filter(identifier="R-1").update(mode="draft")
    rule = publish.publish("R-1", spec, now=NOON, author_name="test", reason="again").rule
    number = rule.current.number
    address = addresses(rule)[PAGE]
    answer = client.post(address, opened(client, address))
    assert answer.status_code == 303, answer.context["form"].errors
    rule.refresh_from_db()
    assert differing(spec, decode(rule.current.spec)) == {}
    assert rule.current.number == number


def test_a_line_end_in_a_field_of_one_line_is_no_change(client, editor, db):
    content = {"title": "Two\nlines", "owner": "a\nb", "selector": {"sources": [{"source": "sentry"}]}}
    content["selector"]["message_contains"] = "first line\nsecond line"
    content["conditions"] = [{"kind": "exceedance"}]
    rule = publish.publish("R-1", decode(content), now=NOON).rule
    address = addresses(rule)[PAGE]
    assert client.post(address, opened(client, address, floor_high="4")).status_code == 303
    rule.refresh_from_db()
    saved = decode(rule.current.spec)
    assert (saved.title, saved.owner) == ("Two\nlines", "a\nb")
    assert saved.selector.message_contains == "first line\nsecond line"
    assert saved.exceedance.floors.high == 4
