"""A mute is a silence of the rule's own: it has an end, an author and a history, and other modes end it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.rules import packs, set_mode
from detections.rules.lifecycle.history import mode_changes
from detections.rules.lifecycle.mute import DEFAULT_LENGTH, mute, mutes, unmute
from detections.rules.lifecycle.state import mode_now
from detections.rules.models import Rule
from detections.rules.silence_models import Silence, with_mutes
from opsconsole.accounts.models import User
from tests.detections.rules import world
from tests.detections.rules.world import HOUR, NOON

pytestmark = pytest.mark.django_db


def shown(rule, at=NOON):
    return mode_now(with_mutes(Rule.objects.all()).get(pk=rule.pk), at)


def test_a_mute_is_a_silence_of_the_rule_with_author_and_end():
    rule, ada = world.rule("R-1"), User.objects.create_user("ada")
    mute(rule, NOON, HOUR, reason="tuning", by=ada)
    silence = Silence.objects.get()
    assert (silence.rule, silence.matchers, silence.ends_at) == (rule, {"rule": ["R-1"]}, NOON + HOUR)
    assert (silence.created_by, silence.created_by_name, silence.reason) == (ada, "ada", "tuning")
    assert [shown(rule, NOON + n * HOUR) for n in (0, 1)] == ["muted", "active"]
    assert mutes(NOON) == [silence]
    assert mutes(NOON + HOUR) == []


def test_muting_again_lengthens_it_and_never_shortens_it():
    rule = world.rule()
    mute(rule, NOON, 2 * HOUR, reason="tuning")
    mute(rule, NOON, HOUR, reason="again")
    assert Silence.objects.get().ends_at == NOON + 2 * HOUR
    mute(rule, NOON + HOUR, 2 * HOUR, reason="again")
    assert Silence.objects.get().ends_at == NOON + 3 * HOUR


@pytest.mark.parametrize("act", [set_mode.arm, set_mode.to_draft, set_mode.to_shadow, set_mode.retire])
def test_another_mode_ends_the_mute_and_says_who(act):
    rule, ada = world.rule(), User.objects.create_user("ada")
    mute(rule, NOON - HOUR, 2 * HOUR, reason="tuning")
    act(rule, NOON, ada)
    silence = Silence.objects.get()
    assert (silence.ends_at, silence.ended_at, silence.ended_by) == (NOON, NOON, ada)
    assert shown(rule) != "muted"


def test_the_history_shows_begin_and_early_end():
    rule, ada = world.rule(), User.objects.create_user("ada")
    mute(rule, NOON, HOUR, reason="tuning", by=ada)
    unmute(rule, NOON + timedelta(minutes=5), by=ada)
    newest, before = [change for change in mode_changes(rule) if "muted" in (change.old, change.new)]
    assert (newest.who, newest.old, newest.new) == ("ada", "muted", "active")
    assert (before.who, before.old, before.new, before.at) == ("ada", "active", "muted", NOON)


def test_a_rule_without_a_version_is_not_muted():
    empty = Rule.objects.create(identifier="R-0", title="Empty")
    with pytest.raises(set_mode.NothingToArm):
        set_mode.mute_for_an_hour(empty, NOON)


def test_a_pack_mutes_a_new_rule_for_30_days_and_an_export_says_so():
    rule = world.rule("R-1")
    text = packs.export(packs.packed(rule, NOON)).replace("R-1", "R-2").replace("mode: active", "mode: muted")
    (packed,) = packs.parse(text)
    made = packs.put(packed, now=NOON, author_name="ada").rule
    silence = Silence.objects.get()
    assert (silence.rule, silence.ends_at) == (made, NOON + DEFAULT_LENGTH)
    assert silence.reason == "The pack says mode: muted (ada)"
    assert packs.packed(with_mutes(Rule.objects.all()).get(pk=made.pk), NOON) == packed
    packs.put(packed, now=NOON + HOUR, author_name="ada")
    assert Silence.objects.count() == 1


def test_an_existing_rule_keeps_its_mode(tmp_path):
    rule = world.rule("R-1")
    pack = tmp_path / "pack.yaml"
    pack.write_text(packs.export(packs.packed(rule, NOON)).replace("mode: active", "mode: muted"))
    call_command("rules", "import", str(pack), by="ada")
    assert not Silence.objects.exists()


def test_the_reason_is_kept_without_secrets():
    assert mute(world.rule(), NOON, HOUR, reason="password=hunter22").reason == "password=[Filtered]"


@pytest.mark.parametrize("act", [set_mode.arm, set_mode.to_draft])
def test_modes_lock_the_rule_before_its_mute_as_muting_does(act):
    """Two people who act on one rule wait for each other: in another order each would hold what the other wants."""
    rule = world.rule()
    mute(rule, NOON - HOUR, 2 * HOUR, reason="tuning")
    for way in (lambda: mute(rule, NOON, 3 * HOUR, reason="longer"), lambda: act(rule, NOON)):
        with CaptureQueriesContext(connection) as queries:
            way()
        touched = [each["sql"] for each in queries if "FOR UPDATE" in each["sql"] or "UPDATE " in each["sql"]]
        tables = [name for sql in touched for name in ("detections_rule", "detections_silence") if f'"{name}"' in sql]
        assert tables[0] == "detections_rule"
