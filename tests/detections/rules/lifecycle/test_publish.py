"""Versions: numbered, immutable, with a reason where a guardrail asks for it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.utils import ProgrammingError

from detections.rules import packs
from detections.rules.lifecycle.publish import GuardrailError, publish
from detections.rules.models import Baseline, Rule, RuleVersion, Scope
from detections.rules.spec.conditions import Exceedance, Floors
from detections.rules.spec.schema import decode
from detections.telemetry.models import Project, ProjectEnvironment
from opsconsole.accounts.models import User
from tests.detections.rules.world import NOON

pytestmark = pytest.mark.django_db

SHIPPED = {
    "DET-BETA-003",
    "DET-CONFIG-001",
    "DET-CONFIG-002",
    "DET-OPS-002",
    *(f"DET-CONSOLE-00{number}" for number in range(1, 7)),
    *(f"DET-PROBE-00{number}" for number in range(1, 4)),
}


@pytest.fixture
def beta(now):
    packs.load(now)
    return Rule.objects.get(identifier="DET-BETA-003")


def louder(rule):
    condition = Exceedance(method="mu_plus_k_sigma", floor_mode="always", floors=Floors(1, 4, 10))
    return msgspec.structs.replace(decode(rule.current.spec), conditions=(condition,))


def test_loading_twice_changes_nothing(now):
    assert {v.rule.identifier for v in packs.load(now)} == SHIPPED
    before = list(Rule.objects.values())
    assert packs.load(now) == []
    assert list(Rule.objects.values()) == before
    assert RuleVersion.objects.count() == len(SHIPPED)


def test_what_seed_000_says_is_shipped(beta):
    spec = decode(beta.current.spec)
    assert (beta.mode, beta.category, spec.group_by) == ("active", "beta", "prefix")
    assert (spec.selector.project, spec.selector.environment, spec.selector.route) == (
        "raptor",
        "prod",
        "/api/beta/preview/*",
    )
    assert spec.selector.sources[0].prerequisites == ("var:SENTRY_DSN_BACKEND", "flag:sentry_backend")
    assert [s.source for s in spec.selector.sources] == ["sentry", "router"]
    assert spec.exceedance == Exceedance(method="mu_plus_k_sigma", k=3, floor_mode="always", floors=Floors(1, 3, 10))
    assert (spec.first_response, len(spec.escalation), len(spec.signatures)) == ("sre-agent", 3, 7)
    assert spec.claimed_validation == "2026-06-12"
    assert spec.parent == "DET-OPS-002"


def test_unchanged_content_makes_no_version(beta, now):
    assert publish(beta.identifier, decode(beta.current.spec), now=now) == beta.current


def test_a_guardrail_asks_for_a_reason(beta, now):
    with pytest.raises(GuardrailError, match="before its baseline is established"):
        publish(beta.identifier, louder(beta), now=now)
    with pytest.raises(GuardrailError):
        publish(beta.identifier, louder(beta), now=now, reason="  ")
    user = User.objects.create_user("ada")
    version = publish(beta.identifier, louder(beta), now=now, author=user, reason="Testers were told to expect it.")
    beta.refresh_from_db()
    assert beta.current == version
    assert (version.number, version.author, version.author_name) == (2, user, "ada")
    assert version.reason == "Testers were told to expect it."
    assert version.content_hash != beta.versions.get(number=1).content_hash


def learnt(beta, now, *, established=True):
    project = Project.objects.get_or_create(slug="raptor", defaults={"name": "Raptor"})[0]
    place = ProjectEnvironment.objects.get_or_create(project=project, name="prod")[0]
    scope = Scope.objects.get_or_create(
        rule=beta, project_environment=place, group_key="/api/beta/preview/*", defaults={"created_at": now}
    )[0]
    Baseline.objects.create(
        scope=scope, source="sentry", hour=now, version=beta.current, established=established, data={}
    )


def test_after_the_week_nobody_is_asked(beta, now):
    learnt(beta, now)
    assert publish(beta.identifier, louder(beta), now=now).number == 2


def test_words_changed_since_leave_the_baseline_what_it_was(beta, now):
    learnt(beta, now)
    renamed = msgspec.structs.replace(decode(beta.current.spec), title="Preview errors")
    publish(beta.identifier, renamed, now=now)
    beta.refresh_from_db()
    assert publish(beta.identifier, louder(beta), now=now).number == 3


def test_a_baseline_of_another_selector_is_none(beta, now):
    learnt(beta, now)
    spec = decode(beta.current.spec)
    wider = msgspec.structs.replace(spec, selector=msgspec.structs.replace(spec.selector, route="/api/*"))
    publish(beta.identifier, wider, now=now)
    beta.refresh_from_db()
    with pytest.raises(GuardrailError):
        publish(beta.identifier, louder(beta), now=now)


def test_a_baseline_that_was_once_is_none(beta, now):
    learnt(beta, now)
    learnt(beta, now + timedelta(days=3), established=False)
    with pytest.raises(GuardrailError):
        publish(beta.identifier, louder(beta), now=now)


def test_a_version_that_cannot_be_read_can_be_replaced(beta, now):
    spec = decode(beta.current.spec)
    beta.current = RuleVersion.objects.create(
        rule=beta, number=2, spec={"title": 7}, content_hash="", author_name="test", created_at=now
    )
    beta.save()
    assert publish(beta.identifier, spec, now=now).number == 3


def test_removing_the_guardrail_is_tuning_too(beta, now):
    bare = msgspec.structs.replace(decode(beta.current.spec), guardrails=())
    with pytest.raises(GuardrailError):
        publish(beta.identifier, bare, now=now)


def test_words_may_be_changed_without_a_reason(beta, now):
    renamed = msgspec.structs.replace(decode(beta.current.spec), title="Preview errors", documentation="Shorter.")
    publish(beta.identifier, renamed, now=now)
    beta.refresh_from_db()
    assert beta.title == "Preview errors"


def test_versions_cannot_be_changed(beta):
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        RuleVersion.objects.filter(pk=beta.current_id).update(reason="other")


def test_a_pack_never_overwrites_a_persons_edit(beta, now):
    publish(beta.identifier, louder(beta), now=now, author_name="ada", reason="why")
    packs.load(now)
    beta.refresh_from_db()
    assert beta.current.number == 2


def test_an_untouched_rule_follows_its_pack(now):
    packed = packs.parse((packs.FOLDER / "det-beta-003.yaml").read_text())[0]
    older = msgspec.structs.replace(packed.spec, for_minutes=3)
    publish(packed.identifier, older, now=now, author_name=packs.AUTHOR, mode="shadow")
    packs.load(now)
    rule = Rule.objects.get(identifier=packed.identifier)
    assert (rule.current.number, decode(rule.current.spec)) == (2, packed.spec)
    assert rule.mode == "shadow"  # a pack does not arm what somebody set to shadow


def test_export_and_import(beta, tmp_path, now):
    out = StringIO()
    call_command("rules", "export", stdout=out)
    pack = tmp_path / "pack.yaml"
    pack.write_text(out.getvalue())
    Rule.objects.update(current=None)
    assert [p.identifier for p in packs.parse(out.getvalue())] == sorted(SHIPPED)
    call_command("rules", "import", str(pack), "--by", "ada", stdout=StringIO())
    beta.refresh_from_db()
    assert (beta.current.number, beta.current.author_name) == (2, "ada")
    assert decode(beta.current.spec) == decode(beta.versions.get(number=1).spec)


def test_import_says_what_is_wrong(beta, tmp_path):
    pack = tmp_path / "pack.yaml"
    packed = packs.packed(beta, NOON)
    pack.write_text(packs.export(packs.PackedRule(beta.identifier, "active", louder(beta))))
    with pytest.raises(CommandError, match="--reason"):
        call_command("rules", "import", str(pack), "--by", "ada")
    call_command("rules", "import", str(pack), "--by", "ada", "--reason", "agreed", stdout=StringIO())
    pack.write_text(packs.export(packed).replace("floor_mode: always", "floor_mode: never"))
    with pytest.raises(CommandError, match=r"floor_mode.*'always', 'gated'"):
        call_command("rules", "import", str(pack), "--by", "ada")
    with pytest.raises(CommandError, match="problem"):
        call_command("rules", "lint", str(pack), stderr=StringIO())
    with pytest.raises(CommandError, match="No rule NOPE"):
        call_command("rules", "export", "NOPE")
