"""A rule's content: round trips, a hash, and errors that name the field and what is allowed."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.config_health.models import Finding
from detections.rules import packs
from detections.rules.spec.conditions import ConfigFinding
from detections.rules.spec.schema import CHOICES, RuleSpec, SpecError, brief, content_hash, decode, encode

PLAIN = {"title": "Errors", "selector": {"sources": [{"source": "sentry"}]}, "conditions": [{"kind": "exceedance"}]}


def plain(**changes):
    return {**PLAIN, **changes}


def texts(alphabet: str | None = None, **sizes: int) -> st.SearchStrategy[str]:
    """What may stand in a rule: anything but NUL (hypothesis makes no lone surrogates)."""
    return st.text(alphabet or st.characters(codec="utf-8", exclude_characters="\0"), **sizes)


floors = st.sets(st.integers(1, 500), min_size=3, max_size=3).map(
    lambda steps: dict(zip(("medium", "high", "critical"), sorted(steps), strict=True))
)
conditions = st.fixed_dictionaries(
    {"kind": st.just("exceedance")},
    optional={
        "window_minutes": st.integers(1, 30),
        "method": st.sampled_from(CHOICES["method"]),
        "k": st.floats(1, 20),
        "alpha": st.floats(1e-9, 0.4),
        "floors": floors,
        "floor_mode": st.sampled_from(CHOICES["floor_mode"]),
    },
)
specs = st.fixed_dictionaries(
    {"title": texts(min_size=1, max_size=50), "selector": st.just(PLAIN["selector"])},
    optional={
        "group_by": st.sampled_from(["route", "issue", "none"]),
        "documentation": texts(max_size=200) | texts(" \n\r\t\x85\u2028-#:|'\"ab", max_size=40),
        "labels": st.dictionaries(texts(max_size=8), texts(max_size=8), max_size=3),
        "keep_firing_minutes": st.integers(0, 1440),
    },
)


@given(specs, conditions)
def test_round_trips(data, condition):
    spec = decode({**data, "conditions": [condition]})
    assert decode(json.loads(json.dumps(encode(spec)))) == spec
    assert decode(brief(spec)) == spec
    assert content_hash(decode(encode(spec))) == content_hash(spec)


@given(specs, conditions)
def test_packs_round_trip(data, condition):
    packed = packs.PackedRule("R-1", "draft", decode({**data, "conditions": [condition]}))
    assert packs.parse(packs.export(packed)) == [packed]


def test_a_version_keeps_its_defaults():
    """Stored content says everything, so that a default that changes later changes no stored version."""
    assert encode(decode(PLAIN))["conditions"][0]["floors"] == {"medium": 1, "high": 3, "critical": 10}


def test_different_content_has_another_hash():
    hashes = {content_hash(decode(plain(title=t, keep_firing_minutes=n))) for t in "ab" for n in (4, 5)}
    assert len(hashes) == 4


@pytest.mark.parametrize(
    ("data", "field", "says"),
    [
        (
            plain(group_by="path"),
            "group_by",
            "'prefix', 'route', 'issue', 'variable', 'rule', 'check', 'part', 'probe', 'none'",
        ),
        (plain(thresholds=3), "", "allowed: title, selector"),
        (plain(conditions=[{"kind": "exceedance", "k": 50}]), "conditions[0].k", "<= 20"),
        (plain(conditions=[{"kind": "magic"}]), "conditions[0].kind", "exceedance"),
        (plain(conditions=[{"kind": "exceedance", "floors": {"high": 1}}]), "conditions[0].floors", "must rise"),
        (plain(conditions=[]), "", "never fires"),
        (plain(selector={"sources": []}), "selector.sources", "length >= 1"),
        (plain(selector={"sources": [{"source": "syslog"}]}), "selector.sources[0].source", "'sentry', 'router'"),
        (
            plain(selector={"sources": [{"source": "sentry", "prerequisites": ["sentry_backend"]}]}),
            "selector",
            "flag:<name>",
        ),
        (plain(selector={"sources": [{"source": "sentry"}] * 2}), "selector", "once"),
        (plain(group_by="prefix"), "", "route glob"),
        (
            plain(signatures=[{"name": "a", "cause": "b", "owner": "c", "message": "(", "syntax": "regex"}]),
            "signatures[0]",
            "missing )",
        ),
        (
            plain(signatures=[{"name": "a", "cause": "b", "owner": "c", "message": r"(a)\1", "syntax": "regex"}]),
            "signatures[0]",
            "invalid escape",
        ),
        (plain(signatures=[{"name": "a", "cause": "b", "owner": "c"}]), "signatures[0]", "not neither"),
        (plain(claimed_validation="soon"), "claimed_validation", "matching regex"),
        ("text", "", "Expected `object`"),
    ],
)
def test_errors_name_the_field_and_what_is_allowed(data, field, says):
    with pytest.raises(SpecError) as caught:
        decode(data)
    assert caught.value.field == field
    assert says in str(caught.value)


CONFIG = {
    "title": "Configuration",
    "selector": {"sources": [{"source": "config"}]},
    "group_by": "variable",
    "conditions": [{"kind": "config_finding"}],
}
findings = st.fixed_dictionaries(
    {"kind": st.just("config_finding")},
    optional={
        "kinds": st.lists(st.sampled_from(CHOICES["kinds"]), unique=True),
        "variables": st.lists(texts(max_size=20), max_size=3),
        "severities": st.dictionaries(
            st.sampled_from(["critical", "warning", "info"]), st.sampled_from(["medium", "high", "critical", None])
        ),
    },
)


@given(findings)
def test_rules_over_findings_round_trip(condition):
    spec = decode({**CONFIG, "conditions": [condition]})
    assert decode(json.loads(json.dumps(encode(spec)))) == spec
    assert decode(brief(spec)) == spec
    packed = packs.PackedRule("R-1", "draft", spec)
    assert packs.parse(packs.export(packed)) == [packed]
    assert (spec.exceedance, spec.condition_of(ConfigFinding)) == (None, spec.conditions[0])


def test_findings_are_worth_what_seed_001_says():
    worth = decode(CONFIG).condition_of(ConfigFinding).severities
    assert (worth.critical, worth.warning, worth.info) == ("critical", "medium", None)


def test_the_kinds_are_those_of_findings():
    assert set(CHOICES["kinds"]) == set(Finding.Kind.values)


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"group_by": "route"}, "", "groups by variable"),
        ({"selector": {"sources": [{"source": "sentry"}]}}, "", "one source config"),
        ({"selector": {"sources": [{"source": "config"}, {"source": "sentry"}]}}, "", "one source config"),
        ({"selector": {**CONFIG["selector"], "route": "/api/*"}}, "", "only project and environment"),
        ({"signatures": [{"name": "a", "cause": "b", "owner": "c", "message": "x"}]}, "", "sees no events"),
        ({"conditions": [{"kind": "exceedance"}]}, "", "needs a condition of kind config_finding"),
        (
            {"conditions": [{"kind": "config_finding", "kinds": ["gone"]}]},
            "conditions[0].kinds[0]",
            "'missing', 'empty'",
        ),
        (
            {"conditions": [{"kind": "config_finding", "severities": {"info": "low"}}]},
            "conditions[0].severities.info",
            "'medium', 'high', 'critical'",
        ),
        ({"conditions": [{"kind": "config_finding", "window": 3}]}, "conditions[0]", "variables"),
    ],
)
def test_what_a_rule_over_findings_cannot_say(changes, field, says):
    with pytest.raises(SpecError) as caught:
        decode({**CONFIG, **changes})
    assert caught.value.field == field
    assert says in str(caught.value)


def test_only_a_rule_over_findings_groups_by_variable():
    with pytest.raises(SpecError, match="variable is for rules of kind config_finding"):
        decode(plain(group_by="variable"))


# Of the shipped packs; DET-OPS-002 as it was before there was a second kind of condition, or places in signatures.
HASHES = {
    "det-beta-003": "52d9f68ae2dfbb2ec5e4a0508ae733cf2727d0084fbece18dfa53a7697d02e8a",
    "det-ops-002": "fcb0e2c8470c3316da4e635dcb832258fefa72518d7e0a54a660957ca0c912d5",
}


@pytest.mark.parametrize(("name", "known"), HASHES.items())
def test_a_new_kind_of_condition_changes_no_older_version(name, known):
    spec = packs.parse((packs.FOLDER / f"{name}.yaml").read_text())[0].spec
    assert content_hash(spec) == known
    assert content_hash(decode(encode(spec))) == known


def test_a_signature_alone_can_be_a_rule():
    signature = {"name": "a", "cause": "b", "owner": "c", "message": "x", "severity": "high"}
    assert isinstance(decode(plain(conditions=[], signatures=[signature])), RuleSpec)


def test_first_response_is_who_has_no_condition():
    spec = decode(plain(owner="team", escalation=[{"owner": "sec", "when": "hostile"}, {"owner": "sre"}]))
    assert spec.first_response == "sre"
    assert decode(plain(owner="team")).first_response == "team"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "is not YAML"),
        ("- 1", "mapping with an `identifier`"),
        (yaml.safe_dump(plain(identifier="X", mode="dormant")), "X: mode: allowed: draft, shadow, active"),
        (yaml.safe_dump(plain(identifier="X", k=1)), "X: Object contains unknown field `k`"),
        (yaml.safe_dump(plain(identifier="X", fixtures=["nowhere"])), "there is no nowhere.json"),
        (yaml.safe_dump(plain(identifier="X")), "nobody answers first"),
    ],
)
def test_lint_says_what_is_wrong(text, says):
    assert any(says in problem for problem in packs.lint(text, "mine.yaml"))


@pytest.mark.parametrize("path", sorted(packs.FOLDER.glob("*.yaml")), ids=lambda p: p.stem)
def test_shipped_packs_are_clean(path):
    assert packs.lint(path.read_text(), path.name) == []
