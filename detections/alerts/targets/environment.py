"""The targets that the environment makes at each start, so that one line connects a console.

What the environment says wins: its targets are read-only in the admin, get their values anew at each start, and are
switched off when their variable goes away or names an address that is refused whatever names mean. The policy that
leads to them is made with the first of them; from then on people edit it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime

from django.apps import apps
from django.db import connection, transaction

from detections.alerts.channels.contract import Channel
from detections.alerts.channels.http import cut, refused_for_good
from detections.alerts.channels.registry import CHANNELS
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.alerts.targets.values import open_values, set_values
from opsconsole.env.first_targets import VARIABLES
from opsconsole.lib.sealed import SealBroken

logger = logging.getLogger(__name__)
POLICY = "Connected by the environment"
ADDRESS_LENGTH = 200  # of the column
SUMMARY_POLICY = f"{POLICY}, daily summary"
SUMMARY_CHANNELS = ("email", "slack")  # the first of them that there is
FIRST = 5  # its order, where that is before all others
LOCK = "SELECT pg_advisory_xact_lock(hashtext('detections.first_targets'))"


def load(wanted: Mapping[str, Mapping[str, str]], now: datetime) -> list[str]:
    """Makes, updates and switches off; `wanted`: by channel, the values of its fields. Returns a line for each change,
    and one for what a channel cannot use. Consoles that start at once wait for each other."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK)
        stored = {target.channel: target for target in Target.objects.filter(origin=Target.Origin.ENVIRONMENT)}
        lines = [
            line
            for channel in CHANNELS.values()
            for line in _load(channel, stored.get(channel.name), wanted.get(channel.name, {}), now)
        ]
        return [*lines, *_settle_summary()]


def _load(channel: Channel, target: Target | None, values: Mapping[str, str], now: datetime) -> Iterator[str]:
    if not values:
        yield from _switch_off(target, "its variable is gone")
        return
    for problem in channel.check(values).values():
        yield f"target {channel.label} cannot be reached: {problem}"
    if any(refused_for_good(value) for value in values.values() if "://" in value):
        yield from _switch_off(target, "its address is refused")
        return
    if target is None:
        target = _new(channel, values, now)
        _policy().targets.add(target)
        yield f"target {target} added: it gets critical and high alerts"
    elif not target.enabled or _values_of(target) != dict(values):
        target.enabled, target.address = True, _address(channel, values)
        set_values(target, values, now)
        target.save()
        yield f"target {target} updated"


def _switch_off(target: Target | None, why: str) -> Iterator[str]:
    """For all consoles on this database: one with another environment would do it to the others, so that is logged."""
    if target is None or not target.enabled:
        return
    target.enabled = False
    target.save(update_fields=["enabled"])
    names = " or ".join(VARIABLES.get(target.channel, ()))
    logger.warning("target %s is switched off on all machines: %s (%s, equal everywhere?)", target, why, names)
    yield f"target {target} switched off: {why}"


def _new(channel: Channel, values: Mapping[str, str], now: datetime) -> Target:
    name = f"{channel.label} (environment)"
    taken = set(Target.objects.filter(name__startswith=name).values_list("name", flat=True))
    free = next(each for each in (name, *(f"{name} {number}" for number in range(2, 1000))) if each not in taken)
    target = Target(
        name=free,
        channel=channel.name,
        address=_address(channel, values),
        origin=Target.Origin.ENVIRONMENT,
    )
    set_values(target, values, now)
    target.save()
    return target


def _address(channel: Channel, values: Mapping[str, str]) -> str:
    """What people read: the first setting that is no secret, else where it comes from."""
    shown = (values.get(field.name, "") for field in channel.fields if not field.secret)
    return cut(next(filter(None, shown), "named by the environment"), ADDRESS_LENGTH - 1)


def _values_of(target: Target) -> dict[str, str]:
    """None of them where no key opens the secret: they are stored anew."""
    try:
        return open_values(target)
    except SealBroken:
        return {}


def _policy() -> NotificationPolicy:
    """The policy by which critical and high alerts reach these targets beside what the others say; before all others,
    since one that does not continue would end the search."""
    policy = NotificationPolicy.objects.filter(name=POLICY).first()
    if policy is None:
        policy = NotificationPolicy.objects.create(
            name=POLICY, order=_first_order(), matchers={"severity": ["critical", "high"]}, continue_matching=True
        )
    return policy


def _settle_summary() -> Iterator[str]:
    """Medium alerts go to the daily summary, which goes to the environment's e-mail, or else to its Slack.

    The policy for that is made once. Which of these two targets it has follows the environment; that it has one, and
    everything else of it, is what people make of it."""
    ours = Target.objects.filter(origin=Target.Origin.ENVIRONMENT, channel__in=SUMMARY_CHANNELS)
    enabled = {target.channel: target for target in ours if target.enabled}
    wanted = next((enabled[name] for name in SUMMARY_CHANNELS if name in enabled), None)
    policy = NotificationPolicy.objects.filter(name=SUMMARY_POLICY).first()
    if wanted is None:
        return
    if policy is None:
        if _was_there(SUMMARY_POLICY):
            return
        summary, medium = NotificationPolicy.Delivery.SUMMARY, {"severity": ["medium"]}
        policy = NotificationPolicy.objects.create(
            name=SUMMARY_POLICY, order=_first_order(), matchers=medium, delivery=summary, continue_matching=True
        )
    elif set(policy.targets.filter(pk__in=ours)) <= {wanted}:
        return
    policy.targets.remove(*ours)
    policy.targets.add(wanted)
    yield f"target {wanted} gets the daily summary"


def _was_there(name: str) -> bool:
    """Whether there ever was a policy of this name, which people deleted or renamed since."""
    history = apps.get_model("detections", "NotificationPolicyEvent")
    return bool(history._default_manager.filter(name=name).exists())


def _first_order() -> int:
    """An order before that of all policies, which move up where there is none."""
    policies = list(NotificationPolicy.objects.order_by("-order"))
    least = policies[-1].order if policies else FIRST + 1
    if least == 0:
        for policy in policies:  # from the last, since each order is there once
            policy.order += 2 * FIRST
            policy.save(update_fields=["order"])
        least = 2 * FIRST
    return FIRST if least > FIRST else least - 1
