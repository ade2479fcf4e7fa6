"""Muting a rule: a silence of its own. It is judged, its alerts are there, and their messages wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from detections.rules.models import Rule
from detections.rules.silence_models import Silence
from opsconsole.accounts.models import User
from opsconsole.lib.text.secrets import scrub_text

# A silence has an end. What mutes a rule without naming one (a pack) gets this.
REASON_LENGTH = Silence._meta.get_field("reason").max_length or 0
DEFAULT_LENGTH = timedelta(days=30)


@transaction.atomic
def mute(rule: Rule, now: datetime, length: timedelta, *, reason: str, by: User | None = None) -> Silence:
    """Mutes the rule until `now` + `length`, at least until its present mute ends; makes it active."""
    reason = scrub_text(reason)[:REASON_LENGTH]
    Rule.objects.select_for_update().only("pk").get(pk=rule.pk)
    running = in_force(now).filter(rule=rule).first()
    if running is None:
        running = Silence.objects.create(
            matchers={"rule": [rule.identifier]},
            starts_at=now,
            ends_at=now + length,
            reason=reason,
            rule=rule,
            created_at=now,
            created_by=by,
            created_by_name=_name(by),
        )
    elif running.ends_at < now + length:
        running.ends_at, running.revision = now + length, running.revision + 1
        running.save(update_fields=["ends_at", "revision"])
    rule.mode, rule.muted_until = Rule.Mode.ACTIVE, running.ends_at
    rule.save(update_fields=["mode"])
    return running


def unmute(rule: Rule, now: datetime, *, by: User | None = None) -> None:
    """Ends the rule's mute, if there is one."""
    for silence in in_force(now).filter(rule=rule).select_for_update():
        end(silence, now, by=by, by_name=_name(by))
    rule.muted_until = None


def end(silence: Silence, now: datetime, *, by: User | None, by_name: str) -> None:
    """Ends a silence at `now`; one that has not begun is over before it begins. The caller has locked its row."""
    silence.starts_at, silence.ends_at = min(silence.starts_at, now), now
    silence.ended_at, silence.ended_by, silence.ended_by_name = now, by, by_name
    silence.revision += 1
    silence.save()


def in_force(now: datetime) -> QuerySet[Silence]:
    """The silences between start and end; a recurring one also outside of its hours."""
    return Silence.objects.filter(starts_at__lte=now, ends_at__gt=now)


def mutes(now: datetime) -> list[Silence]:
    """The mutes in force with their rules, by identifier: for reports that name muted rules with end and reason."""
    return list(in_force(now).filter(rule__isnull=False).select_related("rule").order_by("rule__identifier"))


def _name(by: User | None) -> str:
    return (by.get_full_name() or by.get_username()) if by else ""
