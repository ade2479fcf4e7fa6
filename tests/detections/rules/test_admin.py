"""The admin of rules: editing is publishing, guardrails ask, history shows versions, actions ask before they act."""

from __future__ import annotations

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from detections.rules import packs
from detections.rules.lifecycle.state import mode_now
from detections.rules.models import Evaluation, Rule
from detections.rules.rule_form.choices import RULE_KINDS
from detections.rules.silence_models import with_mutes
from detections.rules.spec import form_fields
from detections.rules.spec.conditions import CONDITIONS, Exceedance, Floors
from detections.rules.spec.schema import RuleSpec, SpecError, decode, encode
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from tests.detections import builders
from tests.detections.rules import world
from tests.detections.rules.rule_form.posting import posted
from tests.detections.rules.world import HOUR, NOON

SHIPPED = [packs.parse(path.read_text())[0].spec for path in sorted(packs.FOLDER.glob("*.yaml"))]


@pytest.mark.parametrize("spec", SHIPPED, ids=lambda s: s.title[:20])
def test_a_form_that_is_sent_back_unchanged_changes_nothing(spec):
    assert decode(form_fields.from_fields(form_fields.to_fields(spec))) == spec


@pytest.mark.parametrize(
    ("path", "message", "field"),
    [
        ("conditions[0].k", "Expected `float` <= 20.0", "k"),
        ("conditions[0].floors", "floors: must rise", "floor_high"),
        ("signatures[2]", "message: missing )", "signatures"),
        ("selector.sources[0].source", "Invalid", "sources"),
        ("selector", "sources: name each source once", "sources"),
        ("", "group_by: prefix needs a route glob", "group_by"),
        ("", "conditions: give one", "kind"),
        ("conditions[0].kinds[1]", "Invalid enum value", "kinds"),
        ("conditions[0].severities.info", "Invalid enum value", "finding_info"),
        ("", "something else", None),
    ],
)
def test_errors_find_their_field(path, message, field):
    assert form_fields.field_of(path, message) == field


@pytest.mark.parametrize(
    ("path", "message", "said"),
    [
        ("conditions[0].alpha", "Expected `float` < 0.5", "Expected a number < 0.5"),
        (
            "conditions[0].floors",
            "floors: must rise, medium < high < critical",
            "Medium has to begin below high, and high below critical.",
        ),
        ("signatures[2]", "Object missing required field `owner`", "Entry 3: is without its “owner”"),
        ("selector", "sources: name each source once", "Name each source once"),
        (
            "claimed_validation",
            r"Expected `str` matching regex '^(\\d{4}-\\d{2}-\\d{2})?$'",
            "Expected text as YYYY-MM-DD",
        ),
    ],
)
def test_the_form_says_what_is_wrong_in_its_own_labels(path, message, said):
    assert form_fields.in_labels(SpecError(path, message)) == said


def test_a_rule_over_findings_is_taken_from_its_own_fields():
    spec = decode(
        {
            "title": "Secrets",
            "selector": {"sources": [{"source": "config"}]},
            "group_by": "variable",
            "conditions": [
                {
                    "kind": "config_finding",
                    "kinds": ["missing"],
                    "variables": ["SENTRY_*"],
                    "severities": {"warning": None, "info": "medium"},
                }
            ],
        }
    )
    assert decode(form_fields.from_fields(form_fields.to_fields(spec))) == spec


def test_a_rule_over_rules_is_taken_from_its_own_fields():
    spec = decode(
        {
            "title": "Blind",
            "selector": {"sources": [{"source": "console"}]},
            "group_by": "rule",
            "conditions": [{"kind": "rule_health", "slots": 5, "severity": "critical"}],
        }
    )
    assert decode(form_fields.from_fields(form_fields.to_fields(spec))) == spec


def test_another_kind_takes_its_own_source_and_grouping_and_leaves_out_what_it_has_not():
    beta = next(spec for spec in SHIPPED if spec.signatures and spec.selector.route)
    changed = decode(form_fields.from_fields({**form_fields.to_fields(beta), "kind": "config_finding"}))
    assert [source.source for source in changed.selector.sources] == ["config"]
    assert (changed.group_by, changed.signatures, changed.selector.route) == ("variable", (), "")
    back = decode(form_fields.from_fields({**form_fields.to_fields(changed), "kind": "exceedance"}))
    assert ([source.source for source in back.selector.sources], back.group_by) == (["sentry"], "route")


def test_the_form_offers_every_kind_of_condition():
    assert set(form_fields.FORMS) == {condition.kind() for condition in CONDITIONS}
    assert {kind for kind, _ in RULE_KINDS} == {*form_fields.FORMS, form_fields.ONLY_SIGNATURES}


@pytest.fixture
def editor(client, db):
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="detections"))
    client.force_login(user)
    return user


@pytest.fixture
def beta(db):
    builders.project()
    return world.beta()


def fields(spec: RuleSpec, **changes):
    """What the browser sends."""
    return {"identifier": "DET-BETA-003", "version": 1, **posted({**form_fields.to_fields(spec), **changes})}


def change(client, rule, **changes):
    address = reverse("admin:detections_rule_change", args=[rule.pk])
    return client.post(address, fields(decode(rule.current.spec), **changes))


def errors(answer):
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors


def test_the_form_shows_every_field_with_help(client, editor, beta):
    answer = client.get(reverse("admin:detections_rule_change", args=[beta.pk]))
    form = answer.context["adminform"].form
    assert all(field.help_text for field in form.visible_fields())
    shown = {name for _, options in answer.context["adminform"].fieldsets for name in _flat(options["fields"])}
    assert shown == set(form.fields)
    page = answer.content.decode()
    assert "beta_token_verifier: Console returned 403" in page
    assert "<script>" not in page


def _flat(names):
    return [n for name in names for n in ([name] if isinstance(name, str) else name)]


def test_a_threshold_needs_the_override_reason(client, editor, beta):
    answer = change(client, beta, floor_high=4)
    assert "A guardrail of this rule asks for it" in errors(answer)["reason"][0]
    assert beta.versions.count() == 1
    answer = change(client, beta, floor_high=4, reason="Testers were told about the maintenance.")
    assert answer.status_code == 302
    beta.refresh_from_db()
    assert (beta.current.number, beta.current.author, beta.current.reason) == (
        2,
        editor,
        "Testers were told about the maintenance.",
    )
    assert decode(beta.current.spec).exceedance.floors == Floors(1, 4, 10)
    history = client.get(reverse("admin:detections_rule_history", args=[beta.pk])).content.decode()
    assert "Testers were told about the maintenance." in history
    assert "High from: 3 → 4" in history
    logged = LogEntry.objects.get(object_id=str(beta.pk))
    assert json.loads(logged.change_message) == [{"changed": {"fields": ["Why you change it", "High from"]}}]


def test_saving_without_change_makes_no_version(client, editor, beta):
    assert change(client, beta).status_code == 302
    assert beta.versions.count() == 1
    assert LogEntry.objects.get(object_id=str(beta.pk)).get_change_message() == "No fields changed."


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"floor_high": 11}, "floor_high"),
        ({"k": 99}, "k"),
        ({"sources": []}, "sources"),
        ({"signatures": [{"name": "x"}]}, "signatures"),
        ({"route": ""}, "group_by"),
        ({"identifier": "DET-BETA-004"}, "identifier"),
        ({"claimed_validation": "soon"}, "claimed_validation"),
        ({"guardrails": [{"enforce": "no_tuning_before_baseline"}]}, "guardrails"),
        ({"labels": [{"value": "a"}]}, "labels"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client, editor, beta, changes, field):
    assert list(errors(change(client, beta, **changes))) == [field]
    assert beta.versions.count() == 1


def test_a_new_rule_is_a_draft(client, editor):
    data = fields(
        form_fields.NEW, identifier="DET-X-001", title="Mine", sources=[{"source": "sentry", "prerequisites": []}]
    )
    assert client.post(reverse("admin:detections_rule_add"), data).status_code == 302
    rule = Rule.objects.get(identifier="DET-X-001")
    assert (rule.mode, rule.current.number, decode(rule.current.spec).exceedance) == ("draft", 1, Exceedance())


def test_a_version_that_this_console_cannot_read_can_be_replaced(client, editor, beta):
    """It was written by a later console, say: the form opens, and asks why before another takes its place."""
    readable = decode(beta.current.spec)
    beta.current = beta.versions.create(number=2, spec={"later": True}, content_hash="x" * 64, created_at=NOON)
    beta.save()
    assert client.get(reverse("admin:detections_rule_change", args=[beta.pk])).status_code == 200
    address = reverse("admin:detections_rule_change", args=[beta.pk])
    assert "cannot read the version" in errors(client.post(address, fields(readable, version=2)))["reason"][0]
    sent = fields(readable, version=2, reason="back to what this one reads")
    assert client.post(address, sent).status_code == 302
    beta.refresh_from_db()
    assert (beta.current.number, decode(beta.current.spec)) == (3, readable)
    assert client.get(reverse("admin:detections_rule_history", args=[beta.pk])).status_code == 200


def test_save_as_new(client, editor, beta):
    answer = change(client, beta, identifier="DET-BETA-009", _saveasnew="1")
    assert answer.status_code == 302
    copy = Rule.objects.get(identifier="DET-BETA-009")
    assert (copy.mode, encode(decode(copy.current.spec))) == ("draft", beta.current.spec)


def test_an_edit_is_what_judges_next(client, editor, beta):
    project = builders.project()
    world.covered(NOON - HOUR, NOON + HOUR)
    world.environment(project, since=NOON - HOUR)
    change(client, beta, floor_medium="", floor_high=50, floor_critical=60, signatures=[], reason="why")
    world.arrive(project, world.events(20, NOON, path=world.PREVIEW), NOON)
    world.judge(NOON)
    assert not Evaluation.objects.filter(scope__rule=beta).exists()


@pytest.mark.parametrize(("action", "mode"), [("mute", "muted"), ("draft", "draft"), ("arm", "active")])
def test_actions_ask_first(client, editor, beta, action, mode):
    Rule.objects.update(mode="shadow")
    address = reverse("admin:detections_rule_changelist")
    data = {"action": action, "_selected_action": [beta.pk]}
    question = client.post(address, data)
    assert question.status_code == 200
    assert "DET-BETA-003" in question.content.decode()
    assert Rule.objects.get(pk=beta.pk).mode == "shadow"
    client.post(address, {**data, "confirmed": "yes", "length": "60"})
    assert mode_now(with_mutes(Rule.objects.all()).get(pk=beta.pk), clock.now()) == mode
    assert ("Muted until" in client.get(address).content.decode()) is (action == "mute")
    assert set(Rule.objects.exclude(pk=beta.pk).values_list("mode", flat=True)) == {"shadow"}


def test_without_the_permission_nothing_is_edited(client, beta):
    user = User.objects.create_user("eve", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    assert change(client, beta, floor_high=4, reason="x").status_code == 403
    assert beta.versions.count() == 1


@pytest.mark.parametrize(
    "model",
    ["ruleversion", "fixturerun", "scope", "slot", "evaluation", "evidence", "verdict", "baseline", "baselinecell"],
)
def test_what_was_judged_is_only_looked_at(client, editor, model):
    project = builders.project()
    now = clock.now().replace(second=0, microsecond=0)
    world.environment(project, since=now - HOUR)
    world.rule("R-1")
    world.arrive(project, world.events(3, now, **world.plain()), now)
    world.judge(now)
    address = reverse(f"admin:detections_{model}_changelist")
    assert client.get(address).status_code == 200
    assert client.get(reverse(f"admin:detections_{model}_add")).status_code == 403


def test_an_exclusion_names_its_author(client, editor):
    place = world.environment(builders.project())
    data = {
        "project_environment": place.pk,
        "start_0": "2026-06-10",
        "start_1": "10:00",
        "end_0": "2026-06-10",
        "end_1": "12:00",
        "reason": "INC-7",
    }
    assert client.post(reverse("admin:detections_exclusion_add"), data).status_code == 302
    assert place.exclusions.get().author == editor


@pytest.mark.parametrize(
    ("field", "name", "said"),
    [
        ("project", "raptr", "No project is called raptr; did you mean raptor?"),
        ("environment", "nowhere", "No environment is called nowhere; there are: prod"),
        ("parent", "NOPE-1", "No parent is called NOPE-1; there are:"),
    ],
)
def test_a_name_that_nothing_answers_to_is_refused(client, editor, beta, field, name, said):
    """Such a rule would look armed and select nothing."""
    assert errors(change(client, beta, **{field: name}))[field][0].startswith(said)
